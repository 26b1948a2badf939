/** What media keep: stamps as bytes, payloads of file systems, and the same answers whatever the kind. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expand, FOREIGN, recover, STAMPED_BYTES } from '../../src/engine/core/expand.js';
import { ATS, READ, UNMAP, WRITE, ZERO } from '../../src/engine/core/io.js';
import { Sim } from '../../src/engine/core/sim.js';
import { stampOf } from '../../src/engine/core/stamp.js';
import { ByteContent, StampContent } from '../../src/engine/devices/content.js';
import { Media, OVERWRITTEN } from '../../src/engine/devices/media.js';
import { MemoryImage } from '../../src/engine/devices/memory-image.js';

const stamps = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.nat((1 << 18) - 1), fc.integer({ min: 1, max: 1e8 }))
  .map(([guest, block, write]) => stampOf(guest, block, write));

describe('the bytes of a stamp', () => {
  it('say in each sector who wrote what, and are told from all others', () => {
    const text = Buffer.from(expand(stampOf(3, 77, 12))).toString('latin1');
    for (let sector = 0; sector < 8; sector++) {
      expect(text.slice(sector * 512, sector * 512 + 96)).toMatch(
        new RegExp(`guest 3, block 77, write 12, sector ${sector} *\n$`),
      );
    }
    const sectors = Array.from({ length: 8 }, (_, at) => text.slice(at * 512, (at + 1) * 512));
    expect(new Set(sectors.map((sector) => sector.slice(96))).size).toBe(8);
    expect(expand(0)).toEqual(new Uint8Array(STAMPED_BYTES));
  });

  it('give the stamp back, and nothing else does', () => {
    fc.assert(
      fc.property(stamps, fc.nat(STAMPED_BYTES - 1), (stamp, at) => {
        const bytes = expand(stamp);
        expect(recover(bytes)).toBe(stamp);
        bytes[at] ^= 1;
        expect(recover(bytes)).toBe(FOREIGN);
      }),
      { numRuns: 50 },
    );
    for (const stamp of [0, OVERWRITTEN, -2, -3]) expect(recover(expand(stamp))).toBe(stamp);
    expect(recover(new Uint8Array(STAMPED_BYTES).fill(1, 5))).toBe(FOREIGN);
    expect(recover(Buffer.from('vmtop stamp 1e400: '.padEnd(STAMPED_BYTES)))).toBe(FOREIGN);
  });
});

/** A LUN of 1 MiB of each kind, and one command at a time on both. */
class Pair {
  readonly sim = new Sim(1, 16, true);
  readonly image = new MemoryImage('lun', 2048);
  readonly bytes = new Media(this.sim, 'bytes', this.sim.arena!, new ByteContent(this.image));
  readonly stamps = new Media(this.sim, 'stamps', this.sim.arena!, new StampContent());

  execute(media: Media, op: number, lba: number, blocks: number, data: number): void {
    const { requests } = this.sim;
    const io = requests.take();
    requests.op[io] = op;
    requests.lba[io] = lba;
    requests.blocks[io] = blocks;
    requests.data[io] = data;
    media.execute(io);
    requests.give(io);
  }

  /** Stamps a read of `count` blocks of 4 KiB returns. */
  read(media: Media, block: number, count: number): number[] {
    const arena = this.sim.arena!;
    const place = arena.reserve(count);
    this.execute(media, READ, block * 8, count * 8, place);
    return [...arena.stamps.slice(place, place + count)];
  }
}

