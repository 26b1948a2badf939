/** What the figures of a device mean: esxtop reference, sections 3.4 and 4. */
import { DAVG_LIMITS, KAVG_LIMITS } from '../../engine/views/kit/fields.js';
import type { Row } from '../../engine/views/kit/row.js';
import { averages, count, isStuck, type Rule } from './rule.js';

const KAVG_BAD = KAVG_LIMITS[1];
const DAVG_BAD = DAVG_LIMITS[1];
const DEAD = 3;
/** Part of a device's commands at which one VM has it nearly to itself (model). */
const GREEDY = 0.6;
/** Part of its ATS commands a host loses to others now and then where nothing is wrong (model). */
const ATS_MISSES = 0.05;
/** Most of KAVG is waiting (model). */
const MOSTLY = 0.5;
const READING = 'esxtop reference, section 4, interpretation rules';

/** Commands wait because all slots of DQLEN are taken, longer than guides accept. */
function isQueueFull(row: Row): boolean {
  const { kavg, qavg } = averages(row);
  const full = row.now('queued') > 0 && row.now('active') >= row.now('slots');
  return full && kavg >= KAVG_BAD && qavg >= MOSTLY * kavg;
}

/** Who or what holds the depth below the configured one. */
function heldBy(row: Row): 'sioc' | 'array' | 'worlds' | 'nobody' {
  if (row.now('siocDepth') > 0) return 'sioc';
  const full = row.now('fullDepth');
  if (full > 0 && full < row.now('configuredDepth')) return 'array';
  if (row.now('competing') > 0 && row.now('slots') < row.now('configuredDepth')) return 'worlds';
  return 'nobody';
}

/** The VM with the largest part of the device's work, if several VMs use it. */
function greediest(row: Row): { vm: string; share: number } | undefined {
  const clients = row.children('client').filter((client) => client.grown('units') > 0);
  if (new Set(clients.map((client) => client.label('vm'))).size < 2) return undefined;
  const all = clients.reduce((sum, client) => sum + client.grown('units'), 0);
  const most = clients.reduce((a, b) => (b.grown('units') > a.grown('units') ? b : a));
  return { vm: most.label('vm'), share: most.grown('units') / all };
}

/** The queue is in use beyond its depth by one VM above all. */
function isNoisy(row: Row): boolean {
  const most = greediest(row);
  if (most === undefined || most.share < GREEDY) return false;
  const crowded = row.now('active') + row.now('queued') >= row.now('slots');
  return crowded && row.now('queued') > 0 && !isLimited(row);
}

/** What waits is held by the clients' own limits, not by the depth. */
function isLimited(row: Row): boolean {
  return row.now('active') < row.now('slots');
}

function pathsIn(row: Row, states: (state: number) => boolean): number {
  return row.children('path').filter((path) => states(path.now('state'))).length;
}

const dqlen = (row: Row): string => `DQLEN ${row.now('slots')}`;

