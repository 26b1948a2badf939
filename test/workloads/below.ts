import type { Io } from '../../src/engine/core/io.js';
import { Layer } from '../../src/engine/core/layer.js';
import { Sim } from '../../src/engine/core/sim.js';
import type { JobPlan, TraceTable } from '../../src/engine/plan/plan.js';
import type { GuestMachine } from '../../src/engine/workloads/machine.js';

export interface Seen {
  readonly at: number;
  readonly op: number;
  readonly lba: number;
  readonly blocks: number;
  readonly world: number;
  readonly disk: number;
}

/** Everything below a guest: notes each command and answers after a fixed time. */
export class Below extends Layer {
  readonly seen: Seen[] = [];
  inFlight = 0;
  most = 0;
  /** Status given to every command. */
  status = 0;

  constructor(
    sim: Sim,
    public latencyNs = 1000,
    private readonly notes = true,
  ) {
    super(sim, 'below');
  }

  override submit(io: Io): void {
    const { op, lba, blocks, world, disk, arrivedAt } = this.sim.requests;
    this.inFlight++;
    this.most = Math.max(this.most, this.inFlight);
    if (this.notes) {
      this.seen.push({
        at: arrivedAt[io],
        op: op[io],
        lba: lba[io],
        blocks: blocks[io],
        world: world[io],
        disk: disk[io],
      });
    }
    this.after(this.latencyNs, io);
  }

  override fire(io: Io): void {
    this.inFlight--;
    this.sim.requests.status[io] = this.status;
    this.leave(io).complete(io);
  }
}

export class Machine implements GuestMachine {
  readonly name = 'vm1';
  stunned = false;
  private readonly listeners: (() => void)[] = [];

  onResume(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Stuns the machine from one instant to another. */
  stun(sim: Sim, from: number, to: number): void {
    sim.timers.at(from, () => {
      this.stunned = true;
    });
    sim.timers.at(to, () => {
      this.stunned = false;
      for (const listener of this.listeners) listener();
    });
  }
}

export function newSim(rows = 1024, seed = 7): Sim {
  return new Sim(seed, rows);
}

export const GIB = 1 << 30;

export const JOB: JobPlan = {
  name: 'job',
  vm: 'vm1',
  disk: 3,
  rw: 'randread',
  rwmixread: 100,
  bs: [{ bytes: 4096, weight: 1 }],
  iodepth: 4,
  rateIops: 0,
  thinkNs: 0,
  distribution: 'random',
  zipfTheta: 1.1,
  offsetBytes: 0,
  sizeBytes: GIB,
  startNs: 0,
  stopNs: 0,
};

/** A trace of records `[at, op, lba, blocks, unit]`. */
export function traceOf(
  records: readonly (readonly [number, number, number, number, number?])[],
): TraceTable {
  return {
    count: records.length,
    at: Float64Array.from(records, ([at]) => at),
    op: Uint8Array.from(records, ([, op]) => op),
    lba: Float64Array.from(records, ([, , lba]) => lba),
    blocks: Int32Array.from(records, ([, , , blocks]) => blocks),
    unit: Int32Array.from(records, ([, , , , unit]) => unit ?? 0),
    units: 1 + Math.max(0, ...records.map(([, , , , unit]) => unit ?? 0)),
  };
}
