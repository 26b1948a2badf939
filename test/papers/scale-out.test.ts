/** dmClock through the whole stack: cases D8 and D9 of stack-lower 11.3 on an array `kind: scale-out`. */
import { describe, expect, it } from 'vitest';
import { type Guest, Papers, scenario } from './rig.js';

const BUSY = 'rw: randread, bs: 4k, iodepth: 128';

/** All that decides is in the nodes: the host lets everything through in the order it comes. */
function scaleOut(nodes: number, iops: number, guests: readonly Guest[]): Papers {
  const settings = 'Vmtop.FifoScheduler: 1, Disk.SchedNumReqOutstanding: 256';
  const yaml = scenario({ iops, depth: 4096, settings }, guests)
    .replace('cache: 0B', 'kind: scale-out')
    .replace('disks: 1,', `disks: ${nodes},`)
    .replace('pools:', 'portQueueDepth: 65536\n    pools:')
    .replace('lunQueueDepth: 4096', 'aqlen: 4096, lunQueueDepth: 4096')
    .replace(/datastore: prod, disks/g, 'datastore: prod, queueDepth: 254, disks');
  return new Papers(yaml);
}

describe('distributed storage', () => {
  it('D8: 3 nodes of 1200, reservations 800, 1000, 100, weights 1:4:6: 800/1120/1680', () => {
    const run = scaleOut(3, 1200, [
      { name: 'a', shares: 1, reservation: 800, load: BUSY },
      { name: 'b', shares: 4, reservation: 1000, load: BUSY },
      { name: 'c', shares: 6, reservation: 100, load: BUSY },
    ]);
    const rates = run.rates(2, 12);
    for (const [index, expected] of [800, 1120, 1680].entries()) {
      expect(Math.abs(rates[index] / expected - 1), rates.join(' ')).toBeLessThanOrEqual(0.03);
    }
  });

  it('a limit holds over all nodes together', () => {
    const run = scaleOut(4, 500, [
      { name: 'a', limit: 300, load: BUSY },
      { name: 'b', load: BUSY },
    ]);
    const [limited, other] = run.rates(2, 12);
    expect(Math.abs(limited - 300)).toBeLessThanOrEqual(9);
    expect(other / 1700).toBeGreaterThan(0.97);
  });

  it('shares are those of all nodes, though one guest uses only one of them', () => {
    // Guest b reads 1 MiB, one object, on one of two nodes of 500. Guest a picks nodes at random, so
    // it gets x from each, and b what that leaves of one node. Equal in total: 2x = 500 - x.
    const run = scaleOut(2, 500, [
      { name: 'a', load: BUSY },
      { name: 'b', load: 'rw: randread, bs: 4k, iodepth: 128, size: 1MiB' },
    ]);
    for (const rate of run.rates(5, 15)) expect(Math.abs(rate / (1000 / 3) - 1)).toBeLessThan(0.03);
  });

  it('goes on after a node stood still, and every command comes back once', () => {
    const run = scaleOut(3, 1000, [
      { name: 'a', reservation: 500, load: 'rw: randrw, bs: 4k/50:1m/50, iodepth: 16, stop: 3s' },
      { name: 'b', limit: 200, load: 'rw: randwrite, bs: 64k, iodepth: 16, stop: 3s' },
    ]);
    const { simulation } = run;
    simulation.runUntil(1e9);
    const stall = {
      kind: 'inject',
      fault: 'device-stall',
      target: 'array1/lun0',
      params: {},
    } as const;
    const target = simulation.faultTargets('lun').find((name) => name.includes('lun0')) ?? '';
    simulation.command({ ...stall, target });
    simulation.runUntil(2e9);
    simulation.command({ kind: 'heal', id: simulation.activeFaults[0].id });
    const before = run.sum('disk', 'writes');
    simulation.runUntil(2.5e9);
    expect(run.sum('disk', 'writes')).toBeGreaterThan(before);
    simulation.runUntil(30e9);
    expect(simulation.inFlight).toBe(0);
    expect(run.sum('disk', 'failedWrites')).toBe(0);
  });
});