export const deviceRules: readonly Rule[] = [
  {
    name: 'device-lost',
    scope: 'device',
    level: 2,
    source: 'stack-lower reference, 4.5 and 4.6: APD and PDL',
    when: (row) => [1, 2, 3, 5].includes(row.now('state')),
    words: (row) =>
      row.now('state') === 1 || row.now('state') === 2
        ? 'all paths are down (APD): commands wait for a path; look at cables, switch and array'
        : 'the array says the device is gone (PDL): restore the LUN or its mapping, then rescan (H)',
  },
  {
    name: 'no-answers',
    scope: 'device',
    level: 2,
    source: 'stack-lower reference, 4.4: time-outs and aborts; esxtop reference, section 4 (ABRTS)',
    when: (row) => isStuck(row) && row.now('state') === 0,
    words: (row) =>
      `${count(row.now('active'), 'command')} below and none comes back: a controller hangs or the device stalls; guests abort after their time-out`,
  },
  {
    name: 'paths-dead',
    scope: 'device',
    level: 2,
    source: 'stack-lower reference, 3.4: path states, storage.redundancy.degraded',
    when: (row) => {
      const dead = pathsIn(row, (state) => state === DEAD);
      return dead > 0 && pathsIn(row, (state) => state < 2) > 0;
    },
    words: (row) => {
      const dead = pathsIn(row, (state) => state === DEAD);
      return `${dead} of ${count(row.children('path').length, 'path')} dead: less redundancy, I/O goes over the others; check cable, port and controller (P)`;
    },
  },
  {
    name: 'queue-full',
    scope: 'device',
    level: 2,
    source: READING,
    when: (row) => isQueueFull(row) && heldBy(row) === 'nobody' && !isNoisy(row),
    words: (row) =>
      `commands wait in the host: device queue full (${dqlen(row)}); raise the queue depth, spread VMs, or look at shares`,
  },
  {
    name: 'noisy-neighbour',
    scope: 'device',
    level: 2,
    source:
      'esxtop reference, section 3.4: competing worlds; stack-lower reference, 9.1: shares and limits',
    when: isNoisy,
    words: (row) => {
      const { vm = '', share = 0 } = greediest(row) ?? {};
      return `${vm} does ${Math.round(share * 100)}% of the work and its neighbours wait (${dqlen(row)}): limit it (i) or move it`;
    },
  },
  {
    name: 'competing-worlds',
    scope: 'device',
    level: 1,
    source: 'esxtop reference, section 3.4: No of outstanding IOs with competing worlds',
    when: (row) => isQueueFull(row) && heldBy(row) === 'worlds' && !isNoisy(row),
    words: (row) =>
      `several VMs compete, so the depth is ${row.now('slots')} of ${row.now('configuredDepth')} (DSNRO), and commands wait; raise DSNRO or use Storage I/O Control`,
  },
  {
    name: 'throttled-by-array',
    scope: 'device',
    level: 2,
    source: 'esxtop reference, section 3.4: adaptive queue depth',
    when: (row) => heldBy(row) === 'array',
    words: (row) =>
      `the array answered QUEUE FULL, so the depth is ${row.now('fullDepth')} of ${row.now('configuredDepth')}: too many hosts or commands on its ports`,
  },
  {
    name: 'slow-below',
    scope: 'device',
    level: 2,
    source: READING,
    when: (row) => {
      const { davg, kavg } = averages(row);
      return davg >= DAVG_BAD && kavg < KAVG_BAD;
    },
    words: (row) =>
      `DAVG ${averages(row).davg.toFixed(1)} ms with little KAVG: the time is spent in fabric or array, not in the host (b shows where)`,
  },
  {
    name: 'kernel-not-queue',
    scope: 'device',
    level: 1,
    source: READING,
    when: (row) => {
      const { kavg, qavg } = averages(row);
      return kavg >= KAVG_BAD && qavg < MOSTLY * kavg;
    },
    words: (row) => {
      const { kavg } = averages(row);
      const retries = row.grown('retries');
      const why =
        retries > 0
          ? `multipathing sent ${count(retries, 'command')} again`
          : 'commands are held for a path or by the adapter queue';
      return `KAVG ${kavg.toFixed(1)} ms without QAVG: ${why}`;
    },
  },
  {
    name: 'conflicts',
    scope: 'device',
    level: 1,
    source: 'esxtop reference, section 4: CONS/s above 20',
    when: (row) => row.rate('conflicts') >= 20,
    words: () =>
      'SCSI reservation conflicts: another host holds the LUN; use ATS, and fewer VMs per LUN',
  },
  {
    name: 'ats-failed',
    scope: 'device',
    level: 1,
    source: 'esxtop reference, section 4: ATSF growing',
    when: (row) =>
      row.grown('atsFailed') > ATS_MISSES * (row.grown('ats') + row.grown('atsFailed')),
    words: () => 'ATS fails: hosts contend for locks, or the array has a fault in its ATS',
  },
];
