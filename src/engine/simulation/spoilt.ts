import type { DiskArray } from '../devices/array/disk-array.js';
import type { NfsServer } from '../devices/nfs-server.js';

/** How often data faults struck anywhere, and how many reads met what they had spoilt. */
export function spoiltOf(
  arrays: Iterable<DiskArray>,
  servers: Iterable<NfsServer>,
): { strikes: number; reads: number } {
  const sum = { strikes: 0, reads: 0 };
  const onLuns = [...arrays].flatMap(({ luns }) => [...luns.values()].map(({ media }) => media));
  const onServers = [...servers].flatMap(({ media }) => media);
  for (const media of [...onLuns, ...onServers]) {
    sum.strikes += media?.strikes ?? 0;
    sum.reads += media?.spoiltReads ?? 0;
  }
  return sum;
}
