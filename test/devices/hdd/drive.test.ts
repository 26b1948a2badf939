import { describe, expect, it } from 'vitest';
import { FLUSH, READ, WRITE } from '../../../src/engine/core/io.js';
import { Random } from '../../../src/engine/core/random.js';
import { LOOK_AHEAD, REREADS } from '../../../src/engine/devices/hdd/look-ahead.js';
import { createModel, type DiskModel } from '../../../src/engine/devices/index.js';

const TURN = 10e6;
const BUS = 0.05e6;
/** A track of 100 blocks of 0.1 ms; switches are 0.2 ms, the interface takes 50 us per block. */
const SETTINGS = {
  rpm: 6_000,
  heads: 1,
  zones: 1,
  rateOuter: Math.round((100 * 512) / 10.2e-3),
  rateInner: Math.round((100 * 512) / 10.2e-3),
  seekTrack: 0.2e6,
  seekAverage: 5e6,
  seekFull: 9e6,
  headSwitch: 0.2e6,
  writeSettle: 0,
  commandRead: 0.3e6,
  commandMiss: 1e6,
  commandWrite: 0.4e6,
  interfaceRate: (512 * 1e9) / BUS,
  segments: 4,
  segmentSize: 40 * 512,
};
const TRACK = LOOK_AHEAD.indexOf('track');

function drive(settings: Record<string, number> = {}): DiskModel {
  const stream = new Random(3).stream('disk');
  const params = { ...SETTINGS, ...settings };
  return createModel({ model: 'hdd', params }, { stream, capacityBlocks: 100_000 });
}

/** Answers commands one after the other: `at` is when the last one was answered. */
class Host {
  at = 0;
  constructor(readonly disk: DiskModel) {}
  run(op: number, lba: number, blocks: number, thinkNs = 0): number {
    this.at += thinkNs;
    const ns = this.disk.serviceNs(op, lba, blocks, this.at);
    this.at += ns;
    return ns;
  }
}

describe('the turn', () => {
  it('is waited for in full by a block that has just passed', () => {
    const host = new Host(drive({ segments: 0 }));
    host.run(READ, 500, 1);
    const turn = host.run(READ, 500, 1);
    expect(turn).toBe(TURN);
    // Half a turn later the block is half a turn away, the overhead passing meanwhile.
    expect(host.run(READ, 500, 1, TURN / 2)).toBe(TURN / 2);
  });

  it('is lost between two writes of a run without a write cache', () => {
    const host = new Host(drive({ segments: 0 }));
    host.run(WRITE, 500, 8);
    expect(host.run(WRITE, 508, 8)).toBeCloseTo(TURN + 8 * 0.1e6, -2);
  });
});

