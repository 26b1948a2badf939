import { BLOCK_BYTES } from '../../../../core/io.js';
import type { Core } from '../../../../formats/vmfs/core.js';
import { clusterHeaderBytes } from '../../../../formats/vmfs/generation.js';
import type { Resource } from '../../../../formats/vmfs/resource.js';
import type { Purpose } from '../purpose.js';

const MIB = 1024 * 1024;

/**
 * What a metadata write to an address of the volume is for, by the system file that lies there. Journals
 * are file blocks of their own. Sub-blocks hold directories, which count as descriptors; on VMFS 6 also
 * pointer blocks, as which all of them count there (VMFS on-disk reference, 8.5).
 */
export class Purposes {
  /** Blocks of cluster headers. */
  private readonly headers = new Set<number>();
  /** By MiB of the volume: what the resources there are. */
  private readonly places = new Map<number, Purpose>();

  constructor(core: Core) {
    const { resources, generation } = core;
    const { files, subBlocks, pointerBlocks, secondary, list } = resources;
    const headerBlocks = clusterHeaderBytes(generation) / BLOCK_BYTES;
    for (const resource of list) {
      for (let cluster = 0; cluster < resource.clusters; cluster++) {
        const first = resource.headerAt(cluster) / BLOCK_BYTES;
        for (let block = first; block < first + headerBlocks; block++) this.headers.add(block);
      }
    }
    this.mark(files, 'descriptorIos');
    this.mark(subBlocks, generation.product === 6 ? 'pointerIos' : 'descriptorIos');
    this.mark(pointerBlocks, 'pointerIos');
    this.mark(secondary, 'pointerIos');
  }

  /** @param lba on the volume, in blocks of 512 bytes */
  at(lba: number): Purpose {
    if (this.headers.has(lba)) return 'bitmapIos';
    return this.places.get(Math.floor((lba * BLOCK_BYTES) / MIB)) ?? 'journalIos';
  }

  private mark(resource: Resource | undefined, purpose: Purpose): void {
    if (resource === undefined || resource.layout.resourceBytes === 0) return;
    const step = Math.max(1, Math.floor(MIB / resource.layout.resourceBytes / 2));
    for (let cluster = 0; cluster < resource.clusters; cluster++) {
      const size = resource.sizeOf(cluster);
      for (let item = 0; item < size; item += step) this.place(resource, cluster, item, purpose);
      this.place(resource, cluster, size - 1, purpose);
    }
  }

  private place(resource: Resource, cluster: number, item: number, purpose: Purpose): void {
    this.places.set(Math.floor(resource.at(cluster, item) / MIB), purpose);
  }
}
