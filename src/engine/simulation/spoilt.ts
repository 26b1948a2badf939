import type { DiskArray } from '../devices/array/disk-array.js';
import type { NfsServer } from '../devices/nfs-server.js';

/** How often data faults struck, and how many reads met what they had spoilt, on all devices. */
export function spoiltOf(
  arrays: ReadonlyMap<string, DiskArray>,
  servers: ReadonlyMap<string, NfsServer>,
): { strikes: number; reads: number } {
  const sum = { strikes: 0, reads: 0 };
  const onLuns = [...arrays.values()].flatMap(({ luns }) =>
    [...luns.values()].map(({ media }) => media),
  );
  const onServers = [...servers.values()].flatMap(({ media }) => media);
  for (const media of [...onLuns, ...onServers]) {
    sum.strikes += media?.strikes ?? 0;
    sum.reads += media?.spoiltReads ?? 0;
  }
  return sum;
}
