import { resolve } from 'node:path';
import { InputError } from '../engine/core/errors.js';
import { formatSize } from '../engine/core/units.js';
import type { Plan, TraceTable } from '../engine/plan/plan.js';
import { readTrace, type Trace } from '../input/read-trace.js';
import { REPLAY_SCENARIO } from './bundled.js';
import { CATALOGUES } from './catalogues.js';
import { openScenario, planScenario } from './load.js';
import { bytesPerDisk } from './plan/jobs.js';
import type { DiskText, Scenario, VmText } from './schema.js';

export interface ReplayOptions {
  /** Trace file, plain or gzip. */
  readonly trace: string;
  /** Bundled name or file; the first VM of it plays the trace. */
  readonly scenario?: string | undefined;
  /** 1 is the original timing, 2 twice as fast, 0 as fast as possible. */
  readonly scale?: number | undefined;
  /** In flight at once when as fast as possible. */
  readonly iodepth?: number | undefined;
  /** Virtual disks the trace's units are dealt onto. */
  readonly disks?: number | undefined;
  readonly seed?: number | undefined;
  /** Simulated length of the run, ns; as long as the trace and what the scenario plans. */
  readonly durationNs?: number | undefined;
}

const GIB = 1024 ** 3;
/** Largest virtual disk (stack-upper reference, section 4). */
const DISK_MAX = 62 * 1024 * GIB;
/** Time after the last record for its command to come back, in a plan that has to name an end. */
const TAIL_NS = 1e9;
/** Time a command is allowed on average when as fast as possible, likewise; *model*. */
const ASAP_NS = 10e6;

/**
 * The plan of a trace played by one VM whose disks are as large as the trace's addresses.
 * @throws InputError for an unreadable trace or scenario
 */
export function planReplay(options: ReplayOptions): { plan: Plan; trace: Trace } {
  const { source, text } = openScenario(options.scenario ?? REPLAY_SCENARIO);
  const trace = readTrace(options.trace);
  const { table } = trace;
  const file = resolve(options.trace);
  const scale = options.scale ?? 1;
  const sizes = diskSizes(options.trace, table, options.disks ?? 1);
  const [first, ...others] = text.vms;
  const player: VmText = {
    ...first!,
    count: undefined,
    disks: sizes.map((size) => ({ ...templateOf(first!), size })),
    workloads: [],
    replay: { trace: file, timing: scale, iodepth: options.iodepth ?? 32, disks: undefined },
  };
  const last = Math.max(
    0,
    ...[text.faults, text.changes, text.operations, text.backups, text.narrative].flatMap((all) =>
      all.map(({ at = 0 }) => at),
    ),
  );
  const changed: Scenario = {
    ...text,
    title: text.title ?? `replay of ${options.trace}`,
    seed: options.seed ?? text.seed,
    duration: options.durationNs ?? Math.max(last, lengthOf(table, scale)),
    arrays: withRoom(text, player, sizes),
    vms: [player, ...others],
    expect: [],
  };
  return { plan: planScenario(source, changed, CATALOGUES, new Map([[file, table]])), trace };
}

/** What the player's disks are like, but for their size. */
function templateOf({ disks }: VmText): DiskText {
  return {
    kind: 'eagerThick',
    written: { bytes: 0 },
    qos: {},
    ...disks[0],
    count: undefined,
    size: GIB,
  };
}

function diskSizes(trace: string, table: TraceTable, disks: number): number[] {
  return bytesPerDisk(table, disks).map((bytes) => {
    if (bytes > DISK_MAX) {
      throw InputError.of(
        trace,
        `the trace reaches ${formatSize(bytes)}, a virtual disk holds ${formatSize(DISK_MAX)}`,
        'spread its units over more disks with --disks',
      );
    }
    return Math.max(1, Math.ceil(bytes / GIB)) * GIB;
  });
}

function lengthOf({ count, at }: TraceTable, scale: number): number {
  if (scale === 0) return Math.max(60e9, count * ASAP_NS);
  return Math.ceil((at[count - 1] ?? 0) / scale) + TAIL_NS;
}

/** The arrays with the player's LUN grown to what its disks and files need, if it is smaller. */
function withRoom(text: Scenario, player: VmText, sizes: readonly number[]): Scenario['arrays'] {
  const name = player.disks[0]?.datastore ?? player.datastore ?? text.datastores[0]!.name;
  const extent = text.datastores.find((datastore) => datastore.name === name)?.extents?.[0];
  const disks = sizes.reduce((sum, size) => sum + size, 0);
  const needed = Math.ceil((disks * 1.05 + player.memory) / GIB + 4) * GIB;
  return text.arrays.map((array) => ({
    ...array,
    luns: array.luns.map((lun) =>
      extent === `${array.name}/${lun.name}` && lun.size < needed ? { ...lun, size: needed } : lun,
    ),
  }));
}
