import { assert } from '../core/assert.js';
import { DATA_BLOCKS, type DataArena, NO_DATA } from '../core/data-arena.js';
import { ATS, BLOCK_BYTES, type Io, READ, UNMAP, WRITE, ZERO } from '../core/io.js';
import { isPayload, type Payloads } from '../core/payloads.js';
import type { Stream } from '../core/random.js';
import type { Requests } from '../core/requests.js';
import type { Sim } from '../core/sim.js';
import { sameBytes } from '../formats/vmfs/bytes.js';
import type { BlockMedium } from '../formats/vmfs/medium.js';
import { type Content, StampContent } from './content.js';

/** Stamps of blocks whose content nobody ever wrote there; real ones are 0 or more. */
export const OVERWRITTEN = -1;
export const ROTTEN = -2;
export const TORN = -3;

/** A misdirected write lands at most this many 4 KiB blocks from where it should (model). */
const MISDIRECTION = 64;

/** Blocks copied at once inside an array: 1 MiB. */
const COPY_BLOCKS = 2048;

/** Ways in which a device spoils data without saying so. */
export type DataFault = 'bitRot' | 'torn' | 'misdirected' | 'lost';

/**
 * What a LUN (or a file of an NFS server) holds: the stamp of each 4 KiB, in the addresses of its
 * hosts. Carried out command by command in the order in which the device performs them, so caches
 * and stripes below need not know of it. Only runs that verify data or keep bytes have media.
 *
 * What it is kept in is its content: stamps, memory or a file. A write that carries no data, where
 * verified data may be, leaves OVERWRITTEN.
 */
export class Media {
  /** Reads of blocks a fault had spoilt and no write had mended. */
  spoiltReads = 0;
  /** Faults that have struck. */
  strikes = 0;

  private readonly arena: DataArena;
  private readonly requests: Requests;
  private readonly payloads: Payloads;
  private readonly stream: Stream;
  private readonly rates: Record<DataFault, number> = {
    bitRot: 0,
    torn: 0,
    misdirected: 0,
    lost: 0,
  };
  private faulty = false;
  /** Numbers of the blocks that hold something else than they should. */
  private readonly spoilt = new Set<number>();

  constructor(
    sim: Sim,
    name: string,
    arena: DataArena,
    private readonly content: Content = new StampContent(),
  ) {
    this.arena = arena;
    this.payloads = sim.payloads;
    this.requests = sim.requests;
    this.stream = sim.random.stream(`media ${name}`);
  }

  /** Where its bytes are, for one that keeps bytes. */
  get image(): BlockMedium | undefined {
    return this.content.image;
  }

  /** @param rate share of the reads (bit rot) or writes of verified data that are spoilt, 0..1 */
  setFault(fault: DataFault, rate: number): void {
    this.rates[fault] = rate;
    this.faulty = Object.values(this.rates).some((share) => share > 0);
  }

  /** Performs a command that the device has accepted, now. */
  execute(io: Io, lba = this.requests.lba[io]): void {
    const { op, blocks, data } = this.requests;
    if (isPayload(data[io])) {
      this.move(op[io], lba, blocks[io], data[io]);
      return;
    }
    switch (op[io]) {
      case READ:
        if (data[io] > NO_DATA) this.read(lba, blocks[io], data[io]);
        return;
      case WRITE:
        if (data[io] > NO_DATA) this.write(lba, blocks[io], data[io]);
        else this.fill(lba, blocks[io], data[io] === NO_DATA ? OVERWRITTEN : 0);
        return;
      case ZERO:
      case UNMAP:
        this.fill(lba, blocks[io], 0);
        return;
    }
  }

  /** Its LUN has grown: what is behind the old end holds nothing. */
  grow(blocks: number): void {
    this.content.image?.grow?.(blocks);
  }

  /**
   * What COMPARE AND WRITE looks at first: are the bytes here those it carries before the ones it is to
   * write? Undefined where no bytes are kept.
   */
  matches(io: Io): boolean | undefined {
    const { lba, blocks, data } = this.requests;
    const { image } = this.content;
    if (image === undefined) return undefined;
    const found = new Uint8Array(blocks[io] * BLOCK_BYTES);
    image.read(lba[io], blocks[io], found);
    return sameBytes(found, this.payloads.bytesOf(data[io], blocks[io]));
  }

  /** Bytes of a file system's own; a LUN of stamps has none to give and keeps none. */
  private move(op: number, lba: number, blocks: number, data: number): void {
    const { image } = this.content;
    const bytes = this.payloads.bytesOf(op === ATS ? data - blocks : data, blocks);
    if (op === READ) image?.read(lba, blocks, bytes);
    else if (image !== undefined) {
      image.write(lba, blocks, bytes);
      this.mend(lba, blocks);
    }
  }

