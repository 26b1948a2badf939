import { InputError } from '../../core/errors.js';
import type { Address } from './address.js';
import {
  clusterOf,
  clusterUnit,
  isLinear,
  itemOf,
  makeAddress,
  SMALL_PER_LARGE,
  unitOf,
} from './address.js';
import { type AffinityKey, countKey, keepKey, keysIn } from './affinity.js';
import { type Cluster, FREE, IN_USE, SPLIT } from './cluster.js';
import type { Resource } from './resource.js';

/**
 * Takes and gives back resources. What is given back within a transaction is free only after it: a
 * block may not be written to while the volume's last committed state still refers to it.
 */
export class Allocator {
  /** Cluster where the next search begins, by resource: its files stay together. */
  private readonly cursors = new Map<Resource, number>();
  /**
   * Clusters where nothing was free when they were last looked at, one bit each: passed over as long as
   * others have something. ESXi 7 keeps such a map as well (stack-upper reference, section 5).
   */
  private readonly full = new Map<Resource, Uint8Array>();
  /** Where a host that shares the volume has its region, by resource. */
  private readonly regions = new Map<Resource, number>();
  /** Where resources for a key were taken last, by resource (stack-upper reference, section 5). */
  private readonly homes = new Map<Resource, Map<AffinityKey, number>>();
  private readonly given: { resource: Resource; address: Address; key: AffinityKey }[] = [];

  /**
   * Asked before a resource is taken that is free on disk: false where it is spoken for by what has not
   * reached the disk yet.
   */
  gate: ((resource: Resource, address: Address) => boolean) | undefined;

  constructor(private readonly volumeName: string) {}

  /** Lets the search for a resource begin at a cluster: hosts that share a volume begin apart. */
  beginAt(resource: Resource, cluster: number): void {
    this.cursors.set(resource, cluster);
    this.regions.set(resource, cluster);
  }

  /**
   * @param key for whom, see affinity.ts
   * @throws InputError when there is none left
   */
  take(resource: Resource, key: AffinityKey): Address {
    return this.takeMany(resource, 1, key)[0];
  }

  /**
   * Takes up to `count` resources of one cluster, at least one: a long file needs few changes of
   * cluster headers.
   * @throws InputError when there is none left
   */
  takeMany(resource: Resource, count: number, key: AffinityKey): Address[] {
    const { large } = resource;
    const region = this.regions.get(resource);
    // The first small blocks of a host are in a large one of its own, where nobody else looks first.
    if (large !== undefined && region !== undefined && this.cursors.get(resource) === region) {
      if (!resource.isOpen(region)) this.splitAt(resource, large, region);
    }
    const taken = this.search(resource, count, key);
    if (taken !== undefined) return taken;
    if (large !== undefined) {
      const cluster = this.split(resource, large);
      const split = cluster === undefined ? undefined : this.takeIn(resource, cluster, count, key);
      if (split !== undefined) return split;
    }
    throw InputError.of(
      this.volumeName,
      `no space left: every resource of ${resource.name} is in use`,
      'remove files, or format a larger volume',
    );
  }

  /** From where the last one was found; a second time over all clusters, as others may free some. */
  private search(resource: Resource, count: number, key: AffinityKey): Address[] | undefined {
    const start = this.homeOf(resource, key);
    let full = this.full.get(resource);
    for (let round = full === undefined ? 1 : 0; round < 2; round++) {
      if (full === undefined || round === 1)
        full = new Uint8Array(Math.ceil(resource.clusters / 8));
      this.full.set(resource, full);
      for (let step = 0; step < resource.clusters; step++) {
        const cluster = (start + step) % resource.clusters;
        if (((full[cluster >> 3] >> (cluster & 7)) & 1) === 1) continue;
        const taken = this.takeIn(resource, cluster, count, key);
        if (taken === undefined) full[cluster >> 3] |= 1 << (cluster & 7);
        if (taken === undefined || taken.length === 0) continue;
        this.cursors.set(resource, cluster);
        return taken;
      }
    }
    return undefined;
  }

  /**
   * The cluster a search begins in: where the key has resources already, else one nobody has any in, if
   * there is one near. Hosts that share a volume stay in their region instead.
   */
  private homeOf(resource: Resource, key: AffinityKey): number {
    const start = this.cursors.get(resource) ?? 0;
    if (key === 0 || resource.layout.keys === 'none') return start;
    const home = this.homes.get(resource)?.get(key);
    if (home !== undefined) return home;
    if (resource.layout.keys === 'each' || this.regions.has(resource)) return start;
    for (let step = 0; step < Math.min(NEAR, resource.clusters); step++) {
      const cluster = (start + step) % resource.clusters;
      if (!resource.isOpen(cluster)) continue;
      const header = resource.readCluster(cluster);
      if (header.free > 0 && keysIn(header).size === 0) return cluster;
    }
    return start;
  }

  private takeIn(
    resource: Resource,
    cluster: number,
    count: number,
    key: AffinityKey,
  ): Address[] | undefined {
    const taken = takeFrom(resource, cluster, count, key, this.gate);
    const kept = key !== 0 && resource.layout.keys !== 'none';
    if (!kept || taken === undefined || taken.length === 0) return taken;
    const homes = this.homes.get(resource) ?? new Map<AffinityKey, number>();
    this.homes.set(resource, homes.set(key, cluster));
    return taken;
  }

