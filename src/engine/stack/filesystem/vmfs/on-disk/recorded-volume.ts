import { InputError } from '../../../../core/errors.js';
import { BLOCK_BYTES } from '../../../../core/io.js';
import type { Sim } from '../../../../core/sim.js';
import type { Address } from '../../../../formats/vmfs/address.js';
import type { BlockMedium } from '../../../../formats/vmfs/medium.js';
import type { DatastorePlan } from '../../../../simulation/plan.js';
import type { AllocationPolicy, FileHandle } from '../../../files.js';
import { FILE_BLOCK, FILE_BLOCK_BYTES, type FileNumbers } from '../../file.js';
import { HOLE, VmfsFile } from '../file.js';
import { DIRECT_BLOCKS, POINTER_SPAN_SHIFT } from '../layout.js';
import { VmfsVolume } from '../volume.js';
import { Commits } from './commits.js';
import { heartbeatBytes, lockBytes, NOBODY } from './host-blocks.js';
import {
  bindAll,
  createFile,
  pathOnVolume,
  pointerBlockAt,
  type RecordedFile,
  readMap,
} from './recorded-files.js';
import { VolumeBytes } from './volume-bytes.js';

/** A pointer block by its number: of which file, and the first file block it maps. */
interface PointerPlace {
  readonly file: Address;
  readonly slot: number;
}

/**
 * A VMFS volume whose bytes are kept: what lies on its media is a volume any reader of VMFS
 * understands, at every instant of the run. The engine's block maps say the same as the volume's, once
 * what is on its way has arrived (commits.ts).
 */
export class RecordedVolume extends VmfsVolume {
  readonly commits: Commits;
  /** By number of the file: its descriptor. */
  private readonly addresses = new Map<number, Address>();
  /** By number of the pointer block. */
  private readonly pointerPlaces: PointerPlace[] = [];
  /** Files that are open, by where their locks are; with the host. */
  private readonly locks = new Map<number, number>();
  private running = false;

  private constructor(
    sim: Sim,
    plan: DatastorePlan,
    numbers: FileNumbers,
    readonly bytes: VolumeBytes,
  ) {
    const space = bytes.makeSpace();
    super(sim, plan, numbers, space.size * FILE_BLOCK, space);
    this.commits = new Commits(sim, bytes);
    // What is set up before the run is on the media when it begins.
    sim.timers.delay(0, () => {
      this.running = true;
    });
  }

  /**
   * @param images one for each extent, in their order
   * @throws InputError where they hold something else
   */
  static open(
    sim: Sim,
    plan: DatastorePlan,
    numbers: FileNumbers,
    images: readonly BlockMedium[],
  ): RecordedVolume {
    const { name, hosts, version } = plan;
    const random = sim.random.stream(`uuids of ${name}`);
    const bytes = new VolumeBytes(images, { name, vmfs: version === 6 ? 6 : 5, hosts, random });
    return new RecordedVolume(sim, plan, numbers, bytes);
  }

  override lockAddress(descriptor: number): number {
    return descriptor;
  }

  override pointerAddress(pointer: number): number {
    const { file, slot } = this.pointerPlaces[pointer];
    return pointerBlockAt(this.bytes, file, slot);
  }

  override heartbeatAddress(slot: number): number {
    return this.bytes.sessions[slot].heartbeat.address / BLOCK_BYTES;
  }

  override lockBytes(descriptor: number, slot: number): Uint8Array {
    const isOpen = this.files.some((file) => file?.descriptor === descriptor && file.holder);
    if (isOpen) this.locks.set(descriptor, slot);
    else this.locks.delete(descriptor);
    return lockBytes(this.bytes, descriptor, isOpen ? slot : NOBODY);
  }

  override heartbeatBytes(slot: number): Uint8Array {
    return heartbeatBytes(this.bytes, slot, this.sim.now);
  }

  override createFile(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    writtenBytes = 0,
  ): VmfsFile {
    const length = Math.ceil(sizeBytes / FILE_BLOCK_BYTES);
    const written = Math.min(length, Math.ceil(writtenBytes / FILE_BLOCK_BYTES));
    this.checkSpace(path, policy === 'thin' ? written : policy === 'small' ? 0 : length);
    const make = (): RecordedFile =>
      createFile(this.bytes, pathOnVolume(path), sizeBytes, policy, written);
    return this.adopt(path, sizeBytes, policy, this.change(make));
  }

