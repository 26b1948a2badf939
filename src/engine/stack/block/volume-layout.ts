import { PARTITION_START } from './disk-driver.js';
import type { LvmExtent } from './lvm-volume.js';
import { DATA_START, EXTENTS_MAX, PHYSICAL_EXTENT_BLOCKS } from './lvm-volume.js';

/** Largest volume: 64 TB (stack-upper reference, section 4). */
const VOLUME_BLOCKS_MAX = 137_438_953_472;

/** Physical extents of a volume that lie one after the other on a device. */
export interface VolumePart extends LvmExtent {
  readonly uid: string;
}

/**
 * What a volume is made of, as LVM has written it on its devices: the truth that hosts learn when they
 * look. Parts are in the order of the volume's addresses; a device that has grown has more than one.
 */
export class VolumeLayout {
  /** In the order in which they were added; the first is the head extent. */
  readonly devices: string[] = [];
  readonly parts: VolumePart[] = [];
  private readonly listeners: ((part: VolumePart) => void)[] = [];

  /** @param sizes of each device by its uid, in blocks */
  constructor(sizes: readonly (readonly [uid: string, blocks: number])[]) {
    for (const [uid, blocks] of sizes) this.add(uid, blocks);
  }

  /** Of the volume, in blocks. */
  get blocks(): number {
    return this.parts.reduce((sum, { blocks }) => sum + blocks, 0);
  }

  /** Number of the extent, from 0, that a block of the volume is on. */
  extentAt(block: number): number {
    let end = 0;
    const part = this.parts.find(({ blocks }) => {
      end += blocks;
      return block < end;
    });
    return part === undefined ? 0 : this.devices.indexOf(part.uid);
  }

  /** Takes all of a device as its last extent, or what one it has holds more than before. */
  add(uid: string, deviceBlocks: number): void {
    const blocks = this.moreOn(uid, deviceBlocks);
    const startBlock = DATA_START - PARTITION_START + this.blocksOn(uid);
    if (!this.devices.includes(uid)) this.devices.push(uid);
    const part = { uid, startBlock, blocks };
    this.parts.push(part);
    for (const listener of this.listeners) listener(part);
  }

  /** The same parts on other devices, in the same order, or on the same ones. */
  copy(uids: readonly string[] = this.devices): VolumeLayout {
    const copy = new VolumeLayout([]);
    copy.devices.push(...uids);
    for (const part of this.parts) {
      copy.parts.push({ ...part, uid: uids[this.devices.indexOf(part.uid)] as string });
    }
    return copy;
  }

  /** Calls `listener` for each part that is added. */
  onAdded(listener: (part: VolumePart) => void): void {
    this.listeners.push(listener);
  }

  /** Blocks the volume would gain by taking all of a device of this size; whole physical extents. */
  moreOn(uid: string, deviceBlocks: number): number {
    const extents = Math.floor((deviceBlocks - DATA_START) / PHYSICAL_EXTENT_BLOCKS);
    return Math.max(0, extents * PHYSICAL_EXTENT_BLOCKS - this.blocksOn(uid));
  }

  /** Why the volume must not become so much larger; nothing when it may. */
  refusal(blocks: number, devices: number): string | undefined {
    if (this.devices.length + devices > EXTENTS_MAX) {
      return `has ${this.devices.length} extents, the most are ${EXTENTS_MAX}`;
    }
    if (this.blocks + blocks > VOLUME_BLOCKS_MAX) return 'would be larger than 64 TB, the most';
    return undefined;
  }

  /** Blocks of the volume on a device; whole physical extents. */
  blocksOn(uid: string): number {
    return this.parts
      .filter((part) => part.uid === uid)
      .reduce((sum, { blocks }) => sum + blocks, 0);
  }
}
