import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { FLUSH, READ, WRITE } from '../../src/engine/core/io.js';
import type { ReplayTiming, TraceTable } from '../../src/engine/plan/plan.js';
import { TraceReplay } from '../../src/engine/workloads/replay.js';
import { GuestTotals } from '../../src/engine/workloads/totals.js';
import { readTrace } from '../../src/input/read-trace.js';
import { recordedTrace } from '../input/samples.js';
import { Below, Machine, newSim, traceOf } from './below.js';

interface Setting {
  readonly timing?: ReplayTiming;
  readonly capacities?: readonly number[];
  readonly rows?: number;
  readonly latencyNs?: number;
  readonly notes?: boolean;
}

const ORIGINAL: ReplayTiming = { kind: 'scaled', scale: 1 };

function setUp(records: TraceTable, setting: Setting = {}) {
  const sim = newSim(setting.rows);
  const capacities = setting.capacities ?? [1000];
  const below = capacities.map(() => new Below(sim, setting.latencyNs, setting.notes));
  const machine = new Machine();
  const totals = new GuestTotals();
  const finishedAt: number[] = [];
  const disks = capacities.map((_, index) => 10 + index);
  const plan = { name: 'replay', vm: 'vm1', disks, timing: setting.timing ?? ORIGINAL, records };
  const onFinish = (): void => {
    finishedAt.push(sim.now);
  };
  const options = { plan, machine, world: 4, capacities, totals, onFinish };
  const replay = new TraceReplay(sim, options, below);
  return { sim, below, machine, totals, replay, finishedAt };
}

const THREE = traceOf([
  [0, READ, 8, 8],
  [0, WRITE, 16, 16],
  [5000, READ, 24, 1],
]);

