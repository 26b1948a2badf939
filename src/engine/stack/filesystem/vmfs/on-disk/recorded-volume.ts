import { InputError } from '../../../../core/errors.js';
import { BLOCK_BYTES } from '../../../../core/io.js';
import type { Sim } from '../../../../core/sim.js';
import { PLUGIN_NOSPACE, pluginStatus } from '../../../../core/status.js';
import type { Address } from '../../../../formats/vmfs/address.js';
import { growFileSystem } from '../../../../formats/vmfs/grow-blocks.js';
import { releasedLock } from '../../../../formats/vmfs/lock.js';
import type { BlockMedium } from '../../../../formats/vmfs/medium.js';
import type { DatastorePlan } from '../../../../plan/plan.js';
import type { AllocationPolicy, FileHandle } from '../../../files.js';
import type { NewName, Teller } from '../../datastore.js';
import { FILE_BLOCK, FILE_BLOCK_BYTES, type FileNumbers } from '../../file.js';
import { HOLE, VmfsFile } from '../file.js';
import { HEARTBEAT_TIMEOUT_NS } from '../heartbeat.js';
import type { MetadataIo, Swap } from '../metadata-io.js';
import { VmfsVolume } from '../volume.js';
import type { GrowthEnded } from '../volume-growth.js';
import { Commits, type HostsState } from './commits.js';
import { beat, giveLock, holderOf, lookAt, takeLock } from './host-blocks.js';
import {
  createCopy,
  createFile,
  isLocked,
  lengthen,
  pathOnVolume,
  pointerBlockAt,
  provide,
  type RecordedFile,
  readMap,
  removeLeft,
  renameTogether,
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
export class RecordedVolume extends VmfsVolume implements HostsState {
  readonly keepsBytes = true;
  readonly commits: Commits;
  /** By number of the file: its descriptor. */
  private readonly addresses = new Map<number, Address>();
  /** By number of the pointer block. */
  private readonly pointerPlaces: PointerPlace[] = [];
  /** Files that are open, by where their locks are; with the host. */
  private readonly locks = new Map<number, number>();
  /** When each host last sent a heartbeat, ns. */
  private readonly beatAt: number[] = [];
  private running = false;

  private constructor(
    sim: Sim,
    plan: DatastorePlan,
    numbers: FileNumbers,
    readonly bytes: VolumeBytes,
  ) {
    const space = bytes.makeSpace();
    // A volume that was there already is what it is.
    const version = bytes.core.generation.product === 6 ? 6 : 5;
    super(sim, { ...plan, version }, numbers, space.size * FILE_BLOCK, space);
    this.commits = new Commits(sim, bytes, this);
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

  override lockBytes(descriptor: number, slot: number): Swap {
    const isOpen = this.files.some((file) => file?.descriptor === descriptor && file.holder);
    const { bytes, commits } = this;
    if (isOpen) this.locks.set(descriptor, slot);
    else this.locks.delete(descriptor);
    const isOwn = holderOf(bytes, descriptor) === slot && !commits.wantsLock(descriptor);
    if (isOpen && !isOwn) return takeLock(bytes, descriptor, slot, this.sim.now);
    return isOpen ? lookAt(bytes, descriptor) : giveLock(bytes, descriptor, slot);
  }

  override heartbeatBytes(slot: number): Swap {
    const { bytes, commits } = this;
    // Others have taken it for dead while it had no access.
    if (commits.isDead(slot)) commits.reboot(slot);
    this.beatAt[slot] = this.sim.now;
    const isGone = bytes.gone.has(slot) || commits.isRecovered(slot);
    if (isGone) return lookAt(bytes, this.heartbeatAddress(slot));
    return beat(bytes, slot, this.sim.now);
  }

  breakableAt(slot: number): number {
    return (this.beatAt[slot] ?? 0) + HEARTBEAT_TIMEOUT_NS;
  }

  journalFreed(block: number): void {
    this.space.give(block, true);
  }

  recovered(slot: number): void {
    for (const [descriptor, host] of this.locks) if (host === slot) this.locks.delete(descriptor);
  }

  override crash(slot: number): void {
    this.commits.crash(slot);
  }

  override reboot(slot: number): void {
    this.commits.reboot(slot);
  }

  override recover(slot: number, by: number, done: () => void): boolean {
    this.commits.recover(slot, by, done);
    return true;
  }

  isOpen(lock: number): boolean {
    return this.locks.has(lock);
  }

  override createFile(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    writtenBytes = 0,
    content?: Uint8Array,
  ): VmfsFile {
    const length = Math.ceil(sizeBytes / FILE_BLOCK_BYTES);
    const written = Math.min(length, Math.ceil(writtenBytes / FILE_BLOCK_BYTES));
    this.checkSpace(path, policy === 'thin' ? written : policy === 'small' ? 0 : length);
    const place = pathOnVolume(path);
    const left: number[] = [];
    const make = (): RecordedFile => {
      // What is there before the run is part of it; a file that is made during it is empty.
      if (this.running) left.push(...removeLeft(this.bytes, place));
      return createFile(this.bytes, place, sizeBytes, policy, written, content);
    };
    const free = (): void => {
      for (const block of left) this.space.give(block, true);
    };
    return this.adopt(path, sizeBytes, policy, this.change(make, free));
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
    const kind = isThin ? 'thin' : 'lazyThick';
    const allocate = (): number => this.space.allocate(this.ownAllocator);
    const place = pathOnVolume(path);
    const made = this.change(() => createCopy(this.bytes, place, sizeBytes, kind, held, allocate));
    return this.adopt(path, sizeBytes, kind, made);
  }

  override extend(handle: FileHandle, first: number, end: number): boolean {
    const file = this.fileOf(handle);
    const path = pathOnVolume(file.path);
    for (let from = first; from < end; ) {
      let to = from;
      while (to < end && file.map[to] === HOLE) to++;
      if (to - from > this.free) return false;
      if (to > from) {
        this.change(() => provide(this.bytes, path, from, to, false));
        this.readEntries(file, from, to);
      }
      from = Math.max(to, from + 1);
    }
    return true;
  }

  /** Takes over what the volume's map says of some slots, all of them holes so far. */
  private readEntries(file: VmfsFile, from: number, to: number): void {
    readMap(this.bytes, this.addressOf(file), from, to, (slot, entry) => {
      file.map[slot] = entry;
      if (entry !== HOLE) file.held++;
      if (entry < HOLE) file.unzeroed++;
    });
  }

  /** Its map grows by way of the stack, as files are made; the lengths of both agree at once. */
  override lengthen(handle: FileHandle, sizeBytes: number, done: () => void): void {
    const file = this.fileOf(handle);
    const before = file.mapLength;
    const slots = Math.ceil(sizeBytes / FILE_BLOCK_BYTES);
    const isThick = file.policy !== 'thin';
    if (isThick) this.checkSpace(file.path, slots - before);
    const path = pathOnVolume(file.path);
    this.change(() => {
      lengthen(this.bytes, path, sizeBytes);
      if (isThick) provide(this.bytes, path, before, slots, false);
    }, done);
    file.lengthen(this.maps.take(slots), Math.ceil(sizeBytes / BLOCK_BYTES));
    this.readEntries(file, before, slots);
    this.provisioned += slots - before;
    const pointers = this.layout.pointersFor(slots);
    if (pointers === file.pointers) return;
    file.firstPointer = this.pointers;
    file.pointers = pointers;
    this.addPointers(this.addressOf(file), pointers);
  }

  private addPointers(file: Address, count: number): void {
    const { spanShift } = this.layout.figures;
    for (let index = 0; index < count; index++) {
      this.pointerPlaces[this.pointers++] = { file, slot: index << spanShift };
    }
  }

  override takeMore(
    _blocks: number,
    slot: number,
    _metadata: MetadataIo,
    ended: GrowthEnded,
  ): void {
    const { commits, bytes } = this;
    const committed = (_token: number, status: number, sense: number): void => {
      if (status === 0) this.enlarge(bytes.fileBlocks.layout.total, 0);
      ended(status, sense);
    };
    try {
      const grow = (): void => {
        growFileSystem(bytes.core);
        bytes.grown();
      };
      commits.now(grow, { committed }, slot);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      ended(pluginStatus(PLUGIN_NOSPACE), 0);
    }
  }

  override rename(handle: FileHandle, path: string): void {
    this.renameNamed([{ file: handle, path }], undefined, () => undefined);
  }

  override keepsName(handle: FileHandle): boolean {
    return isLocked(this.bytes, this.addressOf(this.fileOf(handle)));
  }

  override renameNamed(
    moves: readonly NewName[],
    teller: Teller | undefined,
    done: () => void,
  ): void {
    const paths = moves.map(({ file, path }) => [file.path, path].map(pathOnVolume));
    const told = teller && { file: this.fileOf(teller.file), content: teller.content };
    this.change(() => renameTogether(this.bytes, paths, told), done);
    for (const { file, path } of moves) super.rename(file, path);
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

  /** Also while the file itself is on its way to the media: what is in it there is not safe before. */
  override isChanging(handle: FileHandle): boolean {
    const { descriptor } = this.fileOf(handle);
    const blocks = this.bytes.core.generation.descriptorBytes / BLOCK_BYTES;
    return super.isChanging(handle) || this.commits.isWriting(descriptor, blocks);
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
    if (!this.commits.idle || this.bytes.isGrowing) return false;
    for (const descriptor of this.locks.keys()) this.unlock(descriptor);
    for (const [host, session] of this.bytes.sessions.entries()) {
      if (this.bytes.gone.has(host)) continue;
      this.bytes.core.store.journal = undefined;
      session.end();
    }
    this.bytes.media.flush();
    return true;
  }

  /** As the library sees it: a file that is still on its way has its lock with it. */
  private unlock(descriptor: number): void {
    const { core } = this.bytes;
    const at = descriptor * BLOCK_BYTES;
    core.transaction(() => core.store.write(at, releasedLock(core.store.read(at, BLOCK_BYTES))));
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
    const pointers = this.layout.pointersFor(slots);
    const { spanShift } = this.layout.figures;
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
      spanShift,
    );
    this.addPointers(address, pointers);
    this.addresses.set(file.index, address);
    this.readEntries(file, 0, slots);
    this.provisioned += slots;
    this.keep(file);
    return file;
  }
}
