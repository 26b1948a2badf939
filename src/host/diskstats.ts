/**
 * Counters of whole disks as Linux keeps them in /proc/diskstats (kernel documentation,
 * admin-guide/iostats: fields counted after major, minor and name). Times include waiting in the
 * kernel's block layer; what of it the disk itself took cannot be told from them.
 */

/** All since boot, but for `active`. */
export interface DiskCounters {
  readonly reads: number;
  readonly writes: number;
  /** Discards and flushes, which older kernels do not count. */
  readonly others: number;
  /** 512 bytes each. */
  readonly readBlocks: number;
  readonly writeBlocks: number;
  readonly otherBlocks: number;
  /** Sums over commands. */
  readonly readNs: number;
  readonly writeNs: number;
  readonly otherNs: number;
  /** Commands sent and not yet answered. */
  readonly active: number;
  /** Time during which there was any. */
  readonly busyNs: number;
}

const NS_PER_MS = 1e6;
/** Major, minor, name and the eleven fields every kernel since 2.6 has. */
const FIELDS_MIN = 14;

/** What `stats` says of each of `names`; disks it does not list are left out. */
export function parseDiskstats(
  stats: string,
  names: ReadonlySet<string>,
): Map<string, DiskCounters> {
  const found = new Map<string, DiskCounters>();
  for (const line of stats.split('\n')) {
    const words = line.trim().split(/\s+/);
    const name = words[2];
    if (name === undefined || words.length < FIELDS_MIN || !names.has(name)) continue;
    const field = (number: number): number => Number(words[number + 2] ?? 0);
    found.set(name, {
      reads: field(1),
      readBlocks: field(3),
      readNs: field(4) * NS_PER_MS,
      writes: field(5),
      writeBlocks: field(7),
      writeNs: field(8) * NS_PER_MS,
      active: field(9),
      busyNs: field(10) * NS_PER_MS,
      others: field(12) + field(16),
      otherBlocks: field(14),
      otherNs: (field(15) + field(17)) * NS_PER_MS,
    });
  }
  return found;
}
