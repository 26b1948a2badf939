import { FormatError, InputError } from '../../../../core/errors.js';
import { BLOCK_BYTES } from '../../../../core/io.js';
import type { Stream } from '../../../../core/random.js';
import {
  type Address,
  FILE_BLOCK,
  HOLE,
  makeAddress,
  unitOf,
  withoutZeroMask,
  zeroMaskOf,
} from '../../../../formats/vmfs/address.js';
import { type AffinityKey, countKey } from '../../../../formats/vmfs/affinity.js';
import { isZero, sameBytes } from '../../../../formats/vmfs/bytes.js';
import { FREE, IN_USE, SPLIT } from '../../../../formats/vmfs/cluster.js';
import type { Core } from '../../../../formats/vmfs/core.js';
import { extentsOn } from '../../../../formats/vmfs/extent-places.js';
import { formatVolume } from '../../../../formats/vmfs/format.js';
import { VMFS3, VMFS5, VMFS6 } from '../../../../formats/vmfs/generation.js';
import { giveBlock } from '../../../../formats/vmfs/hosts/recovery.js';
import { LogicalVolume } from '../../../../formats/vmfs/logical-volume.js';
import { EXTENT_BYTES, LVM_DATA_AT, LVM_HEADER_AT } from '../../../../formats/vmfs/lvm-records.js';
import type { BlockMedium } from '../../../../formats/vmfs/medium.js';
import type { Resource } from '../../../../formats/vmfs/resource.js';
import { Session } from '../../../../formats/vmfs/session.js';
import { makeUuid, type Uuid } from '../../../../formats/vmfs/uuid.js';
import { Volume } from '../../../../formats/vmfs/volume.js';
import type { VmfsVersion } from '../layout.js';
import type { Purpose } from '../purpose.js';
import { Space } from '../space.js';
import { GrowingBytes } from './growing-bytes.js';
import { Purposes } from './purposes.js';
import { StagedMedia, type StagedWrite } from './staged-media.js';

const BY_VERSION = { 3: VMFS3, 5: VMFS5, 6: VMFS6 } as const;

/**
 * The clocks of simulated hosts show this at the start of a run, Unix seconds: 2026-01-01 (model; the
 * real date would make runs differ).
 */
export const EPOCH_SECONDS = 1_767_225_600;

export interface VolumeBytesOptions {
  readonly name: string;
  readonly vmfs: VmfsVersion;
  /** Hosts that mount the volume, in the order of their numbers. */
  readonly hosts: readonly string[];
  /** For the UUIDs of a new volume. */
  readonly random: Stream;
}

/**
 * A VMFS volume as it lies on media that keep bytes, in the hands of the volume library, with a
 * session of every host that mounts it. Blank media are formatted.
 */
export class VolumeBytes {
  readonly media: StagedMedia;
  readonly volume: Volume;
  /** By number of the host. */
  readonly sessions: Session[];
  /** Hosts whose slot was cleared, and which have not taken another since. */
  readonly gone = new Set<number>();
  private readonly uuid: () => Uuid;
  private medium: LogicalVolume;
  private readonly growth: GrowingBytes;
  private purposes: Purposes | undefined;

  /**
   * @param images one for each extent, in their order
   * @throws InputError where they hold something else than a volume that fits them
   */
  constructor(images: readonly BlockMedium[], options: VolumeBytesOptions) {
    this.media = new StagedMedia(images);
    const { random, hosts } = options;
    this.uuid = () => makeUuid(EPOCH_SECONDS, [random.next(), random.next(), random.next()]);
    const { uuid } = this;
    const { views } = this.media;
    const host = uuid();
    if (views.every(isBlank)) {
      formatVolume(views, {
        generation: BY_VERSION[options.vmfs],
        label: options.name,
        seconds: EPOCH_SECONDS,
        random: () => random.next(),
        host,
      });
    }
    this.volume = openVolume(views, host);
    const [, ...others] = hosts;
    const first = this.volume.session as Session;
    this.medium = LogicalVolume.open(images);
    this.growth = new GrowingBytes(this.media, this.core, uuid);
    this.sessions = [first, ...others.map(() => Session.join(this.core, uuid()))];
  }

  /** What a metadata write at an address of the volume, in blocks, is for. */
  purposeAt(lba: number): Purpose {
    this.purposes ??= new Purposes(this.core);
    return this.purposes.at(lba);
  }

