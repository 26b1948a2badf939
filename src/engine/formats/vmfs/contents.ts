import { FormatError } from '../../core/errors.js';
import {
  type Address,
  ALL_ZERO,
  HOLE,
  kindOf,
  makeAddress,
  SMALL_PER_LARGE,
  unitOf,
  withoutZeroMask,
  zeroMaskOf,
} from './address.js';
import { alignDown, alignUp } from './bytes.js';
import type { Core } from './core.js';
import {
  type Descriptor,
  FILE_BYTES_MAX,
  POINTERS,
  RDM,
  REGULAR,
  RESIDENT,
  SUB_BLOCKS,
} from './descriptor.js';
import { FileForm, type Form } from './file-form.js';
import { FileMap } from './file-map.js';
import { SECTOR_BYTES } from './store.js';

/** How new blocks of a file are provided, in vmkfstools' words; `thick` ones hold what was there before. */
export type Provisioning = 'thin' | 'thick' | 'zeroedthick' | 'eagerzeroedthick';

/** Parts of a file block a zero mask has bits for. */
const ZERO_PARTS = 8;

/** Changed sectors at which a transaction that may go on ends: half of what a journal of 1 MiB holds. */
const SECTORS_PER_STEP = 1000;

/** Reads and writes the bytes of files. */
export class Contents {
  readonly map: FileMap;
  readonly form: FileForm;

  constructor(
    private readonly core: Core,
    resident: boolean,
  ) {
    this.map = new FileMap(core);
    this.form = new FileForm(core, this.map, this, resident);
  }

  /**
   * Fills `into` from the file; holes and blocks that are to be zeroed read as zeros.
   * @param offset with `into.length` inside the file's length
   */
  read(file: Descriptor, offset: number, into: Uint8Array): void {
    if (offset + into.length > file.length) {
      throw new FormatError(`byte ${offset + into.length} is beyond the end of the file`);
    }
    if (file.zla === RESIDENT) {
      if (offset + into.length > file.resident.length) {
        throw new FormatError(`a file of ${file.length} bytes inside its descriptor`);
      }
      into.set(file.resident.subarray(offset, offset + into.length));
      return;
    }
    const { mapping } = this.core;
    const slotBytes = mapping.slotBytes(file);
    for (let done = 0; done < into.length; ) {
      const slot = Math.floor((offset + done) / slotBytes);
      const inside = offset + done - slot * slotBytes;
      const length = Math.min(into.length - done, slotBytes - inside);
      this.readSlot(file, slot, inside, into.subarray(done, done + length));
      done += length;
    }
  }

  private readSlot(file: Descriptor, slot: number, inside: number, into: Uint8Array): void {
    const { mapping, store } = this.core;
    const address = mapping.block(file, slot);
    if (address === HOLE) {
      into.fill(0);
      return;
    }
    const slotBytes = mapping.slotBytes(file);
    const at = mapping.dataAt(file, address, slot * slotBytes) + inside;
    const mask = zeroMaskOf(address);
    if (mask === ALL_ZERO) {
      into.fill(0);
      return;
    }
    into.set(store.read(at, into.length, file.at));
    if (mask === 0) return;
    const partBytes = slotBytes / ZERO_PARTS;
    for (let part = 0; part < ZERO_PARTS; part++) {
      if (((mask >> part) & 1) === 0) continue;
      const from = Math.max(0, part * partBytes - inside);
      const to = Math.min(into.length, (part + 1) * partBytes - inside);
      if (from < to) into.fill(0, from, to);
    }
  }