describe('look-ahead', () => {
  it('has the next blocks in the buffer: overhead and interface are left', () => {
    const host = new Host(drive());
    host.run(READ, 500, 8);
    expect(host.run(READ, 508, 8, 20e6)).toBe(0.3e6 + 8 * BUS);
    expect(host.run(READ, 530, 8, 20e6)).toBe(0.3e6 + 8 * BUS);
  });

  it('is waited for at the rate of the platter when the host is faster', () => {
    const host = new Host(drive());
    // 20 blocks take 1.3 ms to send and 2.04 ms to read, switches spread over all blocks.
    host.run(READ, 500, 20);
    const start = host.at;
    for (let lba = 520; lba < 580; lba += 20) host.run(READ, lba, 20);
    expect((host.at - start) / (60 * 0.102e6)).toBeCloseTo(1, 3);
  });

  it('stops when its segment is full', () => {
    const host = new Host(drive());
    host.run(READ, 500, 8);
    // 40 blocks, the eight that were read among them.
    expect(host.run(READ, 532, 8, 50e6)).toBe(0.3e6 + 8 * BUS);
    host.run(READ, 20_000, 8, 50e6);
    expect(host.run(READ, 20_040, 1, 50e6)).toBeGreaterThan(0.3e6 + BUS);
  });

  it('is gone once the arm has been elsewhere and all segments are taken', () => {
    const host = new Host(drive({ segments: 1 }));
    host.run(READ, 500, 8);
    host.run(READ, 50_000, 8, 50e6);
    expect(host.run(READ, 508, 8, 50e6)).toBeGreaterThan(1e6);
    const two = new Host(drive({ segments: 2 }));
    two.run(READ, 500, 8);
    two.run(READ, 50_000, 8, 50e6);
    expect(two.run(READ, 508, 8, 50e6)).toBe(0.3e6 + 8 * BUS);
  });

  it('takes the whole track, also what lies before, or nothing', () => {
    const track = new Host(drive({ lookAhead: TRACK }));
    track.run(READ, 550, 8);
    expect(track.run(READ, 510, 8, 50e6)).toBe(0.3e6 + 8 * BUS);
    expect(track.run(READ, 590, 8)).toBe(0.3e6 + 8 * BUS);
    expect(track.run(READ, 610, 8)).toBeGreaterThan(1e6);
    const none = new Host(drive({ lookAhead: LOOK_AHEAD.indexOf('none') }));
    none.run(READ, 550, 8);
    expect(none.run(READ, 558, 8, 50e6)).toBeGreaterThan(1e6);
  });

  it('keeps or drops what has been sent', () => {
    const keeps = new Host(drive());
    keeps.run(READ, 500, 8);
    expect(keeps.run(READ, 500, 8, 50e6)).toBe(0.3e6 + 8 * BUS);
    const drops = new Host(drive({ rereads: REREADS.indexOf('dropped') }));
    drops.run(READ, 500, 8);
    expect(drops.run(READ, 500, 8, 50e6)).toBeGreaterThan(1e6);
  });
});

describe('write cache', () => {
  const ON = { writeCache: 1 };

  it('answers from the buffer; the arm works on, and a read elsewhere waits for it', () => {
    const host = new Host(drive(ON));
    expect(host.run(WRITE, 500, 8)).toBe(0.4e6 + 8 * BUS);
    const idle = new Host(drive({ segments: 0 }));
    const alone = idle.run(READ, 90_000, 8, 0.8e6);
    expect(host.run(READ, 90_000, 8)).toBeGreaterThan(alone);
  });

  it('can be read from at once, and not after another write over it', () => {
    const host = new Host(drive(ON));
    host.run(WRITE, 500, 8);
    expect(host.run(READ, 500, 8)).toBe(0.3e6 + 8 * BUS);
  });

  it('takes as many writes as it has segments; then they come at the speed of the arm', () => {
    const host = new Host(drive(ON));
    const addresses = new Random(5).stream('addresses');
    const times = Array.from({ length: 400 }, () => host.run(WRITE, addresses.below(99_000), 1));
    expect(times.slice(0, 4)).toEqual([0.45e6, 0.45e6, 0.45e6, 0.45e6]);
    // In steady state a write takes what it costs the arm: seek, half a turn, a block.
    const steady = times.slice(8).reduce((sum, ns) => sum + ns, 0) / 392;
    expect(steady / (5e6 + TURN / 2 + 0.1e6)).toBeCloseTo(1, 1);
  });

  it('writes a run without losing turns', () => {
    const host = new Host(drive({ ...ON, commandWrite: 0.05e6, segments: 8 }));
    host.run(WRITE, 500, 8);
    for (let lba = 508; lba < 900; lba += 8) host.run(WRITE, lba, 8);
    const end = host.at + host.run(FLUSH, 0, 0);
    // 400 blocks are four turns and a switch each, the first wait up to a seek and a turn.
    expect(end).toBeLessThan(4 * (TURN + 0.2e6) + 2 * TURN);
  });

  it('is on the platter when a flush is answered', () => {
    const host = new Host(drive(ON));
    host.run(WRITE, 90_000, 8);
    const flushed = host.run(FLUSH, 0, 0);
    expect(flushed).toBeGreaterThan(SETTINGS.seekTrack);
    expect(host.run(FLUSH, 0, 0)).toBe(0.4e6);
  });
});
