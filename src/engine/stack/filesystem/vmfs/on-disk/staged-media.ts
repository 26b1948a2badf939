import { BLOCK_BYTES } from '../../../../core/io.js';
import { isZero } from '../../../../formats/vmfs/bytes.js';
import { clearRange } from '../../../../formats/vmfs/clear.js';
import type { BlockMedium } from '../../../../formats/vmfs/medium.js';

/** Longest staged write in blocks of 512 bytes: 1 MiB; what is longer becomes several. */
const WRITE_BLOCKS = 2048;

/** A write on its way to a device of a volume. */
export interface StagedWrite {
  /** Position of the device in the volume. */
  readonly device: number;
  /** First block on the device. */
  readonly lba: number;
  readonly bytes: Uint8Array;
  /** Later writes have higher numbers. */
  readonly version: number;
}

interface Sector {
  readonly bytes: Uint8Array;
  readonly version: number;
}

/**
 * The devices of a volume as the volume library sees them while a simulation runs. What the library
 * writes inside `stage` is only written down, in phases that its flushes separate; the stack carries it
 * out afterwards, with the time that takes. Meanwhile the library reads what is on its way as if it
 * were there. Outside `stage` writes go to the devices at once, and are safe with `flush`: a simulated
 * host that flushes asks nothing of the real disk.
 */
export class StagedMedia {
  /** One for each device. */
  readonly views: BlockMedium[] = [];
  /** By device: sectors on their way, of each the older writes first. */
  private readonly overlays: Map<number, Sector[]>[] = [];
  private readonly media: BlockMedium[] = [];
  private phases: StagedWrite[][] | undefined;
  private version = 0;

  constructor(media: readonly BlockMedium[]) {
    for (const medium of media) this.add(medium);
  }

  /** One more device, behind the others. @returns it as the library sees it */
  add(medium: BlockMedium): BlockMedium {
    const device = this.media.push(medium) - 1;
    this.overlays.push(new Map());
    const view: BlockMedium = {
      name: medium.name,
      writable: medium.writable,
      get blocks() {
        return medium.blocks;
      },
      read: (lba, blocks, into) => this.read(device, lba, blocks, into),
      write: (lba, blocks, from) => this.write(device, lba, blocks, from),
      flush: () => this.phases?.push([]),
    };
    this.views.push(view);
    return view;
  }

  /** The last device is not one after all. */
  removeLast(): void {
    this.views.pop();
    this.media.pop();
    this.overlays.pop();
  }

  /** The devices themselves, whatever is on its way. */
  get devices(): readonly BlockMedium[] {
    return this.media;
  }

  /**
   * Runs what writes to the views, and returns its writes in phases: all of one are to be on the
   * devices before the next begins. What `change` throws passes through, and nothing is staged.
   */
  stage(change: () => void): StagedWrite[][] {
    const phases: StagedWrite[][] = [[]];
    this.phases = phases;
    try {
      change();
    } catch (error) {
      this.drop(phases);
      throw error;
    } finally {
      this.phases = undefined;
    }
    return phases.filter((phase) => phase.length > 0);
  }

  /** What is on a device now, whatever is on its way. */
  readMedium(device: number, lba: number, into: Uint8Array): void {
    this.media[device].read(lba, into.length / BLOCK_BYTES, into);
  }

  /** Returns once all that was written to the devices is safe. */
  flush(): void {
    for (const medium of this.media) medium.flush();
  }

  /** A staged write is on its device. */
  written({ device, lba, bytes, version }: StagedWrite): void {
    const overlay = this.overlays[device];
    for (let index = 0; index < bytes.length / BLOCK_BYTES; index++) {
      const writes = overlay.get(lba + index);
      const at = writes?.findIndex((write) => write.version === version) ?? -1;
      if (at >= 0) writes?.splice(at, 1);
      if (writes?.length === 0) overlay.delete(lba + index);
    }
  }

  /** Staged writes that will never be carried out; those before them still count. */
  drop(phases: readonly (readonly StagedWrite[])[]): void {
    for (const write of phases.flat()) this.written(write);
  }

  private read(device: number, lba: number, blocks: number, into: Uint8Array): void {
    this.media[device].read(lba, blocks, into);
    const overlay = this.overlays[device];
    if (overlay.size === 0) return;
    for (let index = 0; index < blocks; index++) {
      const sector = overlay.get(lba + index)?.at(-1);
      if (sector !== undefined) into.set(sector.bytes, index * BLOCK_BYTES);
    }
  }

  private write(device: number, lba: number, blocks: number, from: Uint8Array): void {
    const { phases } = this;
    if (phases === undefined) {
      // Files of images stay sparse.
      if (!isZero(from.subarray(0, blocks * BLOCK_BYTES)))
        this.media[device].write(lba, blocks, from);
      else clearRange(this.media[device], lba * BLOCK_BYTES, blocks * BLOCK_BYTES);
      return;
    }
    for (let done = 0; done < blocks; done += WRITE_BLOCKS) {
      const end = Math.min(blocks, done + WRITE_BLOCKS);
      const bytes = from.slice(done * BLOCK_BYTES, end * BLOCK_BYTES);
      const version = ++this.version;
      phases[phases.length - 1].push({ device, lba: lba + done, bytes, version });
      for (let index = 0; index < end - done; index++) {
        const sector = bytes.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
        const writes = this.overlays[device].get(lba + done + index);
        if (writes === undefined) {
          this.overlays[device].set(lba + done + index, [{ bytes: sector, version }]);
        } else writes.push({ bytes: sector, version });
      }
    }
  }
}