  private mayHaveRoom(resource: Resource, cluster: number): void {
    const full = this.full.get(resource);
    if (full !== undefined) full[cluster >> 3] &= ~(1 << (cluster & 7));
  }

  /** Cuts a free large block into small ones; the cluster they make, undefined when there is none. */
  private split(small: Resource, large: Resource): number | undefined {
    const { perCluster, total } = large.layout;
    for (let number = 0; number < total; number++) {
      const cluster = Math.floor(number / perCluster);
      if (number % perCluster === 0 && large.readCluster(cluster).free === 0) {
        number += perCluster - 1;
        continue;
      }
      if (!this.splitAt(small, large, number)) continue;
      this.cursors.set(small, number);
      return number;
    }
    return undefined;
  }

  private splitAt(small: Resource, large: Resource, number: number): boolean {
    const { perCluster } = large.layout;
    const header = large.readCluster(Math.floor(number / perCluster));
    if (number >= large.layout.total || !header.isFree(number % perCluster)) return false;
    header.setState(number % perCluster, SPLIT);
    header.count(header.free - 1);
    large.writeCluster(Math.floor(number / perCluster), header);
    small.resetCluster(number);
    this.mayHaveRoom(small, number);
    return true;
  }

  /** A large file block, where the volume has a free one. */
  takeLarge(large: Resource): Address | undefined {
    return this.search(large, 1, 0)?.[0];
  }

  /** Small blocks that are all free become the large one they were cut from. */
  private join(small: Resource, number: number, header: Cluster): void {
    const { large } = small;
    if (large === undefined || header.free < SMALL_PER_LARGE) return;
    const { perCluster } = large.layout;
    const cluster = Math.floor(number / perCluster);
    const whole = large.readCluster(cluster);
    if ((whole.state(number % perCluster) & SPLIT) === 0) return;
    whole.setState(number % perCluster, FREE);
    whole.count(whole.free + 1);
    large.writeCluster(cluster, whole);
    this.mayHaveRoom(large, cluster);
  }

  /**
   * Marks a resource free when the transaction is committed.
   * @param key for whom it was taken
   */
  give(resource: Resource, address: Address, key: AffinityKey): void {
    this.given.push({ resource, address, key });
  }

  /** Puts what was given back into the bitmaps; the transaction is complete after it. */
  settle(): void {
    const byCluster = new Map<Resource, Map<number, [item: number, key: AffinityKey][]>>();
    for (const { resource, address, key } of this.given) {
      const clusters = byCluster.get(resource) ?? new Map<number, [number, AffinityKey][]>();
      byCluster.set(resource, clusters);
      const { cluster, item } = placeIn(resource, address);
      const items = clusters.get(cluster) ?? [];
      clusters.set(cluster, items);
      items.push([item, key]);
    }
    for (const [resource, clusters] of byCluster) {
      for (const [cluster, items] of clusters) {
        const header = resource.readCluster(cluster);
        let { free } = header;
        for (const [item, key] of items) {
          if (header.isFree(item)) continue;
          header.setState(item, FREE);
          keepKey(header, resource.layout, item, 0);
          countKey(header, resource.layout, key, -1);
          free++;
        }
        header.count(free);
        resource.writeCluster(cluster, header);
        this.join(resource, cluster, header);
        this.mayHaveRoom(resource, cluster);
        const cursor = this.cursors.get(resource) ?? 0;
        this.cursors.set(resource, Math.min(cursor, cluster));
      }
    }
    this.given.length = 0;
  }

  /** What a transaction took and gave is as it was before. */
  forget(): void {
    this.given.length = 0;
    this.full.clear();
  }
}

/** Clusters looked at for one that nobody has blocks in (model). */
const NEAR = 32;

/** Undefined where the cluster has nothing to give; none where all it has is spoken for. */
function takeFrom(
  resource: Resource,
  cluster: number,
  count: number,
  key: AffinityKey,
  gate: Allocator['gate'],
): Address[] | undefined {
  if (!resource.isOpen(cluster)) return undefined;
  const header = resource.readCluster(cluster);
  const size = resource.sizeOf(cluster);
  if (header.free === 0 || header.free > size) return undefined;
  const taken: Address[] = [];
  for (let item = 0; item < size && taken.length < count; item++) {
    if (!header.isFree(item)) continue;
    const address = addressIn(resource, cluster, item);
    if (gate?.(resource, address) === false) continue;
    header.setState(item, IN_USE);
    keepKey(header, resource.layout, item, key);
    taken.push(address);
  }
  if (taken.length === 0) return taken;
  countKey(header, resource.layout, key, taken.length);
  header.count(Math.max(0, header.free - taken.length));
  resource.writeCluster(cluster, header);
  return taken;
}

export function addressIn(resource: Resource, cluster: number, item: number): Address {
  return isLinear(resource.kind)
    ? makeAddress(resource.kind, cluster * resource.layout.perCluster + item)
    : makeAddress(resource.kind, clusterUnit(cluster, item));
}

export function placeIn(resource: Resource, address: Address): { cluster: number; item: number } {
  if (!isLinear(resource.kind)) return { cluster: clusterOf(address), item: itemOf(address) };
  const { perCluster } = resource.layout;
  const unit = unitOf(address);
  return { cluster: Math.floor(unit / perCluster), item: unit % perCluster };
}
