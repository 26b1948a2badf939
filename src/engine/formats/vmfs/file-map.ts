import {
  type Address,
  FILE_BLOCK,
  getAddress,
  HOLE,
  kindOf,
  LARGE_BLOCK,
  POINTER_BLOCK,
  putAddress,
  SECONDARY_POINTER_BLOCK,
  SMALL_PER_LARGE,
  SUB_BLOCK,
  withoutZeroMask,
  zeroMaskOf,
} from './address.js';
import type { Core } from './core.js';
import {
  type Descriptor,
  DIRECT,
  DOUBLE_POINTERS,
  RESIDENT,
  SECONDARY_POINTERS,
  SUB_BLOCKS,
} from './descriptor.js';
import type { Resource } from './resource.js';

/** Slots that are filled together at most. */
const RUN_MAX = 512;

/** Changes the maps of files: which blocks they have, and through how many levels of pointers. */
export class FileMap {
  constructor(private readonly core: Core) {}

  /** What the file's map takes its blocks from. */
  resource(file: Descriptor): Resource {
    return this.core.resourceOf(file.zla === SUB_BLOCKS ? SUB_BLOCK : FILE_BLOCK);
  }

  /** A free block of the kind the file's map has. */
  take(file: Descriptor): Address {
    return this.core.allocator.take(this.resource(file), file.affinity);
  }

  /** How many slots from `slot` on are holes and mapped by the same table, at most up to `to`. */
  holesFrom(file: Descriptor, slot: number, to: number): number {
    const { mapping, generation } = this.core;
    if (file.zla === DIRECT || file.zla === SUB_BLOCKS) return 1;
    const perBlock = mapping.pointersPerBlock(file);
    const index = slot % perBlock;
    // A cluster has at most as many blocks to give as fit here.
    const most = Math.min(to - slot, perBlock - index, RUN_MAX);
    if (this.holeFrom(file, slot) !== undefined) return most;
    const at = mapping.tableAt(file, this.tableOf(file, slot));
    const { pointerBytes } = generation;
    const entries = this.core.store.read(at + index * pointerBytes, most * pointerBytes, file.at);
    let count = 1;
    while (count < most) {
      if (getAddress(generation, entries, count * pointerBytes) !== HOLE) break;
      count++;
    }
    return count;
  }

  /** Sets slots that one table maps, one after the other. */
  setRun(file: Descriptor, slot: number, addresses: readonly Address[]): void {
    if (file.zla === DIRECT || file.zla === SUB_BLOCKS) {
      addresses.forEach((address, index) => {
        file.setPointer(slot + index, address);
      });
      return;
    }
    const { mapping, store, generation } = this.core;
    const bytes = new Uint8Array(addresses.length * generation.pointerBytes);
    addresses.forEach((address, index) => {
      putAddress(generation, bytes, index * generation.pointerBytes, address);
    });
    const index = slot % mapping.pointersPerBlock(file);
    const at = mapping.tableAt(file, this.tableOf(file, slot));
    store.write(at + index * generation.pointerBytes, bytes, file.at);
  }

  set(file: Descriptor, slot: number, address: Address): void {
    this.setRun(file, slot, [address]);
  }

  /** The pointer block that maps a slot, a new one where there was none. */
  private tableOf(file: Descriptor, slot: number): Address {
    const perBlock = this.core.mapping.pointersPerBlock(file);
    if (file.zla !== DOUBLE_POINTERS) return this.topTable(file, Math.floor(slot / perBlock));
    const outer = this.topTable(file, Math.floor(slot / (perBlock * perBlock)));
    return this.innerTable(file, outer, Math.floor(slot / perBlock) % perBlock);
  }

  private setEntry(file: Descriptor, table: Address, index: number, address: Address): void {
    const { mapping, store, generation } = this.core;
    const bytes = new Uint8Array(generation.pointerBytes);
    putAddress(generation, bytes, 0, address);
    const at = mapping.tableAt(file, table) + index * generation.pointerBytes;
    store.write(at, bytes, file.at);
  }

  /** The pointer block at a place in the descriptor, a new one where there was none. */
  topTable(file: Descriptor, index: number): Address {
    const known = file.pointer(index);
    if (known !== HOLE) return known;
    const table = this.freshTable(file, undefined);
    file.setPointer(index, table);
    return table;
  }

  private innerTable(file: Descriptor, outer: Address, index: number): Address {
    const known = tableEntry(file, this.core.mapping.table(file, outer), index);
    if (known !== HOLE) return known;
    const table = this.freshTable(file, undefined);
    this.setEntry(file, outer, index, table);
    return table;
  }

