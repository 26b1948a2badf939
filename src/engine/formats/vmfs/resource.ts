import { FormatError } from '../../core/errors.js';
import type { Address } from './address.js';
import { Cluster, SPLIT } from './cluster.js';
import type { Descriptor } from './descriptor.js';
import { clusterHeaderBytes, type Generation } from './generation.js';
import type { Mapping } from './mapping.js';
import {
  clusterCount,
  headerOffset,
  type ResourceLayout,
  resourceOffset,
} from './resource-header.js';
import type { Store } from './store.js';

/** Clusters of a pair of layout and resource file: where things are, and which are free. */
export class Resource {
  readonly clusters: number;
  private readonly headerBytes: number;
  /** VMFS 6: the large blocks that these small ones are cut from. */
  large: Resource | undefined;

  /**
   * @param name of the resource file
   * @param kind of the addresses of its resources
   * @param lockType of its cluster headers
   * @param blocks volume address of each file block of the resource file
   */
  constructor(
    readonly name: string,
    readonly kind: number,
    readonly lockType: number,
    readonly layout: ResourceLayout,
    private readonly generation: Generation,
    private readonly store: Store,
    private readonly blocks: BlockList,
  ) {
    this.clusters = clusterCount(layout);
    this.headerBytes = clusterHeaderBytes(generation);
    if (this.clusters === 0) return;
    const last = this.clusters - 1;
    const headerEnd = headerOffset(layout, generation, last) + this.headerBytes;
    const items = layout.total - last * layout.perCluster;
    const end = resourceOffset(layout, generation, last, items - 1) + layout.resourceBytes;
    const needed = layout.parent === undefined ? Math.max(headerEnd, end) : headerEnd;
    if (needed > blocks.bytes) {
      throw new FormatError(
        `${name}: ${layout.total} resources need ${needed} bytes, the file has ${blocks.bytes}`,
      );
    }
  }

  /** Resources in a cluster; the last one may be short. */
  sizeOf(cluster: number): number {
    const { total, perCluster } = this.layout;
    return Math.min(perCluster, total - cluster * perCluster);
  }

  has(cluster: number, item: number): boolean {
    return cluster < this.clusters && item < this.sizeOf(cluster);
  }

  /**
   * Volume address of a resource.
   * @throws FormatError where there is no such resource
   */
  at(cluster: number, item: number): number {
    if (!this.has(cluster, item)) {
      throw new FormatError(`${this.name} has no resource ${cluster}/${item}`);
    }
    return this.blocks.at(resourceOffset(this.layout, this.generation, cluster, item));
  }

  headerAt(cluster: number): number {
    return this.blocks.at(headerOffset(this.layout, this.generation, cluster));
  }

  /** False for small blocks inside a large one that is not cut up: their header means nothing. */
  isOpen(cluster: number): boolean {
    const { large } = this;
    if (large === undefined) return true;
    const { perCluster } = large.layout;
    if (cluster >= large.layout.total) return true;
    const header = large.readCluster(Math.floor(cluster / perCluster));
    return (header.state(cluster % perCluster) & SPLIT) !== 0;
  }

  /** Makes the header of a cluster whose resources are all free. */
  resetCluster(cluster: number): void {
    const { generation, lockType, layout } = this;
    const at = this.headerAt(cluster);
    const size = this.sizeOf(cluster);
    const bits = layout.bitsPerResource;
    this.writeCluster(cluster, Cluster.fresh(generation, lockType, at, cluster, size, bits));
  }

  readCluster(cluster: number): Cluster {
    const at = this.headerAt(cluster);
    const bytes = this.store.read(at, this.headerBytes, at);
    return new Cluster(this.generation, bytes, this.layout.bitsPerResource);
  }

  writeCluster(cluster: number, header: Cluster): void {
    const at = this.headerAt(cluster);
    this.store.write(at, header.bytes, at);
  }

  /** Free resources over all clusters, as their headers count them. */
  countFree(): number {
    let free = 0;
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      if (!this.isOpen(cluster)) continue;
      free += Math.min(this.readCluster(cluster).free, this.layout.perCluster);
    }
    return free;
  }
}

/** Where the file blocks of a system file are, looked up once: every access to metadata needs them. */
export class BlockList {
  constructor(
    private readonly addresses: Float64Array,
    private readonly blockBytes: number,
    /** Length of the file. */
    readonly bytes: number,
  ) {}

  /**
   * @param file a system file, whose blocks are all there
   * @param volumeBytes bound of what the map may claim
   */
  static of(name: string, file: Descriptor, mapping: Mapping, volumeBytes: number): BlockList {
    const { blockBytes } = mapping;
    const count = Math.ceil(file.length / blockBytes);
    if (count * blockBytes > volumeBytes) {
      throw new FormatError(`${name} is ${file.length} bytes long, more than the volume has`);
    }
    const addresses = new Float64Array(count);
    for (let index = 0; index < count; index++) {
      const address: Address = mapping.block(file, index);
      const at = mapping.dataAt(file, address, index * blockBytes);
      if (at + blockBytes > volumeBytes) {
        throw new FormatError(`${name}: block ${index} lies beyond the volume`);
      }
      addresses[index] = at;
    }
    return new BlockList(addresses, blockBytes, file.length);
  }

  at(offset: number): number {
    const index = Math.floor(offset / this.blockBytes);
    if (index < 0 || index >= this.addresses.length) {
      throw new FormatError(`offset ${offset} is beyond the file's blocks`);
    }
    return this.addresses[index] + (offset % this.blockBytes);
  }
}