  /** The file system has taken what its volume has more: it has further resource clusters. */
  grown(): void {
    this.purposes = undefined;
  }

  get core(): Core {
    return this.volume.core;
  }

  get fileBlocks(): Resource {
    return this.core.require(this.core.resources.blocks);
  }

  /** The free space of the volume, which from now on knows of every block the library takes. */
  makeSpace(): Space {
    const { fileBlocks } = this;
    const { perCluster, total } = fileBlocks.layout;
    const space = new Space(total, 0, perCluster);
    for (let cluster = 0; cluster < fileBlocks.clusters; cluster++) {
      const isFree = this.freeIn(cluster);
      for (let item = 0; item < fileBlocks.sizeOf(cluster); item++) {
        if (!isFree(item)) space.take(cluster * perCluster + item);
      }
    }
    this.core.allocator.gate = (resource, address) =>
      resource !== this.fileBlocks || space.take(unitOf(address));
    return space;
  }

  private freeIn(cluster: number): (item: number) => boolean {
    const { fileBlocks } = this;
    const { large } = fileBlocks;
    if (large !== undefined && !fileBlocks.isOpen(cluster)) {
      const { perCluster } = large.layout;
      const state = large.readCluster(Math.floor(cluster / perCluster)).state(cluster % perCluster);
      return () => state === FREE;
    }
    const header = fileBlocks.readCluster(cluster);
    return (item) => header.isFree(item);
  }

  /** A block as it is on the medium now, whatever is on its way. */
  onMedium(lba: number): Uint8Array {
    const bytes = new Uint8Array(BLOCK_BYTES);
    this.medium.read(lba * BLOCK_BYTES, bytes);
    return bytes;
  }

  /** LVM's writes for a last device that has grown, in phases; the library reads them as done. */
  stageGrowth(): StagedWrite[][] {
    return this.growth.stageGrowth();
  }

  /** The same for one more device. */
  stageExtension(image: BlockMedium): StagedWrite[][] {
    return this.growth.stageExtension(image);
  }

  /** What was staged last is on the devices; or it is not, and never will be. */
  enlarged(isDone: boolean): void {
    this.growth.ended(isDone);
    if (isDone) this.medium = LogicalVolume.open(this.media.devices);
  }

  /** True while LVM's writes are on their way. */
  get isGrowing(): boolean {
    return this.growth.isGrowing;
  }

  /** Where a host's journal begins, on the volume in blocks. */
  journalAt(host: number): number {
    return (unitOf(this.sessions[host].address) * this.core.blockBytes) / BLOCK_BYTES;
  }

  /** Blocks of the volume that a staged write covers. */
  blocksOf(write: StagedWrite): number[] {
    const first = this.volumeLba(write);
    const count = write.bytes.length / BLOCK_BYTES;
    return Array.from({ length: count }, (_, index) => first + index);
  }

  /** Is a staged write to some of these blocks of the volume? */
  meets(write: StagedWrite, lba: number, blocks: number): boolean {
    const first = this.volumeLba(write);
    return lba + blocks > first && lba < first + write.bytes.length / BLOCK_BYTES;
  }

  /** Is a staged write on its device as it was to be? */
  isThere({ device, lba, bytes }: StagedWrite): boolean {
    const found = new Uint8Array(bytes.length);
    this.media.readMedium(device, lba, found);
    return sameBytes(found, bytes);
  }

  /** One more host uses the volume: in transactions of its own. */
  join(): void {
    this.core.store.journal = undefined;
    this.sessions.push(Session.join(this.core, this.uuid()));
  }

  /** A host whose slot was cleared takes another, and a journal: in transactions of its own. */
  rejoin(host: number): void {
    this.core.store.journal = undefined;
    this.sessions[host] = Session.join(this.core, this.sessions[host].heartbeat.owner);
    this.gone.delete(host);
  }

  /** Part of a transaction: the block of a host's journal is free again. @returns it */
  freeJournal(host: number): number {
    const { address } = this.sessions[host];
    giveBlock(this.core, address);
    return unitOf(address);
  }

  /** Address on the volume, in blocks of 512 bytes, of a staged write. */
  volumeLba({ device, lba }: StagedWrite): number {
    const { record } = this.core.volume.devices[device];
    return (record.firstExtent * EXTENT_BYTES - LVM_DATA_AT) / BLOCK_BYTES + lba;
  }

