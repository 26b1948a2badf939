import { DATA_BLOCKS } from '../../core/data-arena.js';
import { expand } from '../../core/expand.js';
import { BLOCK_BYTES } from '../../core/io.js';
import { StampContent } from '../../devices/content.js';
import { DATA, HOLE, type Run, type Sectors } from '../../formats/vmdk/extent.js';
import type { DiskArea } from '../../stack/vmfiles/change-tracker.js';

export type BackupMode = 'full' | 'incremental';

/** What one backup of a disk has read: the disk at a snapshot, or what changed up to there. */
export class BackupPoint {
  /** Bytes read, 0 until it is done. */
  readBytes = 0;
  /** Stamps, by 4 KiB of the disk; only in runs that keep track of content. */
  readonly content = new StampContent();

  constructor(
    readonly name: string,
    readonly mode: BackupMode,
    /** When its snapshot was made, ns. */
    readonly takenAt: number,
    /** To ask by for what changes from here on. */
    readonly changeId: string,
    /** Aligned to granules. */
    readonly areas: readonly DiskArea[],
    readonly sizeBlocks: number,
    /** Unit of change tracking, 512-byte blocks. */
    readonly granuleBlocks: number,
  ) {}

  get areaBytes(): number {
    return this.areas.reduce((sum, { length }) => sum + length, 0);
  }
}

/** The disk at one backup, put together from a full one and the incremental ones on it. */
export class RestorePoint implements Sectors {
  readonly sectors: number;
  readonly granuleBlocks: number;
  /** For each granule which backup has it last, from 1; 0 for none: zeros. */
  private readonly held: Uint16Array;

  /** @param points a full backup and those that follow it, oldest first */
  constructor(readonly points: readonly BackupPoint[]) {
    const [first] = points;
    this.sectors = first.sizeBlocks;
    this.granuleBlocks = first.granuleBlocks;
    this.held = new Uint16Array(Math.ceil(first.sizeBlocks / first.granuleBlocks));
    const granuleBytes = first.granuleBlocks * BLOCK_BYTES;
    for (const [index, { areas }] of points.entries()) {
      for (const { start, length } of areas) {
        this.held.fill(index + 1, start / granuleBytes, Math.ceil((start + length) / granuleBytes));
      }
    }
  }

  /** Whether any backup has what is at this address, in 512-byte blocks. */
  holds(lba: number): boolean {
    return this.held[Math.floor(lba / this.granuleBlocks)] > 0;
  }

  /** The stamp at this address; 0 for zeros. */
  stampAt(lba: number): number {
    const index = this.held[Math.floor(lba / this.granuleBlocks)];
    return index === 0 ? 0 : this.points[index - 1].content.get(Math.floor(lba / DATA_BLOCKS));
  }

  /** Granules of one kind, side by side. */
  probe(sector: number, limit: number, run: Run): void {
    const { granuleBlocks, held } = this;
    const first = Math.floor(sector / granuleBlocks);
    const isHeld = held[first] > 0;
    const end = sector + limit;
    let granule = first + 1;
    while (granule * granuleBlocks < end && held[granule] > 0 === isHeld) granule++;
    run.kind = isHeld ? DATA : HOLE;
    run.sectors = Math.min(granule * granuleBlocks, end) - sector;
  }

  /** The bytes the stamps stand for. */
  read(sector: number, count: number, into: Uint8Array, at: number): void {
    for (let done = 0; done < count; ) {
      const inside = (sector + done) % DATA_BLOCKS;
      const part = Math.min(DATA_BLOCKS - inside, count - done);
      const stamp = this.stampAt(sector + done);
      const to = at + done * BLOCK_BYTES;
      const from = inside * BLOCK_BYTES;
      const length = part * BLOCK_BYTES;
      if (stamp === 0) into.fill(0, to, to + length);
      else into.set(expand(stamp).subarray(from, from + length), to);
      done += part;
    }
  }
}
