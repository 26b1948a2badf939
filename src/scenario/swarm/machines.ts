import type { Draw } from '../../engine/simulation/swarm/draw.js';
import type { DatastoreText } from '../swarm.js';

/** Where virtual machines may be, and for how long they work. */
export interface Site {
  readonly hosts: readonly string[];
  readonly datastores: readonly DatastoreText[];
  readonly stopNs: number;
  /** Guests may give commands up. */
  readonly mayFail: boolean;
}

/** Commands of all guests together in one run, about. */
const COMMANDS = 12_000;
const MOST_VMS = 5;
/** And so many bytes: every block of 4 KiB is checked by itself. */
const BYTES = 192 * 1024 * 1024;
const KIB = 1024;
const MIB = 1024 * KIB;
const BLOCK = 4 * KIB;
/** Commands that are long enough to give blocks back, of a guest that does, in percent. */
const LONG_PERCENT = 30;
/** Beside them only short ones, so that there is time for many. */
const SHORT_MAX = 16 * KIB;
/** Part of those that carries data: most are UNMAPs, or read what was given back. */
const LONG_LOADED = 0.3;
const TIMEOUTS = ['50ms', '300ms', '5s', '30s', '180s'];
const LENGTHS = [4, 8, 16, 64, 128, 512, 1024].map((kib) => kib * KIB);

/** How much one guest may do. */
interface Budget {
  readonly commands: number;
  readonly bytes: number;
  readonly stopNs: number;
}

/** A virtual machine as it stands in the scenario. */
export type VmText = {
  readonly name: string;
  readonly host: string;
  readonly disks: readonly Readonly<Record<string, unknown>>[];
  readonly workloads: readonly Readonly<Record<string, unknown>>[];
};

/** A few VMs; each verifies what it writes to its last disk, and some do other things beside. */
export function drawVms(draw: Draw, site: Site): VmText[] {
  const { hosts, datastores, stopNs, mayFail } = site;
  const count = draw.whole(1, Math.min(MOST_VMS, 2 * hosts.length));
  const budget = { commands: COMMANDS / count, bytes: BYTES / count, stopNs };
  return Array.from({ length: count }, (_, number) => {
    const host = draw.one(hosts);
    const places = datastores.filter(({ hosts: mounting }) => mounting.includes(host));
    const disks = Array.from({ length: draw.whole(1, 2) }, () => drawDisk(draw, places));
    const last = disks.length - 1;
    const verified = drawVerified(draw, disks[last]!, last, budget);
    const beside = last > 0 && draw.chance(0.5) ? [drawOther(draw, disks[0]!, budget)] : [];
    return {
      name: `vm${number + 1}`,
      host,
      memory: '16MiB',
      adapter: draw.one(['pvscsi', 'lsilogic']),
      ...(mayFail && draw.chance(0.5) ? { diskTimeout: draw.one(TIMEOUTS) } : {}),
      disks: disks.map(({ text }) => text),
      workloads: [...verified, ...beside],
    };
  });
}

interface DrawnDisk {
  readonly bytes: number;
  readonly takesUnmap: boolean;
  /** As it stands in the scenario. */
  readonly text: Readonly<Record<string, unknown>>;
}

function drawDisk(draw: Draw, places: readonly DatastoreText[]): DrawnDisk {
  const qos = {
    ...(draw.chance(0.3) ? { shares: draw.one(['low', 'high', 100]) } : {}),
    ...(draw.chance(0.1) ? { limit: draw.one([500, 5000]) } : {}),
    ...(draw.chance(0.1) ? { reservation: draw.one([50, 400]) } : {}),
  };
  const bytes = draw.whole(4, 96) * MIB;
  const { name: datastore, server } = draw.one(places);
  const kind = draw.one(['thin', 'thin', 'thin', 'lazyThick', 'eagerThick']);
  const written = draw.chance(0.3) ? { written: '50%' } : {};
  return {
    bytes,
    takesUnmap: kind === 'thin' && server === undefined,
    text: { size: bytes, datastore, kind, ...written, qos },
  };
}

/** One or two jobs that verify, side by side on one disk; small parts make commands meet. */
function drawVerified(
  draw: Draw,
  { bytes: diskBytes, takesUnmap }: DrawnDisk,
  disk: number,
  budget: Budget,
): Record<string, unknown>[] {
  const share = draw.one([1, 1, 2]);
  const room = Math.floor(diskBytes / share / MIB) * MIB;
  return Array.from({ length: share }, (_, number) => {
    const trims = takesUnmap && draw.chance(0.7);
    // Only whole blocks of the file system, 1 MiB, are given back.
    const unit = trims ? MIB : BLOCK;
    const size = blocksOf(draw.scaled(trims ? 2 * MIB : 64 * KIB, Math.min(room, 8 * MIB)));
    const offset = number * room + draw.whole(0, Math.floor((room - size) / unit)) * unit;
    const lengths = draw.some(
      LENGTHS.filter((bytes) => bytes <= (trims ? SHORT_MAX : size / 2)),
      0.4,
    );
    const long = size >= 4 * MIB ? draw.one([MIB, 2 * MIB]) : MIB;
    const longBytes = (long * LONG_LOADED * LONG_PERCENT) / 100;
    return {
      disk,
      verify: true,
      rw: draw.one(['randrw', 'randrw', 'rw']),
      rwmixread: draw.whole(10, 80),
      bs: trims ? `${lengths.join(':')}:${long}/${LONG_PERCENT}` : lengths.join(':'),
      ...(trims ? { trim_percentage: draw.one([10, 40, 80]) } : {}),
      ...(draw.chance(0.4) ? { fsync: draw.one([1, 8, 32]) } : {}),
      ...(draw.chance(0.3) ? { zipf: 1.1 } : {}),
      offset,
      size,
      ...drawPace(draw, budget, share, mean(lengths) + (trims ? longBytes : 0)),
    };
  });
}

function drawOther(draw: Draw, disk: DrawnDisk, budget: Budget): Record<string, unknown> {
  const bs = draw.one([512, 4 * KIB, 64 * KIB, MIB]);
  return {
    name: 'other',
    disk: 0,
    // Only thin disks on VMFS know the command that gives blocks back.
    rw: draw.one(['randrw', 'randread', 'write', disk.takesUnmap ? 'unmap' : 'randwrite']),
    bs,
    ...drawPace(draw, budget, 4, bs),
  };
}

/** A closed loop that thinks, or arrivals at a rate, so that the run keeps to its budget. */
function drawPace(
  draw: Draw,
  budget: Budget,
  share: number,
  bytes: number,
): Record<string, unknown> {
  const { stopNs } = budget;
  const commands = Math.min(budget.commands, budget.bytes / bytes) / share;
  const iodepth = draw.one([1, 2, 4, 8, 32]);
  const periodNs = Math.ceil((stopNs * iodepth) / commands);
  // The rest of the time-outs and retries is what the stack adds by itself.
  if (draw.chance(0.7)) {
    return { iodepth, thinktime: `${Math.round(periodNs * draw.scaled(0.5, 1))}ns` };
  }
  return { iodepth, rate_iops: Math.max(0.1, Math.round((commands / stopNs) * 1e10) / 10) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function blocksOf(bytes: number): number {
  return Math.max(2, Math.floor(bytes / BLOCK)) * BLOCK;
}