  /**
   * Part of a transaction: slot `slot` of a file is in file block `block`, which holds what it should.
   * What the slot had before is given back.
   * @param isNew the block is not in use on disk yet
   */
  bind(file: Address, slot: number, block: number, isNew: boolean): void {
    const { core } = this;
    const { map } = this.volume.tree.contents;
    const descriptor = core.readDescriptor(file);
    const old = core.mapping.block(descriptor, slot);
    if (isNew) this.claim(block, descriptor.affinity);
    map.set(descriptor, slot, makeAddress(FILE_BLOCK, block));
    if (old === HOLE) descriptor.blocks += 1;
    else if (unitOf(old) !== block) {
      core.allocator.give(this.fileBlocks, withoutZeroMask(old), descriptor.affinity);
    }
    if (zeroMaskOf(old) !== 0) descriptor.toBeZeroed = Math.max(0, descriptor.toBeZeroed - 1);
    core.writeDescriptor(descriptor);
  }

  /** Part of a transaction: slots of a file that are in `count` blocks from `block` on become holes. */
  unbind(file: Address, slot: number, block: number, count: number): void {
    const { core } = this;
    const { map } = this.volume.tree.contents;
    const descriptor = core.readDescriptor(file);
    for (let index = 0; index < count; index++) {
      const address = core.mapping.block(descriptor, slot + index);
      // A slot written again meanwhile has another block; that write has given this one back.
      if (address !== HOLE && unitOf(address) === block + index) map.drop(descriptor, slot + index);
    }
    core.writeDescriptor(descriptor);
  }

  /** Volume address, in blocks, of the header of the cluster a file block is in. */
  clusterAt(block: number): number {
    const { fileBlocks } = this;
    return fileBlocks.headerAt(Math.floor(block / fileBlocks.layout.perCluster)) / BLOCK_BYTES;
  }

  /** Marks a file block as used that was chosen beforehand. */
  private claim(block: number, key: AffinityKey): void {
    const { fileBlocks } = this;
    const { perCluster } = fileBlocks.layout;
    const cluster = Math.floor(block / perCluster);
    if (!fileBlocks.isOpen(cluster)) this.splitLarge(cluster);
    const header = fileBlocks.readCluster(cluster);
    header.setState(block % perCluster, IN_USE);
    countKey(header, fileBlocks.layout, key, 1);
    header.count(header.free - 1);
    fileBlocks.writeCluster(cluster, header);
  }

  /** A large block of VMFS 6 serves as small ones from now on. */
  private splitLarge(cluster: number): void {
    const large = this.core.require(this.fileBlocks.large);
    const { perCluster } = large.layout;
    const header = large.readCluster(Math.floor(cluster / perCluster));
    header.setState(cluster % perCluster, SPLIT);
    header.count(header.free - 1);
    large.writeCluster(Math.floor(cluster / perCluster), header);
    this.fileBlocks.resetCluster(cluster);
  }
}

/** What the volume's addresses in the engine rest on (block/lvm-volume.ts). */
function requireFit({ devices }: LogicalVolume, views: readonly BlockMedium[]): void {
  const fits = devices.every(
    ({ medium, record, table: { runs } }, at) =>
      medium === views[at] &&
      record.extents === extentsOn(medium) &&
      runs.length === 1 &&
      runs[0].physicalAt === LVM_DATA_AT,
  );
  if (fits && devices.length === views.length) return;
  throw InputError.of(
    views[0].name,
    'the volume does not fill these images from their first bytes, they come in another order, or one has more than 16 TB',
    'give all images of a volume without partitions, in the order of its extents, none above 16 TB',
  );
}

/** What is no volume is a mistake of whoever named the image. */
function openVolume(views: readonly BlockMedium[], host: Uuid): Volume {
  try {
    requireFit(LogicalVolume.open(views), views);
    return Volume.open(views, { seconds: EPOCH_SECONDS, host });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const hint = 'name another image in the scenario, or say "ifExists: replace"';
    throw InputError.of(views[0].name, error.message, hint);
  }
}

/** Nothing where a partition table or LVM would be. */
export function isBlank(medium: BlockMedium): boolean {
  const bytes = new Uint8Array(BLOCK_BYTES);
  return [0, 1, LVM_HEADER_AT / BLOCK_BYTES].every((lba) => {
    medium.read(lba, 1, bytes);
    return isZero(bytes);
  });
}
