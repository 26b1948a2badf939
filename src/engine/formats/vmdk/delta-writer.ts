import { assert } from '../../core/assert.js';
import { FormatError } from '../../core/errors.js';
import { readAny } from './copy.js';
import { CowdDelta } from './cowd-delta.js';
import { Disk, Link, openDisk } from './disk.js';
import { Run, type Sectors } from './extent.js';
import type { GrainExtent } from './grain-extent.js';
import { type Codec, type DiskFolder, type FileMedium, SECTOR } from './medium.js';
import { SeDelta } from './se-delta.js';

/** An extent of grains that takes more of them. Sectors are those of the file. */
export interface Delta extends GrainExtent {
  /** First sector of new grains, one after the other. */
  take(grains: number): number;
  /** Grains of the disk from `first` on are those that lie from sector `at` on. */
  name(first: number, count: number, at: number): void;
  /** Grains read as zeros from now on, whatever parents have; only where the format can say that. */
  unmap?(first: number, count: number): void;
  /** Nothing more is written. */
  close(): void;
}

/** Bytes written together: new grains are filled up in memory. */
const STEP = 2048;

/**
 * Writes anywhere into the newest disk of a chain, as a running machine does: grains it does not have
 * are added, and filled up with what the chain holds. Parents stay as they are. The content id changes
 * with the first write (reference `vmdk-formats.md`, section 5).
 */
export class DeltaWriter implements Sectors {
  private readonly disk: Disk;
  private readonly delta: Delta;
  private readonly run = new Run();
  private written = false;

  /**
   * @param folder whose files can be written
   * @param random 32 random bits
   * @throws FormatError for a disk that is not a snapshot of one extent
   */
  constructor(
    private readonly folder: DiskFolder,
    private readonly name: string,
    codec: Codec,
    private readonly random: () => number,
  ) {
    const { links } = openDisk(folder, name, codec);
    const [leaf] = links;
    const lines = leaf.descriptor.extents(name);
    const [{ type, file = '' }] = lines;
    if (lines.length > 1 || (type !== 'VMFSSPARSE' && type !== 'SESPARSE')) {
      throw new FormatError(
        `${name}: only a snapshot's delta (vmfsSparse, seSparse) is written in place`,
      );
    }
    const medium = folder.open(file);
    this.delta = type === 'SESPARSE' ? new SeDelta(medium) : new CowdDelta(medium);
    const own = new Link(leaf.name, leaf.descriptor, [this.delta], lines);
    this.disk = new Disk([own, ...links.slice(1)]);
  }

  get sectors(): number {
    return this.disk.sectors;
  }

  probe(sector: number, limit: number, run: Run): void {
    this.disk.probe(sector, limit, run);
  }

  read(sector: number, count: number, into: Uint8Array, at: number): void {
    this.disk.read(sector, count, into, at);
  }

  /** Writes whole sectors. */
  write(sector: number, bytes: Uint8Array): void {
    assert(bytes.length % SECTOR === 0, 'whole sectors are written');
    assert(sector + bytes.length / SECTOR <= this.sectors, 'a write beyond the end of the disk');
    this.noteChange();
    for (let done = 0; done < bytes.length / SECTOR; ) {
      const left = bytes.length / SECTOR - done;
      const grain = Math.floor((sector + done) / this.delta.grain);
      const at = this.delta.locate(grain);
      const part = bytes.subarray(done * SECTOR);
      done +=
        at >= 0 ? this.replace(sector + done, left, at, part) : this.add(sector + done, left, part);
    }
  }

  /** Whole grains inside the range read as zeros from now on; the rest of it stays (stack-upper 22). */
  unmap(sector: number, count: number): void {
    const { delta } = this;
    const first = Math.ceil(sector / delta.grain);
    const end = Math.floor((sector + count) / delta.grain);
    if (delta.unmap === undefined || end <= first) return;
    this.noteChange();
    delta.unmap(first, end - first);
  }

  close(): void {
    this.delta.close();
  }

  /** Overwrites a grain there is; returns the sectors that took. */
  private replace(sector: number, left: number, at: number, bytes: Uint8Array): number {
    const inside = sector % this.delta.grain;
    const count = Math.min(left, this.delta.grain - inside);
    // A damaged table must not have other parts of the file written over, nor make it terabytes.
    if ((at + inside + count) * SECTOR > this.delta.medium.bytes) {
      throw new FormatError(
        `${this.name}: a table names a grain beyond the end of the file; vmtop disk check says which`,
      );
    }
    this.delta.medium.write((at + inside) * SECTOR, bytes.subarray(0, count * SECTOR));
    return count;
  }

  /** Adds as many grains in a row as are not there; returns the sectors of the write they took. */
  private add(sector: number, left: number, bytes: Uint8Array): number {
    const { grain } = this.delta;
    const first = Math.floor(sector / grain);
    const inside = sector % grain;
    const most = Math.ceil((inside + Math.min(left, STEP)) / grain);
    let grains = 1;
    while (grains < most && this.delta.locate(first + grains) < 0) grains++;
    const count = Math.min(left, grains * grain - inside);
    const whole = new Uint8Array(grains * grain * SECTOR);
    const there = Math.min(grains * grain, this.sectors - first * grain);
    if (inside > 0 || inside + count < there) {
      readAny(this.disk, first * grain, there, whole, this.run);
    }
    whole.set(bytes.subarray(0, count * SECTOR), inside * SECTOR);
    const at = this.delta.take(grains);
    this.delta.medium.write(at * SECTOR, whole);
    this.delta.name(first, grains, at);
    return count;
  }

  /** Only the digits of the id are written, the short one first: each is whole or as it was. */
  private noteChange(): void {
    if (this.written) return;
    this.written = true;
    const { descriptor } = this.disk.links[0];
    const medium = this.folder.open(this.name);
    const id = (this.random() % 0xfffffffe).toString(16).padStart(8, '0');
    const long = descriptor.get('ddb.longContentID');
    for (const [key, value] of [
      ['CID', id],
      ['ddb.longContentID', long === undefined ? undefined : long.slice(0, -8) + id],
    ] as const) {
      if (value === undefined) continue;
      const before = descriptor.bytes();
      descriptor.set(key, value);
      replaceChanged(medium, before, descriptor.bytes());
    }
  }
}

/** Writes what differs between two texts; of different lengths, all of the second. */
function replaceChanged(medium: FileMedium, before: Uint8Array, after: Uint8Array): void {
  let from = 0;
  let to = after.length;
  if (before.length === after.length) {
    while (from < to && before[from] === after[from]) from++;
    while (to > from && before[to - 1] === after[to - 1]) to--;
  } else medium.resize(after.length);
  if (to > from) medium.write(from, after.subarray(from, to));
}
