import type { Draw } from '../../engine/simulation/swarm/draw.js';
import type { Changeable } from './changes.js';
import type { VmText } from './machines.js';

type Text = Readonly<Record<string, unknown>>;

export interface DrawnBackups {
  /** The scenario's `backups`. */
  readonly backups: readonly Text[];
  /** Some are cancelled. */
  readonly operations: readonly Text[];
}

/** Backups of one machine: a full one, and incremental ones at this distance, in parts of the run. */
const DISTANCES = [0.02, 0.1, 0.3];
/** Shortest distance a scenario takes, ns. */
const EVERY_NS_MIN = 10e6;
/** From the beginning of a backup to its cancelling, ns: its snapshot alone takes some 50 ms. */
const CANCEL_NS: readonly [number, number] = [1e6, 3e9];

/**
 * Some machines are backed up by any transport while guests verify and everything else goes on, those
 * that have snapshots of their own among them.
 * @param vms all machines
 */
export function drawBackups(
  draw: Draw,
  vms: readonly VmText[],
  { datastores, healNs }: Pick<Changeable, 'datastores' | 'healNs'>,
): DrawnBackups {
  const backups: Text[] = [];
  const operations: Text[] = [];
  for (const { name: vm, disks } of vms) {
    if (draw.chance(0.5)) continue;
    const onServer = disks.some(({ datastore }) =>
      datastores.some(({ name, server }) => name === datastore && server !== undefined),
    );
    for (let left = draw.whole(1, 2); left > 0; left--) {
      const atNs = draw.whole(0, Math.round(healNs * 0.9));
      const everyNs = Math.max(EVERY_NS_MIN, Math.round(healNs * draw.one(DISTANCES)));
      const transports = ['nbd', 'nbdssl', 'hotadd', ...(onServer ? [] : ['san', 'san'])];
      const count = Math.min(draw.whole(1, 5), 1 + Math.floor((healNs - atNs) / everyNs));
      backups.push({
        vm,
        at: `${atNs}ns`,
        transport: draw.one(transports),
        ...(count > 1 ? { every: `${everyNs}ns`, count } : {}),
        ...(count > 1 && draw.chance(0.2) ? { fullEvery: 2 } : {}),
        ...(draw.chance(0.2) ? { disk: draw.whole(0, disks.length - 1) } : {}),
        ...(draw.chance(0.2) ? { quiesce: true } : {}),
      });
      for (let number = 0; number < count; number++) {
        if (draw.chance(0.7)) continue;
        const cancelNs = Math.round(atNs + number * everyNs + draw.scaled(...CANCEL_NS));
        if (cancelNs < healNs) operations.push({ at: `${cancelNs}ns`, cancelBackup: vm });
      }
    }
  }
  return { backups, operations };
}

/** Management networks on which a backup takes long, or is over at once. */
export function drawNetworks<H extends Text>(draw: Draw, hosts: readonly H[]): (H & Text)[] {
  return hosts.map((host) =>
    draw.chance(0.5)
      ? { ...host, managementBandwidth: draw.one(['5MB/s', '40MB/s', '1GB/s']) }
      : host,
  );
}
