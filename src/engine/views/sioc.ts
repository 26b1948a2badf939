import { commandsPerSecond, gauge, limitedDepth } from './kit/fields.js';
import type { Row } from './kit/row.js';
import { defineView } from './kit/view.js';

const NS_PER_MS = 1e6;

/** What all hosts of the row's datastore have in common. */
function hostsOf(row: Row): readonly Row[] {
  return row.parent('datastore')?.children('sioc') ?? [row];
}

function commands(row: Row): number {
  const device = row.parent('device');
  return device === undefined ? 0 : commandsPerSecond(device);
}

/** Its part of the commands all hosts get from the datastore, percent. */
function partOfDatastore(row: Row): number {
  const all = hostsOf(row).reduce((sum, host) => sum + commands(host), 0);
  return all > 0 ? (100 * commands(row)) / all : 0;
}

function stateOf(row: Row): string {
  if (!(row.now('enabled') > 0)) return 'off';
  return row.now('congested') > 0 ? 'CONGESTED' : 'normal';
}

function ms(row: Row, field: string): number {
  return row.now(field) / NS_PER_MS;
}

/** `prod: 31.2 ms on average, threshold 30 ms: CONGESTED, 4 hosts share 3350 commands/s`. */
function datastoreTitle(row: Row): string {
  const hosts = hostsOf(row);
  const all = hosts.reduce((sum, host) => sum + commands(host), 0);
  const share = hosts.length === 1 ? '1 host gets' : `${hosts.length} hosts share`;
  const latencies = `${ms(row, 'latencyNs').toFixed(1)} ms, threshold ${ms(row, 'thresholdNs').toFixed(1)} ms`;
  return `${row.label('datastore')}: ${latencies}: ${stateOf(row)}, ${share} ${all.toFixed(0)} commands/s`;
}

export const sioc = defineView({
  name: 'sioc',
  key: 'I',
  title: 'Storage I/O Control',
  tab: 'SIOC',
  summary: 'how hosts share a congested datastore: latency, threshold, window, entitlement',
  scope: 'sioc',
  empty: 'no datastore here has Storage I/O Control: key `sioc` of a datastore turns it on',
  groups: { of: (row) => row.label('datastore'), title: datastoreTitle },
  charts: ['WINDOW', 'LAT/ms', 'GIVEN%'],
  fields: [
    {
      id: 'HOST',
      width: 10,
      weight: 0,
      format: 'text',
      help: 'ESXi host that has the datastore mounted',
      value: (row) => row.label('host'),
      grow: true,
    },
    {
      id: 'STATE',
      width: 9,
      weight: 0,
      format: 'text',
      help: 'off, normal; CONGESTED: above the threshold',
      value: stateOf,
      level: (value) => (value === 'CONGESTED' ? 1 : 0),
    },
    {
      id: 'WINDOW',
      width: 6,
      weight: 0,
      format: 'fixed',
      help: 'commands it may have there at once',
      value: (row) => row.now('window'),
    },
    {
      id: 'CONF',
      width: 5,
      weight: 3,
      format: 'count',
      help: 'configured queue depth, the largest window',
      value: (row) => limitedDepth(row.parent('device')?.now('configuredDepth')),
    },
    {
      id: 'LAT/ms',
      width: 7,
      weight: 0,
      format: 'fixed',
      help: 'average device latency of all hosts',
      value: (row) => ms(row, 'latencyNs'),
      level: (value, row) => (Number(value) > ms(row, 'thresholdNs') ? 1 : 0),
      against: 'THRESH',
    },
    {
      id: 'THRESH',
      width: 7,
      weight: 0,
      format: 'fixed',
      help: 'ms above which windows shrink',
      value: (row) => ms(row, 'thresholdNs'),
    },
    {
      id: 'LOCAL/ms',
      width: 8,
      weight: 2,
      format: 'fixed',
      help: 'device latency this host measured',
      value: (row) => ms(row, 'localLatencyNs'),
    },
    gauge('BETA', 6, 3, 'fixed', 'beta', 'growth of the window per step, by shares'),
    gauge('SHARES', 6, 2, 'count', 'activeShares', 'shares of its VMs, as far as used'),
    {
      id: 'ENTL%',
      width: 6,
      weight: 0,
      format: 'fixed',
      help: 'part it is entitled to, percent',
      value: (row) => 100 * row.now('entitlement'),
    },
    {
      id: 'GIVEN%',
      width: 6,
      weight: 0,
      format: 'fixed',
      help: 'part of the commands it got, percent',
      value: partOfDatastore,
      against: 'ENTL%',
    },
    {
      id: 'CMDS/s',
      width: 9,
      weight: 1,
      format: 'fixed',
      help: 'commands completed per second, of any kind',
      value: commands,
      sort: 'c',
    },
    gauge('STEPS', 6, 4, 'count', 'steps', 'how often the window was set anew'),
  ],
});
