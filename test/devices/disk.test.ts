import { describe, expect, it } from 'vitest';
import { NO_IO, READ } from '../../src/engine/core/io.js';
import { Layer } from '../../src/engine/core/layer.js';
import { Sim } from '../../src/engine/core/sim.js';
import { Disk } from '../../src/engine/devices/index.js';
import { TestGuest } from './support.js';

function makeDisk(sim: Sim, model: string, params: Record<string, number>): Disk {
  return new Disk(sim, {
    name: 'd0',
    array: 'arr',
    pool: 'gold',
    model: { model, params },
    capacityBlocks: 1_000_000,
  });
}

/** Poisson arrivals without end. */
class Source extends Layer {
  private readonly stream = this.sim.random.stream('source');

  constructor(
    sim: Sim,
    private readonly lower: Layer,
    private readonly meanGapNs: number,
  ) {
    super(sim, 'source');
    this.after(0, NO_IO);
  }

  override submit(): void {
    throw new Error('the source is the top');
  }

  override fire(): void {
    const { requests } = this.sim;
    const io = requests.take();
    requests.op[io] = READ;
    requests.lba[io] = 0;
    requests.blocks[io] = 8;
    this.enter(io);
    this.lower.submit(io);
    this.after(Math.round(this.stream.exponential(this.meanGapNs)), NO_IO);
  }

  override complete(io: number): void {
    this.sim.requests.give(io);
  }
}

/** Mean wait in queue of M/M/c, ns (Erlang C). */
function erlangWait(channels: number, load: number, serviceNs: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < channels; k++) {
    term = (term * load) / k;
    sum += term;
  }
  const last = (term * load) / channels / (1 - load / channels);
  return ((last / (sum + last)) * serviceNs) / (channels - load);
}

describe('Disk against queueing theory', () => {
  it.each([
    [1, 0.5],
    [1, 0.7],
    [4, 2.8],
    [8, 6],
  ])('M/M/%i with %d erlang: mean wait within 3 percent', (channels, load) => {
    const meanNs = 1e6;
    const sim = new Sim(5, 4096);
    const disk = makeDisk(sim, 'exponential', { channels, mean: meanNs });
    new Source(sim, disk, meanNs / load);
    sim.runUntil((500_000 * meanNs) / load);
    sim.meters.sample();
    const { values } = disk.entity;
    const wait = values[disk.entity.slot('waitNs')]! / values[disk.entity.slot('finished')]!;
    const expected = erlangWait(channels, load, meanNs);
    expect(Math.abs(wait / expected - 1)).toBeLessThan(0.03);
    const busy = values[disk.entity.slot('activeNs')]! / sim.now;
    expect(Math.abs(busy / load - 1)).toBeLessThan(0.01);
  });
});

describe('Disk', () => {
  it('serves as many commands at once as it has channels, in order', () => {
    const sim = new Sim(1, 64);
    const disk = makeDisk(sim, 'constant', { channels: 2, service: 1000 });
    const guest = new TestGuest(sim);
    for (let index = 0; index < 5; index++) guest.send(disk, { lba: index });
    sim.runUntil(10_000);
    expect(guest.outcomes.map(({ lba, at }) => [lba, at])).toEqual([
      [0, 1000],
      [1, 1000],
      [2, 2000],
      [3, 2000],
      [4, 3000],
    ]);
  });

  it('slows down and stalls, and says so', () => {
    const sim = new Sim(1, 64);
    const disk = makeDisk(sim, 'constant', { service: 1000 });
    const guest = new TestGuest(sim);
    disk.setSlow(10, 'drill');
    guest.send(disk, {});
    sim.runUntil(20_000);
    expect(guest.last.at).toBe(10_000);
    disk.setSlow(1, 'healed');
    disk.setStalled(true, 'drill');
    guest.send(disk, {});
    sim.runUntil(50_000);
    expect(guest.outcomes).toHaveLength(1);
    disk.setStalled(false, 'healed');
    sim.runUntil(60_000);
    expect(guest.last.at).toBe(51_000);
    expect(sim.log.entries.map(({ kind, what }) => [kind, what])).toEqual([
      ['disk.slow', '10 times slower'],
      ['disk.slow', 'normal speed'],
      ['disk.slow', 'stalled'],
      ['disk.slow', 'runs again'],
    ]);
  });
});
