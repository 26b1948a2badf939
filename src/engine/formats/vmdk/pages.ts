import { FormatError } from '../../core/errors.js';
import { getU32 } from '../vmfs/bytes.js';
import { isZeroes } from './extent.js';
import type { FileMedium } from './medium.js';

const PAGE = 8192;
const SLOTS = 8;
/** Pages of all files together: a disk may have thousands of files. */
const PAGES = 512;

/** A page in memory, and who has it now. */
interface Frame {
  readonly bytes: Uint8Array;
  owner: Pages | undefined;
  slot: number;
}

const frames: Frame[] = [];
let nextFrame = 0;

/**
 * Numbers of tables in a file, by byte offset. Keeps a few pages, so that no table has to fit into
 * memory, however large a header says it is.
 */
export class Pages {
  private readonly pages: (Uint8Array | undefined)[] = [];
  private readonly numbers = new Array<number>(SLOTS).fill(-1);
  private readonly lengths = new Array<number>(SLOTS).fill(0);

  constructor(readonly medium: FileMedium) {}

  /** @throws FormatError beyond the end of the file */
  u32(at: number): number {
    const number = Math.floor(at / PAGE);
    const slot = number % SLOTS;
    if (this.numbers[slot] !== number) this.load(number, slot);
    const inside = at - number * PAGE;
    if (inside + 4 > this.lengths[slot]) {
      throw new FormatError(`${this.medium.name}: a table lies beyond the end of the file`);
    }
    return getU32(this.pages[slot] as Uint8Array, inside);
  }

  /** Writes a part of a table, and keeps nothing of what was there. */
  write(at: number, bytes: Uint8Array): void {
    this.medium.write(at, bytes);
    const last = Math.floor((at + bytes.length - 1) / PAGE);
    for (let slot = 0; slot < SLOTS; slot++) {
      const number = this.numbers[slot];
      if (number >= Math.floor(at / PAGE) && number <= last) this.numbers[slot] = -1;
    }
  }

  /** True when a stretch of whole numbers is zeros: a table that names nothing, seen at a glance. */
  isZero(at: number, length: number): boolean {
    const inside = at % PAGE;
    for (let done = 0; done < length; ) {
      const part = Math.min(PAGE - ((inside + done) % PAGE), length - done);
      this.u32(at + done + part - 4);
      const start = (at + done) % PAGE;
      const slot = Math.floor((at + done) / PAGE) % SLOTS;
      if (!isZeroes(this.pages[slot] as Uint8Array, start, start + part)) return false;
      done += part;
    }
    return true;
  }

  private load(number: number, slot: number): void {
    const length = Math.max(0, Math.min(PAGE, this.medium.bytes - number * PAGE));
    const page = this.pages[slot] ?? this.takeFrame(slot);
    this.pages[slot] = page;
    this.numbers[slot] = -1;
    if (length > 0) this.medium.read(number * PAGE, page.subarray(0, length));
    this.numbers[slot] = number;
    this.lengths[slot] = length;
  }

  /** The page that was taken longest ago, whoever has it. */
  private takeFrame(slot: number): Uint8Array {
    const index = nextFrame % PAGES;
    nextFrame = index + 1;
    const frame = frames[index] ?? { bytes: new Uint8Array(PAGE), owner: undefined, slot };
    frames[index] = frame;
    frame.owner?.drop(frame.slot);
    frame.owner = this;
    frame.slot = slot;
    return frame.bytes;
  }

  private drop(slot: number): void {
    this.pages[slot] = undefined;
    this.numbers[slot] = -1;
  }
}