  /**
   * Writes bytes inside or just behind the file, allocating what is missing. Part of a transaction;
   * the caller writes the descriptor.
   */
  write(file: Descriptor, offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > file.length) this.lengthen(file, end, 'dense');
    if (file.zla === RESIDENT) {
      file.resident.set(bytes, offset);
      return;
    }
    const slotBytes = this.core.mapping.slotBytes(file);
    for (let done = 0; done < bytes.length; ) {
      const slot = Math.floor((offset + done) / slotBytes);
      const inside = offset + done - slot * slotBytes;
      const length = Math.min(bytes.length - done, slotBytes - inside);
      this.writeSlot(file, slot, inside, bytes.subarray(done, done + length));
      done += length;
    }
  }

  private writeSlot(file: Descriptor, slot: number, inside: number, bytes: Uint8Array): void {
    const { mapping, store } = this.core;
    const slotBytes = mapping.slotBytes(file);
    const address = mapping.block(file, slot);
    const masked = zeroMaskOf(address);
    if (address === HOLE || masked !== 0) {
      const whole = new Uint8Array(slotBytes);
      if (masked !== 0) this.readSlot(file, slot, 0, whole);
      whole.set(bytes, inside);
      const target = address === HOLE ? this.map.take(file) : withoutZeroMask(address);
      store.writeFresh(mapping.dataAt(file, target, slot * slotBytes), whole, file.at);
      this.map.set(file, slot, target);
      if (masked !== 0) file.toBeZeroed = Math.max(0, file.toBeZeroed - 1);
      else file.blocks += 1;
      return;
    }
    const at = mapping.dataAt(file, address, slot * slotBytes) + inside;
    if (file.isDirectory) store.write(at, bytes, file.at);
    else this.overwrite(file, at, bytes);
  }

  /** User data in its place, without the journal; sectors at the edges keep the rest of theirs. */
  private overwrite(file: Descriptor, at: number, bytes: Uint8Array): void {
    const { store } = this.core;
    const start = alignDown(at, SECTOR_BYTES);
    const end = alignUp(at + bytes.length, SECTOR_BYTES);
    if (start === at && end === at + bytes.length) {
      store.writeFresh(at, bytes, file.at);
      return;
    }
    const whole = store.read(start, end - start, file.at);
    whole.set(bytes, at - start);
    store.writeFresh(start, whole, file.at);
  }

  /**
   * Makes the file longer without writing to the new part, which reads as zeros.
   * @param form `dense` when every block will be written in order, `sparse` when there will be holes
   */
  lengthen(file: Descriptor, length: number, form: Form): void {
    if (length > FILE_BYTES_MAX) throw new FormatError(`a length of ${length} bytes`);
    this.zeroTail(file, length);
    this.settleDown(file, length);
    this.form.reform(file, length, form);
    file.length = length;
  }

  /** VMFS 6: what gets content is near its directory from then on (affinity.ts). */
  private settleDown(file: Descriptor, length: number): void {
    const empty = file.length === 0 && file.blocks === 0 && file.pointerBlocks === 0;
    if (!empty || length === 0 || file.type !== REGULAR || file.parent === 0) return;
    file.affinity = file.parent;
  }

  /** Makes the file longer by a hole. */
  lengthenSparse(file: Descriptor, length: number): void {
    this.lengthen(file, length, 'sparse');
    if (this.core.generation.product === 6 && file.zla === POINTERS) {
      this.form.fillTables(file, Math.ceil(length / this.core.blockBytes));
    }
  }

  /** What follows the end in the last block may be left from an earlier, longer file. */
  private zeroTail(file: Descriptor, length: number): void {
    const old = file.length;
    if (file.zla === RESIDENT) {
      file.resident.fill(0, old);
      return;
    }
    const { mapping } = this.core;
    const slotBytes = mapping.slotBytes(file);
    if (old % slotBytes === 0 || old === 0) return;
    const slot = Math.floor(old / slotBytes);
    const address = mapping.block(file, slot);
    if (address === HOLE || zeroMaskOf(address) !== 0) return;
    const end = Math.min(length, (slot + 1) * slotBytes);
    const at = mapping.dataAt(file, address, slot * slotBytes) + (old % slotBytes);
    const zeros = new Uint8Array(end - old);
    if (file.isDirectory) this.core.store.write(at, zeros, file.at);
    else this.overwrite(file, at, zeros);
  }

  /**
   * Provides blocks for the slots from `from` to `to` (exclusive) that are holes: still to be zeroed, or
   * zeroed. Stops where the transaction is large enough.
   * @returns the first slot that was not looked at
   */
  provide(file: Descriptor, from: number, to: number, how: Provisioning): number {
    const { mapping, store, allocator } = this.core;
    const slotBytes = mapping.slotBytes(file);
    const eager = how === 'eagerzeroedthick' || file.zla === SUB_BLOCKS;
    const zeros = eager ? new Uint8Array(slotBytes) : undefined;
    let slot = from;
    while (slot < to && store.dirtySectors < SECTORS_PER_STEP) {
      if (mapping.block(file, slot) !== HOLE) {
        slot++;
        continue;
      }
      const room = this.map.holesFrom(file, slot, to);
      const taken =
        this.takeLarge(file, slot, room) ??
        allocator.takeMany(this.map.resource(file), room, file.affinity);
      taken.forEach((address, index) => {
        if (zeros === undefined) return;
        const at = mapping.dataAt(file, address, (slot + index) * slotBytes);
        store.writeFresh(at, zeros, file.at);
      });
      const lazy = how === 'zeroedthick' && !eager;
      const addresses = !lazy
        ? taken
        : taken.map((address) => makeAddress(kindOf(address), unitOf(address), ALL_ZERO));
      this.map.setRun(file, slot, addresses);
      file.blocks += taken.length;
      if (lazy) file.toBeZeroed += taken.length;
      slot += taken.length;
    }
    return slot;
  }

  /**
   * VMFS 6: thick files have large blocks as far as they cover whole ones, small ones for the rest and where
   * no large one is free (stack-upper reference, section 5). All slots of a large block repeat its address.
   */
  private takeLarge(file: Descriptor, slot: number, room: number): Address[] | undefined {
    const { allocator, resources } = this.core;
    const { largeBlocks } = resources;
    const whole = slot % SMALL_PER_LARGE === 0 && room === SMALL_PER_LARGE;
    const address = whole && largeBlocks ? allocator.takeLarge(largeBlocks) : undefined;
    if (address === undefined) return undefined;
    file.largeBlocks += 1;
    return new Array<Address>(SMALL_PER_LARGE).fill(address);
  }

  /** Ends the file earlier. Takes back at most `slots` blocks; true when the length is reached. */
  shorten(file: Descriptor, length: number, slots: number): boolean {
    // What a raw device mapping has in place of addresses is the name of its device.
    if (file.zla === RESIDENT || file.type === RDM) {
      file.length = length;
      return true;
    }
    const slotBytes = this.core.mapping.slotBytes(file);
    const wanted = Math.ceil(length / slotBytes);
    let keep = Math.ceil(file.length / slotBytes);
    for (let dropped = 0; keep > wanted && dropped < slots; ) {
      const hole = this.map.holeFrom(file, keep - 1);
      if (hole !== undefined) keep = Math.max(wanted, hole);
      else if (this.map.drop(file, --keep)) dropped++;
    }
    this.map.dropTables(file, keep);
    file.length = keep === wanted ? length : keep * slotBytes;
    return keep === wanted;
  }
}