  override createCopy(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    holds: (fileBlock: number) => boolean,
  ): VmfsFile {
    const slots = Array.from(
      { length: Math.ceil(sizeBytes / FILE_BLOCK_BYTES) },
      (_, slot) => slot,
    );
    const held = slots.filter(holds);
    const isThin = policy === 'thin';
    this.checkSpace(path, isThin ? held.length : slots.length);
    const make = (): RecordedFile => {
      const kind = isThin ? 'thin' : 'lazyThick';
      const file = createFile(this.bytes, pathOnVolume(path), sizeBytes, kind, 0);
      const blocks: number[] = [];
      readMap(this.bytes, file, (slot, entry) => {
        blocks[slot] = entry;
      });
      const pairs = held.map((slot) => {
        const block = isThin ? this.space.allocate(this.ownAllocator) : -2 - blocks[slot];
        return { slot, block };
      });
      bindAll(this.bytes, file.address, pairs, isThin);
      return file;
    };
    return this.adopt(path, sizeBytes, isThin ? 'thin' : 'lazyThick', this.change(make));
  }

  /** Its map would have to grow by way of the stack. @throws InputError always */
  override lengthen(handle: FileHandle): void {
    const hint = 'clone it to a larger disk';
    throw InputError.of(handle.path, 'cannot grow where the bytes of volumes are kept', hint);
  }

  override rename(handle: FileHandle, path: string): void {
    this.change(() => this.bytes.volume.rename(pathOnVolume(handle.path), pathOnVolume(path)));
    super.rename(handle, path);
  }

  /** Its blocks are free once no crash can bring it back. */
  override removeFile(handle: FileHandle): void {
    const file = this.fileOf(handle);
    this.forget(file);
    this.addresses.delete(file.index);
    this.change(
      () => {
        this.unlock(file.descriptor);
        this.bytes.volume.remove(pathOnVolume(file.path));
      },
      () => this.freeBlocksOf(file),
    );
  }

  /** Descriptor of a file, as the library names it. */
  addressOf(file: VmfsFile): Address {
    return this.addresses.get(file.index) as Address;
  }

  /**
   * Ends every host's use of the volume, the clock standing still: what unmounting writes. False when
   * something is still on its way, and the volume is left as a loss of power would leave it.
   */
  unmount(): boolean {
    if (!this.commits.idle) return false;
    for (const descriptor of this.locks.keys()) this.unlock(descriptor);
    for (const session of this.bytes.sessions) {
      this.bytes.core.store.journal = undefined;
      session.end();
    }
    this.bytes.media.flush();
    return true;
  }

  private unlock(descriptor: number): void {
    const { core } = this.bytes;
    core.transaction(() => {
      core.store.write(descriptor * BLOCK_BYTES, lockBytes(this.bytes, descriptor, NOBODY));
    });
  }

  /** Runs a change with the library: at once before the run, by way of the stack during it. */
  private change<T>(make: () => T, done: () => void = () => undefined): T {
    if (!this.running) {
      this.bytes.core.store.journal = this.bytes.sessions[0].journal;
      const result = make();
      done();
      return result;
    }
    let result: T | undefined;
    this.commits.now(
      () => {
        result = make();
      },
      {
        committed: (_token, status) => {
          if (status === 0) done();
        },
      },
    );
    return result as T;
  }

  private adopt(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    made: RecordedFile,
  ): VmfsFile {
    const { slots, address } = made;
    const pointers = slots > DIRECT_BLOCKS ? Math.ceil(slots / (1 << POINTER_SPAN_SHIFT)) : 0;
    const file = new VmfsFile(
      this.numbers.next(),
      path,
      Math.ceil(sizeBytes / BLOCK_BYTES),
      policy,
      this.maps.take(slots),
      made.descriptorAt,
      pointers > 0 ? this.pointers : 0,
      pointers,
      made.residentAt,
      made.usesSubBlock,
    );
    for (let index = 0; index < pointers; index++) {
      this.pointerPlaces[this.pointers++] = { file: address, slot: index << POINTER_SPAN_SHIFT };
    }
    readMap(this.bytes, made, (slot, entry) => {
      file.map[slot] = entry;
      if (entry !== HOLE) file.held++;
      if (entry < HOLE) file.unzeroed++;
    });
    this.provisioned += slots;
    this.addresses.set(file.index, address);
    this.keep(file);
    return file;
  }
}
