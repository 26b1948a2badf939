/** What the figures of VMs, virtual disks and what holds them back mean. */
import { GAVG_LIMITS, latencyPerCommand } from '../../engine/views/kit/fields.js';
import { Row } from '../../engine/views/kit/row.js';
import { count, type Rule } from './rule.js';

const GAVG_BAD = GAVG_LIMITS[1];
/** Most of the window (model). */
const MOSTLY = 0.5;

/** Mean latency at the devices of the disk's commands, ms. */
function belowMs(row: Row): number {
  const clients = row.window.entities
    .scope('client')
    .filter(
      ({ name, labels }) => name.startsWith(`${row.name} on `) && labels.host === row.label('host'),
    );
  const slow = clients.map((info) => latencyPerCommand(new Row(row.window, info)));
  return Math.max(0, ...slow);
}

export const guestRules: readonly Rule[] = [
  {
    name: 'stunned',
    scope: 'vm',
    level: 2,
    source: 'stack-upper reference, 8.2: out of space',
    when: (row) => row.now('stunned') > 0,
    words: () =>
      'the VM has stopped and waits for an answer: no space left for a disk; make space, then press a',
  },
  {
    name: 'ring-full',
    scope: 'disk',
    level: 1,
    source: 'esxtop reference, section 4: GAVG fine, guest slow',
    when: (row) => row.now('queued') > 0 && row.now('active') >= row.now('slots'),
    words: (row) =>
      `${count(row.now('queued'), 'command')} wait in the guest's adapter, ${row.now('slots')} are out: deepen its queue, or spread the load over disks and adapters`,
  },
  {
    name: 'above-device',
    scope: 'disk',
    level: 2,
    source: 'esxtop reference, section 4: LAT/wr high, GAVG fine',
    when: (row) =>
      latencyPerCommand(row) >= GAVG_BAD && belowMs(row) < MOSTLY * latencyPerCommand(row),
    words: (row) =>
      row.grown('firstWrites') > 0
        ? 'slow above the device: first writes to a thin or lazily zeroed disk wait for allocation and zeroing'
        : 'slow above the device: look at ring, policy filter and file system (b shows where)',
  },
  {
    name: 'guest-aborts',
    scope: 'disk',
    level: 2,
    source: 'esxtop reference, section 4: ABRTS above 0',
    when: (row) => row.grown('aborts') > 0,
    words: (row) =>
      `the guest gave ${count(row.grown('aborts'), 'command')} up: storage is slower than its time-out`,
  },
  {
    name: 'guest-resets',
    scope: 'disk',
    level: 2,
    source: 'esxtop reference, section 4: RESETS above 0',
    when: (row) => row.grown('resets') > 0,
    words: () => 'the guest reset its disk: path or device recovery',
  },
  {
    name: 'own-limit',
    scope: 'client',
    level: 1,
    source: 'stack-lower reference, 9.3: limits of mClock',
    when: (row) => row.grown('limitedNs') > MOSTLY * row.seconds * 1e9,
    words: (row) =>
      `held by its own limit of ${row.now('limit')} I/O per second, so it shows QUED and KAVG; raise the limit (i) if that is not meant`,
  },
  {
    name: 'policy-limit',
    scope: 'filter',
    level: 1,
    source: 'stack-lower reference, 9.7: I/O filters of storage policies',
    when: (row) => row.now('queued') > 0,
    words: (row) =>
      `storage policy ${row.label('policy')} holds ${count(row.now('queued'), 'command')} to ${row.now('limit')} I/O per second`,
  },
];