  /** The descriptor's pointers, to blocks or to pointer blocks, move into a first block of pointers to them. */
  addLevel(file: Descriptor, zla: number): void {
    const { pointersAt, pointers, pointerBytes } = file.generation;
    const entries = file.bytes.slice(pointersAt, pointersAt + pointers * pointerBytes);
    file.zla = zla;
    const table = this.freshTable(file, entries);
    file.clearPointers();
    file.setPointer(0, table);
  }

  /** A new pointer block with the given entries, or empty. */
  freshTable(file: Descriptor, entries: Uint8Array | undefined): Address {
    const { allocator, mapping, store, generation } = this.core;
    const kind = file.zla === SECONDARY_POINTERS ? SECONDARY_POINTER_BLOCK : POINTER_BLOCK;
    const address = allocator.take(this.core.resourceOf(kind), file.affinity);
    const bytes = new Uint8Array(generation.pointerBlockBytes);
    if (entries !== undefined) bytes.set(entries);
    store.writeFresh(mapping.tableAt(file, address), bytes, file.at);
    if (generation.product > 3) file.pointerBlocks += 1;
    return address;
  }

  /** Gives the block at a slot back; false where it was a hole. */
  drop(file: Descriptor, slot: number): boolean {
    const { mapping, allocator } = this.core;
    const address = mapping.block(file, slot);
    if (address === HOLE) return false;
    const whole = withoutZeroMask(address);
    const large = kindOf(address) === LARGE_BLOCK;
    if (!large || this.isOnlySlotOf(file, slot, whole)) {
      if (large && file.largeBlocks > 0) file.largeBlocks -= 1;
      allocator.give(this.core.resourceOf(kindOf(address)), whole, file.affinity);
    }
    this.set(file, slot, HOLE);
    file.blocks = Math.max(0, file.blocks - 1);
    if (zeroMaskOf(address) !== 0) file.toBeZeroed = Math.max(0, file.toBeZeroed - 1);
    return true;
  }

  /** A large block serves the slots of 512 MiB; files end from the back, so those before are looked at. */
  private isOnlySlotOf(file: Descriptor, slot: number, large: Address): boolean {
    for (let other = slot - 1; other >= slot - (slot % SMALL_PER_LARGE); other--) {
      if (withoutZeroMask(this.core.mapping.block(file, other)) === large) return false;
    }
    return true;
  }

  /** First slot of the pointer block that maps a slot, where that pointer block is a hole. */
  holeFrom(file: Descriptor, slot: number): number | undefined {
    if (file.zla === DIRECT || file.zla === SUB_BLOCKS || file.zla === RESIDENT) return undefined;
    const { mapping } = this.core;
    const perBlock = mapping.pointersPerBlock(file);
    const perTop = file.zla === DOUBLE_POINTERS ? perBlock * perBlock : perBlock;
    const top = file.pointer(Math.floor(slot / perTop));
    if (top === HOLE) return Math.floor(slot / perTop) * perTop;
    if (file.zla !== DOUBLE_POINTERS) return undefined;
    const index = Math.floor(slot / perBlock);
    if (tableEntry(file, mapping.table(file, top), index % perBlock) !== HOLE) return undefined;
    return index * perBlock;
  }

  /** Gives pointer blocks back that only map slots from `slot` on. */
  dropTables(file: Descriptor, slot: number): void {
    if (file.zla === DIRECT || file.zla === SUB_BLOCKS || file.zla === RESIDENT) return;
    const { mapping, generation } = this.core;
    const perBlock = mapping.pointersPerBlock(file);
    const perTop = file.zla === DOUBLE_POINTERS ? perBlock * perBlock : perBlock;
    for (let index = 0; index < generation.pointers; index++) {
      const top = file.pointer(index);
      if (top === HOLE || (index + 1) * perTop <= slot) continue;
      if (file.zla === DOUBLE_POINTERS) this.dropInner(file, top, slot - index * perTop);
      if (index * perTop < slot) continue;
      this.giveTable(file, top);
      file.setPointer(index, HOLE);
    }
  }

  private dropInner(file: Descriptor, outer: Address, slot: number): void {
    const perBlock = this.core.mapping.pointersPerBlock(file);
    const entries = this.core.mapping.table(file, outer);
    for (let index = Math.max(0, Math.ceil(slot / perBlock)); index < perBlock; index++) {
      const inner = tableEntry(file, entries, index);
      if (inner === HOLE) continue;
      this.giveTable(file, inner);
      this.setEntry(file, outer, index, HOLE);
    }
  }

  private giveTable(file: Descriptor, table: Address): void {
    this.core.allocator.give(this.core.mapping.tableResource(file, table), table, file.affinity);
    if (file.pointerBlocks > 0) file.pointerBlocks -= 1;
  }
}

function tableEntry(file: Descriptor, entries: Uint8Array, index: number): Address {
  return getAddress(file.generation, entries, index * file.generation.pointerBytes);
}
