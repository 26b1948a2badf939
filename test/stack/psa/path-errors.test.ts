/** What a path counts and keeps for the screens when it fails. */
import { describe, expect, test } from 'vitest';
import { READ } from '../../../src/engine/core/io.js';
import { CHECK, HOST_NO_CONNECT, hostStatus, sense } from '../../../src/engine/core/status.js';
import type { Path } from '../../../src/engine/stack/storage-apis/psa/path.js';
import { type Answer, buildHost, type HostOptions } from './host.js';

const MS = 1e6;
const S = 1e9;

function field(path: Path, name: string): number {
  path.entity.refresh?.();
  return path.entity.values[path.entity.slot(name)];
}

const plugins: readonly [string, HostOptions][] = [
  ['NMP', {}],
  [
    'a third-party plug-in',
    { claimed: { plugin: 'third-party', name: 'LEAST_QUEUED', params: {} } },
  ],
];

describe.each(plugins)('under %s', (_name, options) => {
  test('a path that a probe finds dead has failed once, however many commands did', () => {
    const { nexuses, paths, sim, source } = buildHost(options);
    nexuses[0].setUp(false);
    sim.runUntil(1 * MS);
    expect(paths[0].stateName).toBe('dead');
    expect(paths.map((path) => field(path, 'failures'))).toEqual([1, 0]);
    nexuses[0].setUp(true);
    sim.runUntil(2 * S);
    nexuses[0].setUp(false, false);
    for (let lba = 0; lba < 8; lba++) source.send(lba);
    sim.runUntil(4 * S);
    expect(paths.map((path) => field(path, 'failures'))).toEqual([2, 0]);
  });

  test('switching a path off and on is no failure', () => {
    const { paths, sim } = buildHost(options);
    paths[0].setAdminState('off');
    paths[0].setAdminState('on');
    expect(paths[0].stateName).toBe('dead');
    sim.runUntil(1 * MS);
    expect(paths[0].stateName).toBe('active');
    expect(field(paths[0], 'failures')).toBe(0);
  });

  test('keeps the last error of commands and of probes, and when it came', () => {
    const { lun, nexuses, paths, sim, source } = buildHost(options);
    const attention = sense(0x06, 0x29, 0x00);
    let first = true;
    lun.reply = (io): Answer | undefined => {
      if (!first || sim.requests.op[io] !== READ) return undefined;
      first = false;
      return [CHECK, attention];
    };
    expect(field(paths[0], 'lastStatus')).toBe(0);
    source.send(1);
    sim.runUntil(10 * MS);
    expect(field(paths[0], 'lastStatus')).toBe(CHECK);
    expect(field(paths[0], 'lastSense')).toBe(attention);
    expect(field(paths[1], 'lastStatus')).toBe(0);
    nexuses[0].setUp(false);
    sim.runUntil(20 * MS);
    expect(field(paths[0], 'lastStatus')).toBe(hostStatus(HOST_NO_CONNECT));
    expect(field(paths[0], 'lastSense')).toBe(0);
    expect(field(paths[0], 'lastErrorAt')).toBeGreaterThanOrEqual(10 * MS);
  });
});

test('a path shows its rank', () => {
  const { paths } = buildHost();
  paths[1].setRank(3);
  expect(paths.map((path) => field(path, 'rank'))).toEqual([0, 3]);
});
