import { FormatError, InputError } from '../../core/errors.js';
import {
  type Address,
  clusterOf,
  DESCRIPTOR,
  encodeDescriptorAddress,
  FILE_BLOCK,
  itemOf,
  kindOf,
  LARGE_BLOCK,
  POINTER_BLOCK,
  SECONDARY_POINTER_BLOCK,
  SUB_BLOCK,
  showAddress,
} from './address.js';
import { Allocator } from './allocator.js';
import { getU32 } from './bytes.js';
import { Descriptor } from './descriptor.js';
import type { Generation } from './generation.js';
import { HEARTBEATS_AT, SUPERBLOCK_AT } from './generation.js';
import { decodeHeartbeat, HEARTBEAT_CLEAR } from './heartbeat.js';
import { decodeLock, LOCK_DESCRIPTOR, type Lock } from './lock.js';
import type { VolumeBytes } from './logical-volume.js';
import { Mapping } from './mapping.js';
import { openResources, type VolumeResources } from './open-resources.js';
import type { Resource } from './resource.js';
import { SECTOR_BYTES, Store } from './store.js';
import { decodeSuperblock, SUPERBLOCK_BYTES, type Superblock } from './superblock.js';

/** An opened file system: its metadata, its resources, its descriptors. */
export class Core {
  readonly store: Store;
  readonly superblock: Superblock;
  readonly generation: Generation;
  readonly resources: VolumeResources;
  readonly mapping: Mapping;
  readonly allocator: Allocator;

  /**
   * @param seconds Unix time that changes are stamped with
   * @throws FormatError where the volume has no file system or one that cannot be read
   */
  constructor(
    private bytes: VolumeBytes,
    readonly seconds: number,
  ) {
    const volume = bytes;
    this.store = new Store(volume);
    this.superblock = decodeSuperblock(this.store.read(SUPERBLOCK_AT, SUPERBLOCK_BYTES));
    this.generation = this.superblock.generation;
    if (this.superblock.lvmUuid !== volume.record.uuid) {
      throw new FormatError(
        `the file system belongs to volume ${this.superblock.lvmUuid}, but lies on volume ` +
          `${volume.record.uuid}: a copy that was never resignatured, or images mixed up`,
      );
    }
    if ((this.generation.product === 6) !== (volume.major === 6)) {
      throw new FormatError(
        `a ${this.generation.name} file system on a volume of LVM version ${volume.major}`,
      );
    }
    this.resources = { list: [] };
    this.mapping = new Mapping(this.store, this.resources, this.superblock.blockBytes);
    this.allocator = new Allocator(this.name);
    openResources(this);
  }

  get volume(): VolumeBytes {
    return this.bytes;
  }

  /** The volume has become larger; what it held is where it was. */
  enlarge(volume: VolumeBytes): void {
    this.bytes = volume;
    this.store.enlarge(volume);
  }

  get name(): string {
    return this.volume.devices[0].medium.name;
  }

  get blockBytes(): number {
    return this.superblock.blockBytes;
  }

  /** Reads everything anew: after a journal was replayed. */
  reopen(): void {
    this.resources.list.length = 0;
    openResources(this);
  }

  /** @throws FormatError where there is no such descriptor, or it is none */
  readDescriptor(address: Address): Descriptor {
    const { files } = this.resources;
    if (kindOf(address) !== DESCRIPTOR || files === undefined) {
      throw new FormatError(`${showAddress(address)} where a file descriptor is expected`);
    }
    const at = files.at(clusterOf(address), itemOf(address));
    const bytes = this.store.read(at, this.generation.descriptorBytes, at);
    const file = new Descriptor(this.generation, bytes, at);
    if (getU32(bytes, 0) !== LOCK_DESCRIPTOR || file.address !== address) {
      throw new FormatError(`${showAddress(address)} does not hold a file descriptor`);
    }
    return file;
  }

  writeDescriptor(file: Descriptor): void {
    this.store.write(file.at, file.bytes, file.at);
  }

  /** A descriptor for a new file in a directory; the caller fills and writes it. */
  takeDescriptor(directory: Descriptor): Descriptor {
    const files = this.require(this.resources.files);
    const address = this.allocator.take(files, encodeDescriptorAddress(directory.address));
    const at = files.at(clusterOf(address), itemOf(address));
    this.store.passingLocks?.add(at);
    const old = new Descriptor(
      this.generation,
      this.store.read(at, this.generation.descriptorBytes, at),
      at,
    );
    const wasOne = getU32(old.bytes, 0) === LOCK_DESCRIPTOR;
    const file = Descriptor.fresh(this.generation, at, address);
    file.incarnation = wasOne ? (old.incarnation + 1) >>> 0 : 1;
    file.links = 1;
    file.born(this.seconds);
    return file;
  }

  /** Takes a file out of existence; its blocks have been given back already. */
  giveDescriptor(file: Descriptor): void {
    file.links = 0;
    file.length = 0;
    file.blocks = 0;
    file.clearPointers();
    this.store.passingLocks?.add(file.at);
    this.writeDescriptor(file);
    this.allocator.give(this.require(this.resources.files), file.address, 0);
  }

  /** @throws InputError while another host holds the file */
  requireUnlocked(file: Descriptor, path: string): void {
    const lock = decodeLock(file.bytes);
    if (lock.mode === 0 || this.isStale(lock)) return;
    throw InputError.of(
      path,
      `the file is locked by host ${lock.owner} (mode ${lock.mode})`,
      'close it on that host first',
    );
  }

  /** True for a lock whose holder is gone: its heartbeat slot is clear or was taken since. */
  isStale(lock: Lock): boolean {
    const { generation, store } = this;
    const slot = (lock.heartbeatAddress - HEARTBEATS_AT) / generation.unitBytes;
    if (!Number.isInteger(slot) || slot < 0 || slot >= generation.heartbeats) return false;
    const heartbeat = decodeHeartbeat(store.read(lock.heartbeatAddress, SECTOR_BYTES));
    return heartbeat.state === HEARTBEAT_CLEAR || heartbeat.generation !== lock.heartbeatGeneration;
  }

  require(resource: Resource | undefined): Resource {
    if (resource !== undefined) return resource;
    throw new FormatError('the volume lacks a resource file that is needed for this');
  }

  /** The resource blocks of a kind come from. */
  resourceOf(kind: number): Resource {
    const { blocks, subBlocks, pointerBlocks, secondary, files, largeBlocks } = this.resources;
    switch (kind) {
      case FILE_BLOCK:
        return this.require(blocks);
      case SUB_BLOCK:
        return this.require(subBlocks);
      case POINTER_BLOCK:
        return this.require(this.generation.product === 6 ? subBlocks : pointerBlocks);
      case SECONDARY_POINTER_BLOCK:
        return this.require(secondary);
      case LARGE_BLOCK:
        return this.require(largeBlocks);
      default:
        return this.require(files);
    }
  }

  /**
   * Runs a change of the volume: all of it reaches the medium, or nothing.
   * @throws what `change` throws, with the volume as it was
   */
  transaction<T>(change: () => T): T {
    try {
      const result = change();
      this.allocator.settle();
      this.store.commit();
      return result;
    } catch (error) {
      this.allocator.forget();
      this.store.rollback();
      throw error;
    }
  }
}
