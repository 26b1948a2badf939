import { beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/engine/core/assert.js';
import { type DataArena, NO_DATA, ZERO_DATA } from '../../src/engine/core/data-arena.js';
import { READ, UNMAP, WRITE, ZERO } from '../../src/engine/core/io.js';
import { Sim } from '../../src/engine/core/sim.js';
import { Media, OVERWRITTEN, ROTTEN, TORN } from '../../src/engine/devices/media.js';

let sim: Sim;
let arena: DataArena;
let media: Media;

/** Blocks of 4 KiB as the device has them: address and length in 4 KiB. */
function perform(op: number, at: number, count: number, data: number): void {
  const { requests } = sim;
  const io = requests.take();
  requests.op[io] = op;
  requests.lba[io] = at * 8;
  requests.blocks[io] = count * 8;
  requests.data[io] = data;
  media.execute(io);
  requests.give(io);
}

function write(at: number, ...stamps: readonly number[]): void {
  const data = arena.reserve(stamps.length);
  for (const [index, stamp] of stamps.entries()) arena.stamps[data + index] = stamp;
  perform(WRITE, at, stamps.length, data);
}

function read(at: number, count: number): number[] {
  const data = arena.reserve(count);
  perform(READ, at, count, data);
  return [...arena.stamps.subarray(data, data + count)];
}

beforeEach(() => {
  sim = new Sim(1, 64, true);
  arena = sim.arena as DataArena;
  media = new Media(sim, 'lun', arena);
});

describe('Media', () => {
  it('holds zeros, then what was written last', () => {
    expect(read(100, 3)).toEqual([0, 0, 0]);
    write(100, 11, 12, 13);
    write(101, 22);
    expect(read(99, 5)).toEqual([0, 11, 22, 13, 0]);
    expect(media.stampAt(101 * 8 + 5)).toBe(22);
  });

  it('joins what lies in different parts', () => {
    write(255, 1, 2);
    write(1 << 30, 3);
    expect(read(254, 4)).toEqual([0, 1, 2, 0]);
    expect(read((1 << 30) - 1, 3)).toEqual([0, 3, 0]);
  });

  it('zeroes with WRITE SAME, UNMAP and writes of zeros', () => {
    for (const [op, data] of [
      [ZERO, NO_DATA],
      [UNMAP, NO_DATA],
      [WRITE, ZERO_DATA],
    ] as const) {
      write(250, 1, 2, 3, 4, 5, 6, 7, 8, 9);
      perform(op, 252, 5, data);
      expect(read(250, 9)).toEqual([1, 2, 0, 0, 0, 0, 0, 8, 9]);
    }
  });

  it('copies within itself', () => {
    write(10, 1, 2, 3);
    write(20, 7, 8, 9, 10);
    media.copy(10 * 8, 20 * 8, 4 * 8);
    expect(read(20, 4)).toEqual([1, 2, 3, 0]);
  });

  it('marks verified data that a write without data went over', () => {
    write(10, 1, 2, 3);
    perform(WRITE, 11, 1, NO_DATA);
    // Nobody has verified data in this part of the device: nothing to mark.
    perform(WRITE, 9999, 1, NO_DATA);
    expect(read(10, 3)).toEqual([1, OVERWRITTEN, 3]);
    expect(read(9999, 1)).toEqual([0]);
  });

  it('refuses verified data that is not cut at 4 KiB', () => {
    const { requests } = sim;
    const io = requests.take();
    requests.op[io] = WRITE;
    requests.lba[io] = 4;
    requests.blocks[io] = 8;
    requests.data[io] = arena.reserve(1);
    expect(() => media.execute(io)).toThrow(AssertionError);
  });
});

describe('data faults', () => {
  it('bit rot spoils one block of each read, until it is written again', () => {
    write(10, 1, 2, 3, 4);
    media.setFault('bitRot', 1);
    const found = read(10, 4);
    expect(found.filter((stamp) => stamp === ROTTEN)).toHaveLength(1);
    media.setFault('bitRot', 0);
    expect(read(10, 4)).toEqual(found);
    expect([media.strikes, media.spoiltReads]).toEqual([1, 2]);
    write(10, 5, 6, 7, 8);
    expect(read(10, 4)).toEqual([5, 6, 7, 8]);
    expect(media.spoiltReads).toBe(2);
  });

  it('a torn write keeps its beginning and loses its end', () => {
    media.setFault('torn', 1);
    let whole = 0;
    for (let round = 0; round < 40; round++) {
      const at = round * 16;
      write(at, 1, 2, 3, 4);
      const found = read(at, 4);
      const torn = found.indexOf(TORN);
      if (torn === 0) whole++;
      expect(found).toEqual([1, 2, 3, 4].map((old, i) => (i < torn ? old : i === torn ? TORN : 0)));
    }
    expect(media.strikes).toBe(40);
    // The place is drawn: one in four on average, and 40 are enough to see more than one.
    expect(whole).toBeGreaterThan(1);
    expect(whole).toBeLessThan(39);
  });

  it('a lost write leaves its place as it was', () => {
    write(20, 1, 2);
    media.setFault('lost', 1);
    write(20, 3, 4);
    media.setFault('lost', 0);
    expect(read(20, 2)).toEqual([1, 2]);
    expect([media.strikes, media.spoiltReads]).toEqual([1, 2]);
    write(20, 3, 4);
    expect(read(20, 2)).toEqual([3, 4]);
  });

  it('a misdirected write leaves its place as it was and spoils another', () => {
    write(500, 1, 2);
    media.setFault('misdirected', 1);
    write(500, 8, 9);
    media.setFault('misdirected', 0);
    expect(read(500, 2).some((stamp) => stamp === 1 || stamp === 2)).toBe(true);
    const around = read(430, 140);
    expect(around.filter((stamp) => stamp === 8 || stamp === 9)).toHaveLength(2);
    expect(media.spoiltReads).toBeGreaterThanOrEqual(2);
  });
});
