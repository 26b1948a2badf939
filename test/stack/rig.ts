import { ATS, type Io, NO_IO, RELEASE, RESERVE, UNMAP, ZERO } from '../../src/engine/core/io.js';
import { Layer } from '../../src/engine/core/layer.js';
import type { Sim } from '../../src/engine/core/sim.js';
import {
  CHECK,
  HOST_NO_CONNECT,
  hostStatus,
  SENSE_INVALID_OPCODE,
  SENSE_MISCOMPARE,
} from '../../src/engine/core/status.js';
import { TRAFFIC_FIELDS, Traffic } from '../../src/engine/core/traffic.js';

/** A command as a test device saw it. */
export interface Seen {
  readonly op: number;
  readonly lba: number;
  readonly blocks: number;
  readonly world: number;
}

/** Stands in for everything below the layer under test: remembers commands, answers after a while. */
export class TestDevice extends Layer {
  readonly seen: Seen[] = [];
  /** Contents of blocks written by compare-and-write. */
  readonly tags = new Map<number, number>();
  /** Commands answered 05/20/00. */
  readonly unsupported = new Set<number>();
  /** Commands it has answered so: what multipathing remembers of a device (`Vaai`). */
  readonly refused = new Set<number>();
  /** Answers HOST_NO_CONNECT. */
  down = false;
  /** Keeps commands without answering. */
  silent = false;
  /** Status and sense by command, for those that are to fail. */
  readonly failures = new Map<number, readonly [number, number]>();
  private readonly kept: Io[] = [];
  private readonly expect: Float64Array;
  private readonly swap: Float64Array;

  constructor(
    sim: Sim,
    private readonly latencyNs = 100_000,
  ) {
    super(sim, 'test device');
    this.expect = sim.requests.column('ats.expect', Float64Array);
    this.swap = sim.requests.column('ats.swap', Float64Array);
  }

  override submit(io: Io): void {
    const { op, lba, blocks, world } = this.sim.requests;
    this.seen.push({ op: op[io], lba: lba[io], blocks: blocks[io], world: world[io] });
    if (this.silent) this.kept.push(io);
    else this.after(this.latencyNs, io);
  }

  /** Answers everything that was kept. */
  speak(): void {
    this.silent = false;
    for (const io of this.kept.splice(0)) this.after(0, io);
  }

  override fire(io: Io): void {
    const { op, lba, status, sense } = this.sim.requests;
    const failure = this.failures.get(op[io]);
    if (this.down) status[io] = hostStatus(HOST_NO_CONNECT);
    else if (failure !== undefined) [status[io], sense[io]] = failure;
    else if (this.unsupported.has(op[io])) {
      this.refused.add(op[io]);
      status[io] = CHECK;
      sense[io] = SENSE_INVALID_OPCODE;
    } else if (op[io] === ATS) {
      if ((this.tags.get(lba[io]) ?? 0) === this.expect[io]) this.tags.set(lba[io], this.swap[io]);
      else {
        status[io] = CHECK;
        sense[io] = SENSE_MISCOMPARE;
      }
    }
    this.leave(io).complete(io);
  }

  /** Everything seen so far, forgotten afterwards. */
  drain(): Seen[] {
    return this.seen.splice(0);
  }
}

export interface Done {
  readonly io: Io;
  readonly status: number;
  readonly sense: number;
  readonly at: number;
}

/** Stands in for everything above: issues commands and remembers how they ended. */
export class TestGuest extends Layer {
  readonly done: Done[] = [];
  lower: Layer | undefined;
  outstanding = 0;
  /** What passed, as the user of a file counts it. */
  readonly traffic = new Float64Array(TRAFFIC_FIELDS.length);
  private readonly counter = new Traffic(this.sim, {
    counters: this.traffic,
    base: 0,
    histogram: -1,
  });

  issue(op: number, file: number, lba: number, blocks: number): Io {
    const { requests, now } = this.sim;
    const io = requests.take();
    if (io === NO_IO) throw new Error('no row');
    requests.op[io] = op;
    requests.file[io] = file;
    requests.lba[io] = lba;
    requests.blocks[io] = blocks;
    requests.world[io] = 1;
    requests.disk[io] = 0;
    requests.arrivedAt[io] = now;
    requests.readyAt[io] = now;
    this.submit(io);
    return io;
  }

  override submit(io: Io): void {
    this.outstanding++;
    this.enter(io);
    this.lower?.submit(io);
  }

  override complete(io: Io): void {
    const { op, blocks, arrivedAt, status, sense } = this.sim.requests;
    this.outstanding--;
    this.counter.add(op[io], blocks[io], this.sim.now - arrivedAt[io], status[io]);
    this.done.push({ io, status: status[io], sense: sense[io], at: this.sim.now });
    this.sim.requests.give(io);
  }
}

/** Names of commands for readable expectations. */
export const NAMES: Readonly<Record<number, string>> = {
  0: 'READ',
  1: 'WRITE',
  [UNMAP]: 'UNMAP',
  [ZERO]: 'ZERO',
  [ATS]: 'ATS',
  [RESERVE]: 'RESERVE',
  [RELEASE]: 'RELEASE',
};