describe('media', () => {
  it('copy bytes to any block of 512, and change nothing around them', () => {
    const { bytes, image } = new Pair();
    const sectors = Uint8Array.from({ length: 24 * 512 }, (_, at) => 1 + Math.floor(at / 512));
    const stamped = expand(stampOf(3, 77, 12));
    image.write(0, 24, sectors);
    image.write(16, 8, stamped);
    bytes.copy(16, 4, 8);
    const after = new Uint8Array(sectors.length);
    image.read(0, 24, after);
    const expected = sectors.slice();
    expected.set(stamped, 4 * 512);
    expected.set(stamped, 16 * 512);
    expect(after).toEqual(expected);
  });

  it('give back what memory took for blocks that are cleared', () => {
    const { image } = new Pair();
    const written = (): number => [...image.written()].length;
    image.write(100, 300, new Uint8Array(300 * 512).fill(9));
    expect(written()).toBe(4);
    image.clear(128, 256);
    expect(written()).toBe(2);
    const found = new Uint8Array(400 * 512);
    image.read(0, 400, found);
    const expected = new Uint8Array(400 * 512);
    expected.fill(9, 100 * 512, 128 * 512);
    expected.fill(9, 384 * 512);
    expect(Buffer.compare(found, expected)).toBe(0);
    image.clear(110, 280);
    image.read(0, 400, found);
    expected.fill(0, 110 * 512, 390 * 512);
    expect(Buffer.compare(found, expected)).toBe(0);
  });

  it('answer alike whether they keep stamps or bytes', () => {
    const command = fc.record({
      op: fc.constantFrom(WRITE, WRITE, WRITE, ZERO, UNMAP),
      block: fc.nat(31),
      count: fc.integer({ min: 1, max: 16 }),
      write: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
        const pair = new Pair();
        const arena = pair.sim.arena!;
        for (const { op, block, count, write } of commands) {
          const place = op === WRITE ? arena.reserve(count) : 0;
          for (let at = 0; at < count && op === WRITE; at++) {
            arena.stamps[place + at] = stampOf(1, block + at, write);
          }
          for (const media of [pair.bytes, pair.stamps]) {
            pair.execute(media, op, block * 8, count * 8, place);
          }
        }
        expect(pair.read(pair.bytes, 0, 48)).toEqual(pair.read(pair.stamps, 0, 48));
      }),
      { numRuns: 30 },
    );
  });

  it('write payloads to the sector, and read into them', () => {
    const pair = new Pair();
    const { payloads } = pair.sim;
    const content = Uint8Array.from({ length: 1024 }, (_, index) => index % 251);
    const data = payloads.take(content);
    pair.execute(pair.bytes, WRITE, 13, 2, data);
    // COMPARE AND WRITE carries what it expects, and behind it what it writes.
    pair.execute(pair.bytes, ATS, 40, 1, data);
    const found = new Uint8Array(1024);
    pair.image.read(13, 2, found);
    expect(found).toEqual(content);
    pair.image.read(40, 1, found);
    expect(found.subarray(0, 512)).toEqual(content.subarray(512));
    expect(pair.bytes.stampAt(13)).toBe(FOREIGN);
    const into = payloads.take(new Uint8Array(1536));
    pair.execute(pair.bytes, READ, 12, 3, into);
    expect(payloads.bytesOf(into, 3).subarray(512)).toEqual(content);
    payloads.give(data);
    expect(() => payloads.give(data)).toThrow(/given back twice/);
  });

  it('leave what nobody verifies, to the sector, where a write carries nothing', () => {
    const pair = new Pair();
    pair.execute(pair.bytes, WRITE, 3, 10, 0);
    const found = new Uint8Array(16 * 512);
    pair.image.read(0, 16, found);
    expect(found.subarray(0, 3 * 512).every((byte) => byte === 0)).toBe(true);
    expect(found.subarray(13 * 512).every((byte) => byte === 0)).toBe(true);
    expect(Buffer.from(found.subarray(8 * 512, 9 * 512)).toString('latin1')).toContain(
      'unverified data, sector 0',
    );
  });

  it('copy bytes as they are, and stamps from one kind to the other', () => {
    const pair = new Pair();
    const data = pair.sim.payloads.take(new Uint8Array(512).fill(7));
    pair.execute(pair.bytes, WRITE, 1, 1, data);
    pair.bytes.copy(0, 64, 16);
    const found = new Uint8Array(512);
    pair.image.read(65, 1, found);
    expect(found).toEqual(new Uint8Array(512).fill(7));
    const arena = pair.sim.arena!;
    const place = arena.reserve(1);
    arena.stamps[place] = stampOf(2, 3, 4);
    pair.execute(pair.stamps, WRITE, 24, 8, place);
    pair.stamps.copy(24, 128, 8, pair.bytes);
    expect(pair.bytes.stampAt(128)).toBe(stampOf(2, 3, 4));
  });
});

describe('a row that carries a payload', () => {
  it('has pieces that carry their parts of it', () => {
    const { requests, payloads } = new Sim(1, 8);
    const io = requests.take();
    requests.data[io] = payloads.take(Uint8Array.from({ length: 2048 }, (_, at) => at >> 9));
    const piece = requests.split(io);
    requests.cutData(piece, 1);
    const part = requests.split(piece);
    requests.cutData(part, 2);
    expect(payloads.bytesOf(requests.data[piece], 3)[0]).toBe(1);
    expect(payloads.bytesOf(requests.data[part], 1)[0]).toBe(3);
    expect(() => payloads.bytesOf(requests.data[part], 2)).toThrow(/does not hold/);
  });
});
