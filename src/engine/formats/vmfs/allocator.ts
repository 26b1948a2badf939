import { InputError } from '../../core/errors.js';
import type { Address } from './address.js';
import {
  clusterOf,
  clusterUnit,
  FILE_BLOCK,
  itemOf,
  kindOf,
  makeAddress,
  unitOf,
} from './address.js';
import { FREE, IN_USE } from './cluster.js';
import type { Resource } from './resource.js';

/**
 * Takes and gives back resources. What is given back within a transaction is free only after it: a
 * block may not be written to while the volume's last committed state still refers to it.
 */
export class Allocator {
  /** Cluster where the next search begins, by resource: its files stay together. */
  private readonly cursors = new Map<Resource, number>();
  private readonly given: { resource: Resource; address: Address }[] = [];

  constructor(private readonly volumeName: string) {}

  /** @throws InputError when there is none left */
  take(resource: Resource): Address {
    const start = this.cursors.get(resource) ?? 0;
    for (let step = 0; step < resource.clusters; step++) {
      const cluster = (start + step) % resource.clusters;
      const header = resource.readCluster(cluster);
      const size = resource.sizeOf(cluster);
      if (header.free === 0 || header.free > size) continue;
      for (let item = 0; item < size; item++) {
        if (!header.isFree(item)) continue;
        header.setState(item, IN_USE);
        header.count(header.free - 1);
        resource.writeCluster(cluster, header);
        this.cursors.set(resource, cluster);
        return addressIn(resource, cluster, item);
      }
    }
    throw InputError.of(
      this.volumeName,
      `no space left: every resource of ${resource.name} is in use`,
      'remove files, or format a larger volume',
    );
  }

  /** Marks a resource free when the transaction is committed. */
  give(resource: Resource, address: Address): void {
    this.given.push({ resource, address });
  }

  /** Puts what was given back into the bitmaps; the transaction is complete after it. */
  settle(): void {
    const byCluster = new Map<Resource, Map<number, number[]>>();
    for (const { resource, address } of this.given) {
      const clusters = byCluster.get(resource) ?? new Map<number, number[]>();
      byCluster.set(resource, clusters);
      const { cluster, item } = placeIn(resource, address);
      const items = clusters.get(cluster) ?? [];
      clusters.set(cluster, items);
      items.push(item);
    }
    for (const [resource, clusters] of byCluster) {
      for (const [cluster, items] of clusters) {
        const header = resource.readCluster(cluster);
        let { free } = header;
        for (const item of items) {
          if (header.isFree(item)) continue;
          header.setState(item, FREE);
          free++;
        }
        header.count(free);
        resource.writeCluster(cluster, header);
        const cursor = this.cursors.get(resource) ?? 0;
        this.cursors.set(resource, Math.min(cursor, cluster));
      }
    }
    this.forget();
  }

  forget(): void {
    this.given.length = 0;
  }
}

export function addressIn(resource: Resource, cluster: number, item: number): Address {
  return resource.kind === FILE_BLOCK
    ? makeAddress(FILE_BLOCK, cluster * resource.layout.perCluster + item)
    : makeAddress(resource.kind, clusterUnit(cluster, item));
}

export function placeIn(resource: Resource, address: Address): { cluster: number; item: number } {
  if (kindOf(address) !== FILE_BLOCK) {
    return { cluster: clusterOf(address), item: itemOf(address) };
  }
  const { perCluster } = resource.layout;
  const unit = unitOf(address);
  return { cluster: Math.floor(unit / perCluster), item: unit % perCluster };
}