  /** Copies a range to an address of `media`, without the data leaving the array. */
  copy(from: number, to: number, blocks: number, media: Media = this): void {
    const { image } = media;
    const hasBytes = this.image !== undefined && image !== undefined;
    if (hasBytes) this.copyBytes(from, to, blocks, image);
    const source = Math.floor(from / DATA_BLOCKS);
    const target = Math.floor(to / DATA_BLOCKS);
    const count = Math.ceil(blocks / DATA_BLOCKS);
    for (let index = 0; index < count; index++) {
      if (!hasBytes) {
        const stamp = this.get(source + index);
        if (stamp !== media.get(target + index)) media.set(target + index, stamp);
      }
      if (media.spoilt.size > 0) media.spoilt.delete(target + index);
      if (this.spoilt.has(source + index)) media.spoilt.add(target + index);
    }
  }

  /** The stamp of the 4 KiB at an address. */
  stampAt(lba: number): number {
    return this.get(Math.floor(lba / DATA_BLOCKS));
  }

  private read(lba: number, blocks: number, data: number): void {
    const { first, count } = whole(lba, blocks);
    const { stamps } = this.arena;
    if (this.faulty && this.strikesNow('bitRot')) {
      this.spoil(first + this.stream.below(count), ROTTEN);
    }
    for (let index = 0; index < count; index++) stamps[data + index] = this.get(first + index);
    if (this.spoilt.size === 0) return;
    for (let block = first; block < first + count; block++) {
      if (this.spoilt.has(block)) this.spoiltReads++;
    }
  }

  private write(lba: number, blocks: number, data: number): void {
    const { first, count } = whole(lba, blocks);
    const { stamps } = this.arena;
    if (this.faulty && this.strikesNow('misdirected')) {
      const distance = 1 + this.stream.below(MISDIRECTION);
      const landing = first >= distance && this.stream.below(2) === 0 ? -distance : distance;
      for (let index = 0; index < count; index++) this.spoilt.add(first + index);
      for (let index = 0; index < count; index++) {
        this.spoil(first + landing + index, stamps[data + index]);
      }
      return;
    }
    if (this.faulty && this.strikesNow('lost')) {
      for (let index = 0; index < count; index++) this.spoilt.add(first + index);
      return;
    }
    let good = count;
    if (this.faulty && this.strikesNow('torn')) {
      good = this.stream.below(count);
      this.spoil(first + good, TORN);
      for (let index = good + 1; index < count; index++) this.spoilt.add(first + index);
    }
    for (let index = 0; index < good; index++) {
      this.set(first + index, stamps[data + index]);
      if (this.spoilt.size > 0) this.spoilt.delete(first + index);
    }
  }

  private copyBytes(from: number, to: number, blocks: number, target: BlockMedium): void {
    for (let done = 0; done < blocks; done += COPY_BLOCKS) {
      const count = Math.min(COPY_BLOCKS, blocks - done);
      const bytes = new Uint8Array(count * BLOCK_BYTES);
      this.image?.read(from + done, count, bytes);
      target.write(to + done, count, bytes);
    }
  }

  /** The same stamp everywhere; a medium of stamps ignores parts that hold nothing. */
  private fill(lba: number, blocks: number, stamp: number): void {
    this.content.fill(lba, blocks, stamp);
    this.mend(lba, blocks);
  }

  /** What was spoilt there has been written over. */
  private mend(lba: number, blocks: number): void {
    if (this.spoilt.size === 0) return;
    const end = Math.ceil((lba + blocks) / DATA_BLOCKS);
    for (let block = Math.floor(lba / DATA_BLOCKS); block < end; block++) this.spoilt.delete(block);
  }

  private spoil(block: number, stamp: number): void {
    this.set(block, stamp);
    this.spoilt.add(block);
  }

  private strikesNow(fault: DataFault): boolean {
    const rate = this.rates[fault];
    if (rate === 0 || this.stream.unit() >= rate) return false;
    this.strikes++;
    return true;
  }

  private get(block: number): number {
    return this.content.get(block);
  }

  private set(block: number, stamp: number): void {
    this.content.set(block, stamp);
  }
}

/** Rows that carry data are made of whole 4 KiB blocks, and stay so wherever they are cut. */
function whole(lba: number, blocks: number): { first: number; count: number } {
  if (lba % DATA_BLOCKS !== 0 || blocks % DATA_BLOCKS !== 0) {
    assert(false, `verified data at ${lba}, ${blocks} blocks long`);
  }
  return { first: lba / DATA_BLOCKS, count: blocks / DATA_BLOCKS };
}
