import { describe, expect, it } from 'vitest';
import { READ } from '../../src/engine/core/io.js';
import { Random } from '../../src/engine/core/random.js';
import { Sim } from '../../src/engine/core/sim.js';
import { Disk } from '../../src/engine/devices/index.js';
import { TestGuest } from './support.js';

const TURN = 60e9 / 7_200;
const CAPACITY = 1_000_000;
const SECONDS = 60;

/** Random reads in a closed loop: how many per second, and the longest anyone waited, ns. */
function load(outstanding: number, params: Record<string, number>) {
  const sim = new Sim(1, 256);
  const disk = new Disk(sim, {
    name: 'd0',
    array: 'arr',
    pool: 'gold',
    model: { model: 'hdd-7k', params: { segments: 0, ...params } },
    capacityBlocks: CAPACITY,
  });
  const guest = new TestGuest(sim);
  const addresses = new Random(2).stream('addresses');
  const sentAt = new Map<number, number>();
  let longestNs = 0;
  const send = (): void => {
    const lba = addresses.below(CAPACITY - 8);
    sentAt.set(lba, sim.now);
    guest.send(disk, { op: READ, lba, blocks: 1 });
  };
  guest.onOutcome = ({ lba, at }) => {
    longestNs = Math.max(longestNs, at - (sentAt.get(lba) ?? at));
    send();
  };
  for (let index = 0; index < outstanding; index++) send();
  sim.runUntil(SECONDS * 1e9);
  return { perSecond: guest.outcomes.length / SECONDS, longestNs };
}

describe('command queueing in a disk', () => {
  /**
   * Where the head passed t ago, commands have come for t: their density falls linearly from the head
   * on, over a turn. n commands under that triangle make 2 n / turn at the head, and as many per turn.
   */
  it('serves 2 n commands per turn when n wait and only the turn takes time', () => {
    // No seeks, overheads and transfers to speak of: the turn is all there is.
    const turning = {
      seekTrack: 0,
      seekAverage: 0,
      seekFull: 0,
      headSwitch: 0,
      commandMiss: 0,
      rateOuter: 1e10,
      rateInner: 1e10,
      interfaceRate: 1e10,
    };
    for (const outstanding of [1, 4, 16]) {
      const { perSecond } = load(outstanding, turning);
      expect(Math.abs((perSecond * TURN) / 1e9 / (2 * outstanding) - 1)).toBeLessThan(0.05);
    }
  });

  it('gains with depth and nothing without', () => {
    const one = load(1, {}).perSecond;
    expect(load(32, { queueDepth: 1 }).perSecond / one).toBeCloseTo(1, 1);
    const deep = load(32, {}).perSecond;
    // Seagate and others publish about twice the rate of depth 1 at depth 32 for 7,200 rpm (from memory).
    expect(deep / one).toBeGreaterThan(1.7);
    expect(deep / one).toBeLessThan(3.5);
  });

  it('leaves nobody waiting for long', () => {
    // 64 outstanding at some 150 per second wait 0.4 s on average; patience ends at 0.5 s.
    const { longestNs } = load(64, {});
    expect(longestNs).toBeLessThan(3e9);
  });
});