describe('TraceReplay', () => {
  it('issues each record at its time, from the instant of the start', () => {
    const { sim, below, totals, replay, finishedAt } = setUp(THREE);
    sim.runUntil(2000);
    replay.start();
    sim.runUntil(20_000);
    const common = { world: 4, disk: 10 };
    expect(below[0].seen).toEqual([
      { at: 2000, op: READ, lba: 8, blocks: 8, ...common },
      { at: 2000, op: WRITE, lba: 16, blocks: 16, ...common },
      { at: 7000, op: READ, lba: 24, blocks: 1, ...common },
    ]);
    expect(totals).toMatchObject({ reads: 2, writes: 1, bytesRead: 9 * 512, bytesWritten: 8192 });
    expect([replay.finished, replay.wrapped, replay.late]).toEqual([true, 0, 0]);
    expect(finishedAt).toEqual([8000]);
    expect([sim.requests.inFlight, sim.events.pending]).toEqual([0, 0]);
  });

  it.each([
    [2, 2500],
    [0.5, 10_000],
    [3, 1667],
  ])('scales time by %f', (scale, at) => {
    const { sim, below, replay } = setUp(THREE, { timing: { kind: 'scaled', scale } });
    replay.start();
    sim.runUntil(20_000);
    expect(below[0].seen.map((seen) => seen.at)).toEqual([0, 0, at]);
  });

  it('keeps iodepth in flight when it goes as fast as it can', () => {
    const records = traceOf(Array.from({ length: 9 }, (_, index) => [index * 1e6, READ, index, 1]));
    const { sim, below, replay, finishedAt } = setUp(records, {
      timing: { kind: 'asap', iodepth: 4 },
    });
    replay.start();
    sim.runUntil(20_000);
    expect(below[0].seen.map(({ at }) => at)).toEqual([0, 0, 0, 0, 1000, 1000, 1000, 1000, 2000]);
    expect(below[0].seen.map(({ lba }) => lba)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(finishedAt).toEqual([3000]);
  });

  it('maps units onto the disks in turn', () => {
    const records = traceOf([0, 1, 2, 3, 4].map((unit) => [0, READ, unit, 1, unit]));
    const { sim, below, replay } = setUp(records, { capacities: [100, 200] });
    replay.start();
    sim.runUntil(20_000);
    expect(below[0].seen.map(({ lba, disk }) => [lba, disk])).toEqual([
      [0, 10],
      [2, 10],
      [4, 10],
    ]);
    expect(below[1].seen.map(({ lba, disk }) => [lba, disk])).toEqual([
      [1, 11],
      [3, 11],
    ]);
  });

  it('wraps addresses beyond the disk, whole and with their own length', () => {
    const records = traceOf([
      [0, READ, 96, 4],
      [1, READ, 97, 4],
      [2, READ, 100, 4],
      [3, READ, 1_234_567_890_150, 4],
      [4, FLUSH, 0, 0],
    ]);
    const { sim, below, replay, totals } = setUp(records, { capacities: [100] });
    replay.start();
    sim.runUntil(20_000);
    expect(below[0].seen.map(({ lba }) => lba)).toEqual([96, 96, 0, 50, 0]);
    expect([replay.wrapped, totals.bytesRead, totals.others]).toEqual([3, 16 * 512, 1]);
  });

  it('refuses a trace with a command longer than the disk', () => {
    const records = traceOf([[0, READ, 0, 101]]);
    expect(() => setUp(records, { capacities: [100] })).toThrow(InputError);
    expect(() => setUp(records, { capacities: [100] })).toThrow(/record 1 is 101 blocks long/);
  });

  it('issues late, and keeps the schedule, when the table is full', () => {
    const records = traceOf([0, 0, 0, 100, 5000, 9000].map((at) => [at, READ, 0, 1]));
    const { sim, below, replay } = setUp(records, { rows: 2 });
    replay.start();
    sim.runUntil(2500);
    // One event for the next record, one for the retry.
    expect(sim.events.pending).toBe(2);
    sim.runUntil(20_000);
    expect(below[0].seen.map(({ at }) => at)).toEqual([0, 0, 1000, 1000, 5000, 9000]);
    expect([replay.late, replay.finished]).toEqual([2, true]);
    expect(sim.requests.inFlight).toBe(0);
  });

  it('tries again when others hold all rows', () => {
    const { sim, below, replay } = setUp(THREE, { rows: 2 });
    const taken = [sim.requests.take(), sim.requests.take()];
    replay.start();
    sim.timers.at(1_500_000, () => {
      for (const io of taken) sim.requests.give(io);
    });
    sim.runUntil(3_000_000);
    expect(below[0].seen.map(({ at }) => at)).toEqual([2_000_000, 2_000_000, 2_001_000]);
    expect([replay.late, replay.finished]).toEqual([3, true]);
  });

  it('stands still while the machine is stunned and keeps the distances after', () => {
    const records = traceOf([0, 2000, 3000, 7000].map((at) => [at, READ, 0, 1]));
    const { sim, below, machine, replay } = setUp(records);
    machine.stun(sim, 1500, 12_000);
    replay.start();
    sim.runUntil(30_000);
    expect(below[0].seen.map(({ at }) => at)).toEqual([0, 12_000, 13_000, 17_000]);
    expect([replay.late, replay.finished]).toEqual([0, true]);
  });

  it('stands still when it goes as fast as it can, too', () => {
    const records = traceOf(Array.from({ length: 5 }, () => [0, READ, 0, 1]));
    const timing: ReplayTiming = { kind: 'asap', iodepth: 2 };
    const { sim, below, machine, replay } = setUp(records, { timing });
    machine.stun(sim, 500, 9000);
    replay.start();
    sim.runUntil(30_000);
    expect(below[0].seen.map(({ at }) => at)).toEqual([0, 0, 9000, 9000, 10_000]);
    expect(replay.finished).toBe(true);
  });

  it('finishes an empty trace at once', () => {
    const { sim, replay, finishedAt } = setUp(traceOf([]));
    replay.start();
    sim.runUntil(10);
    expect([replay.finished, finishedAt]).toEqual([true, [0]]);
  });

  it.each([
    ['original', ORIGINAL, 4096],
    ['asap', { kind: 'asap', iodepth: 64 }, 4096],
    ['asap with few rows', { kind: 'asap', iodepth: 64 }, 8],
  ] as const)('replays the VMware trace completely: %s', (_, timing, rows) => {
    const path = recordedTrace('cloudphysics-2h.vscsi.gz');
    if (path === undefined) return;
    const { table, summary } = readTrace(path);
    const { reads, writes, bytesRead, bytesWritten, spanNs } = summary;
    const capacities = [summary.maxLbaBlocks];
    const setting = { timing, rows, capacities, latencyNs: 200_000, notes: false };
    const { sim, totals, replay, finishedAt } = setUp(table, setting);
    replay.start();
    sim.runUntil(8e12);
    expect(totals).toMatchObject({ reads, writes, others: 0, bytesRead, bytesWritten, errors: 0 });
    expect([reads, writes, replay.wrapped]).toEqual([46_974, 66_898, 0]);
    expect(replay.finished).toBe(true);
    if (timing.kind === 'scaled') expect(finishedAt).toEqual([spanNs + 200_000]);
  });
});
