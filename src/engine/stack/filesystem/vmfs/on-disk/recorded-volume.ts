import { InputError } from '../../../../core/errors.js';
import { BLOCK_BYTES } from '../../../../core/io.js';
import type { Sim } from '../../../../core/sim.js';
import { PLUGIN_NOSPACE, pluginStatus } from '../../../../core/status.js';
import type { Address } from '../../../../formats/vmfs/address.js';
import { growFileSystem } from '../../../../formats/vmfs/grow-blocks.js';
import type { BlockMedium } from '../../../../formats/vmfs/medium.js';
import type { DatastorePlan } from '../../../../plan/plan.js';
import type { AllocationPolicy, FileHandle } from '../../../files.js';
import type { NewName, Teller } from '../../datastore.js';
import { FILE_BLOCK, FILE_BLOCK_BYTES, type FileNumbers } from '../../file.js';
import { HOLE, VmfsFile } from '../file.js';
import { vmfsVersion } from '../layout.js';
import type { MetadataIo, Swap } from '../metadata-io.js';
import { VmfsVolume } from '../volume.js';
import type { GrowthEnded } from '../volume-growth.js';
import type { Commits } from './commits.js';
import {
  createCopy,
  createFile,
  filesOn,
  isLocked,
  lengthen,
  pathOnVolume,
  pointerBlockAt,
  provide,
  type RecordedFile,
  readMap,
  removeLeft,
  renameTogether,
  unlock,
} from './recorded-files.js';
import { RecordedHosts } from './recorded-hosts.js';
import { isBlank, VolumeBytes } from './volume-bytes.js';

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
  override readonly keepsBytes = true;
  readonly commits: Commits;
  private readonly users: RecordedHosts;
  /** By number of the file: its descriptor. */
  private readonly addresses = new Map<number, Address>();
  /** By number of the pointer block. */
  private readonly pointerPlaces: PointerPlace[] = [];
  private running = false;
  private ended = false;

  private constructor(
    sim: Sim,
    plan: DatastorePlan,
    numbers: FileNumbers,
    readonly bytes: VolumeBytes,
  ) {
    const space = bytes.makeSpace();
    // A volume that was there already is what it is.
    const version = bytes.core.generation.product;
    super(sim, { ...plan, version }, numbers, space.size * FILE_BLOCK, space);
    this.users = new RecordedHosts(sim, bytes, (block) => this.space.give(block, true));
    this.commits = this.users.commits;
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
    const bytes = new VolumeBytes(images, { name, vmfs: vmfsVersion(version), hosts, random });
    return new RecordedVolume(sim, plan, numbers, bytes);
  }

  /**
   * A copy of a volume, as its images hold it: with the files that are on it. Nobody has them open.
   * @throws InputError where they hold no volume that fills them
   */
  static openCopy(
    sim: Sim,
    plan: DatastorePlan,
    numbers: FileNumbers,
    images: readonly BlockMedium[],
  ): RecordedVolume {
    if (images.every(isBlank)) {
      const hint = 'the snapshot may have been lost: take another';
      throw InputError.of(images[0].name, 'holds nothing', hint);
    }
    const volume = RecordedVolume.open(sim, plan, numbers, images);
    for (const { path, length, policy, file } of filesOn(volume.bytes)) {
      const made = volume.adopt(`[${plan.name}] ${path}`, length, policy, file);
      // All that is in use counts as the file system's own so far.
      volume.provisioned -= made.held;
    }
    return volume;
  }

  /** The first host has the session the volume was opened with. */
  override addHost(): { slot: number; allocator: number } {
    const host = super.addHost();
    if (host.slot >= this.bytes.sessions.length) this.change(() => this.bytes.join());
    return host;
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

  override isMoving(descriptor: number): boolean {
    return this.commits.isWriting(descriptor, 1);
  }

  override lockBytes(descriptor: number, slot: number): Swap {
    const isOpen = this.files.some((file) => file?.descriptor === descriptor && file.holder);
    return this.users.lockBytes(descriptor, slot, isOpen);
  }

  override heartbeatBytes(slot: number): Swap {
    return this.users.heartbeatBytes(slot, this.heartbeatAddress(slot));
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

  override createFile(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    writtenBytes = 0,
    content?: Uint8Array,
  ): VmfsFile {
    const length = Math.ceil(sizeBytes / FILE_BLOCK_BYTES);
    const written = Math.min(length, Math.ceil(writtenBytes / FILE_BLOCK_BYTES));
    this.checkLength(path, sizeBytes);
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
    this.checkLength(path, sizeBytes);
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
    this.checkLength(file.path, sizeBytes);
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
        unlock(this.bytes, file.descriptor);
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
    if (this.ended) return true;
    if (!this.commits.idle || this.bytes.isGrowing) return false;
    this.ended = true;
    for (const descriptor of this.users.open) unlock(this.bytes, descriptor);
    for (const [host, session] of this.bytes.sessions.entries()) {
      if (this.bytes.gone.has(host)) continue;
      this.bytes.core.store.journal = undefined;
      session.end();
    }
    this.bytes.media.flush();
    return true;
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
