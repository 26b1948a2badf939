import { type Address, clusterOf, isLinear, itemOf, unitOf } from '../address.js';
import { addressIn } from '../allocator.js';
import type { Resource } from '../resource.js';

/** One bit for each resource of a kind: what the bitmaps say, and what files have. */
export class UseMap {
  private readonly allocated: Uint8Array;
  private readonly used: Uint8Array;

  constructor(readonly resource: Resource) {
    const bytes = Math.ceil((resource.clusters * resource.layout.perCluster) / 8);
    this.allocated = new Uint8Array(bytes);
    this.used = new Uint8Array(bytes);
  }

  private ordinal(address: Address): number {
    if (isLinear(this.resource.kind)) return unitOf(address);
    return clusterOf(address) * this.resource.layout.perCluster + itemOf(address);
  }

  setAllocated(cluster: number, item: number): void {
    const at = cluster * this.resource.layout.perCluster + item;
    this.allocated[Math.floor(at / 8)] |= 1 << (at & 7);
  }

  isAllocated(address: Address): boolean {
    const at = this.ordinal(address);
    return (this.allocated[Math.floor(at / 8)] & (1 << (at & 7))) !== 0;
  }

  /** Marks a resource as had by a file; false when one had it already. */
  use(address: Address): boolean {
    const at = this.ordinal(address);
    const index = Math.floor(at / 8);
    const mask = 1 << (at & 7);
    if ((this.used[index] & mask) !== 0) return false;
    this.used[index] |= mask;
    return true;
  }

  /** True where there is such a resource. */
  has(address: Address): boolean {
    if (isLinear(this.resource.kind)) return unitOf(address) < this.resource.layout.total;
    return this.resource.has(clusterOf(address), itemOf(address));
  }

  /** Resources files have. */
  get usedCount(): number {
    let count = 0;
    for (const byte of this.used) {
      for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
    }
    return count;
  }

  /** Marked in use, but in no file. */
  *lost(): Generator<Address> {
    const { perCluster } = this.resource.layout;
    for (let index = 0; index < this.used.length; index++) {
      const bits = this.allocated[index] & ~this.used[index];
      for (let bit = 0; bits >> bit !== 0 && bit < 8; bit++) {
        if (((bits >> bit) & 1) === 0) continue;
        const at = index * 8 + bit;
        yield addressIn(this.resource, Math.floor(at / perCluster), at % perCluster);
      }
    }
  }
}
