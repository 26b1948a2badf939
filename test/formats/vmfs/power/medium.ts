/** Media for losing power: one that notes what is written, and what may be left of it afterwards. */
import type { BlockMedium } from '../../../../src/engine/formats/vmfs/medium.js';

const SECTOR = 512;

/** One write, or a flush where there are no sectors. */
export interface Step {
  readonly lba: number;
  /** Content of its sectors, one after the other. */
  readonly sectors: readonly Uint8Array[];
}

/** Which sectors somebody read. */
export class ReadSet {
  private readonly words: Uint32Array;

  constructor(blocks: number) {
    this.words = new Uint32Array(Math.ceil(blocks / 32));
  }

  add(lba: number, blocks: number): void {
    for (let at = lba; at < lba + blocks; ) {
      const whole = (at & 31) === 0 && at + 32 <= lba + blocks;
      if (whole) this.words[at >>> 5] = 0xffffffff;
      else this.words[at >>> 5] |= 1 << (at & 31);
      at += whole ? 32 : 1;
    }
  }

  addAll({ words }: ReadSet): void {
    for (let at = 0; at < words.length; at++) this.words[at] |= words[at];
  }

  has(lba: number): boolean {
    return (this.words[lba >>> 5] & (1 << (lba & 31))) !== 0;
  }
}

/** A medium whose changes lie over another one, which stays as it is. */
export class Overlay implements BlockMedium {
  readonly writable = true;
  /** Where somebody wants to know what is read. */
  reads: ReadSet | undefined;
  /** Where somebody wants to know what is written. */
  steps: Step[] | undefined;

  constructor(
    readonly base: BlockMedium,
    readonly changed: Map<number, Uint8Array> = new Map(),
  ) {}

  get name(): string {
    return this.base.name;
  }

  get blocks(): number {
    return this.base.blocks;
  }

  /** Another one with the same content. */
  fork(): Overlay {
    return new Overlay(this.base, new Map(this.changed));
  }

  read(lba: number, blocks: number, into: Uint8Array): void {
    this.reads?.add(lba, blocks);
    this.base.read(lba, blocks, into);
    if (this.changed.size < blocks) {
      for (const [at, bytes] of this.changed) {
        if (at >= lba && at < lba + blocks) into.set(bytes, (at - lba) * SECTOR);
      }
      return;
    }
    for (let index = 0; index < blocks; index++) {
      const bytes = this.changed.get(lba + index);
      if (bytes !== undefined) into.set(bytes, index * SECTOR);
    }
  }

  write(lba: number, blocks: number, from: Uint8Array): void {
    const sectors: Uint8Array[] = [];
    for (let index = 0; index < blocks; index++) {
      const bytes = from.slice(index * SECTOR, (index + 1) * SECTOR);
      sectors.push(bytes);
      this.changed.set(lba + index, bytes);
    }
    this.steps?.push({ lba, sectors });
  }

  flush(): void {
    this.steps?.push({ lba: 0, sectors: [] });
  }

  /** Writes what a step wrote. */
  apply({ lba, sectors }: Step): void {
    sectors.forEach((bytes, index) => {
      this.changed.set(lba + index, bytes);
    });
  }

  /** True where no sector that was read differs between the two. */
  agrees(other: Overlay, reads: ReadSet): boolean {
    return this.covers(other, reads, true) && other.covers(this, reads, false);
  }

  /** Compares the sectors changed here; those changed in both only where `both` says so. */
  private covers(other: Overlay, reads: ReadSet, both: boolean): boolean {
    for (const [lba, bytes] of this.changed) {
      if (!reads.has(lba)) continue;
      const theirs = other.changed.get(lba);
      if (theirs !== undefined && (!both || theirs === bytes)) continue;
      if (Buffer.compare(bytes, theirs ?? this.original(lba)) !== 0) return false;
    }
    return true;
  }

  private original(lba: number): Uint8Array {
    const bytes = new Uint8Array(SECTOR);
    this.base.read(lba, 1, bytes);
    return bytes;
  }
}
