import { NO_DATA } from '../../src/engine/core/data-arena.js';
import { type Io, NO_IO, READ } from '../../src/engine/core/io.js';
import { Layer } from '../../src/engine/core/layer.js';
import { Sim } from '../../src/engine/core/sim.js';
import { DiskArray, type Lun, Nexus } from '../../src/engine/devices/index.js';
import type { ArrayPlan, LunPlan, PoolPlan } from '../../src/engine/plan/plan.js';

export const MIB = 1024 * 1024;
export const GIB = 1024 * MIB;

export interface Command {
  readonly op?: number;
  readonly lba?: number;
  readonly blocks?: number;
  /** What it carries, in rigs that verify. */
  readonly data?: number;
  readonly nexus?: Layer;
  readonly lun?: Layer;
}

/** How a command ended, as the test guest saw it. */
export interface Outcome {
  readonly io: Io;
  readonly op: number;
  readonly status: number;
  readonly sense: number;
  /** When the row came back, and when its answer is at the host. */
  readonly at: number;
  readonly readyAt: number;
  readonly lba: number;
  readonly blocks: number;
}

/** Sends commands and writes down how they end; does what a driver does, without its costs. */
export class TestGuest extends Layer {
  readonly outcomes: Outcome[] = [];
  sent = 0;
  /** Called after each completion, when the row has been given back. */
  onOutcome: ((outcome: Outcome) => void) | undefined;
  private readonly issued = new Map<Io, Command>();

  constructor(sim: Sim) {
    super(sim, 'guest');
  }

  override submit(): void {
    throw new Error('the guest is the top');
  }

  /** Sends a command to `to`; false when no row is free. */
  send(to: Layer, command: Command): boolean {
    const { requests, now } = this.sim;
    const io = requests.take();
    if (io === NO_IO) return false;
    requests.op[io] = command.op ?? READ;
    requests.lba[io] = command.lba ?? 0;
    requests.blocks[io] = command.blocks ?? 8;
    requests.data[io] = command.data ?? NO_DATA;
    requests.world[io] = 1;
    requests.disk[io] = 0;
    requests.arrivedAt[io] = now;
    requests.readyAt[io] = now;
    requests.nexus[io] = command.nexus?.index ?? -1;
    requests.lun[io] = command.lun?.index ?? -1;
    this.issued.set(io, command);
    this.sent++;
    this.enter(io);
    to.submit(io);
    return true;
  }

  override complete(io: Io): void {
    const { requests, now } = this.sim;
    if (!this.issued.delete(io)) throw new Error(`row ${io} completed twice`);
    const outcome: Outcome = {
      io,
      op: requests.op[io],
      status: requests.status[io],
      sense: requests.sense[io],
      at: now,
      readyAt: requests.readyAt[io],
      lba: requests.lba[io],
      blocks: requests.blocks[io],
    };
    this.outcomes.push(outcome);
    requests.give(io);
    this.onOutcome?.(outcome);
  }

  get last(): Outcome {
    const outcome = this.outcomes.at(-1);
    if (outcome === undefined) throw new Error('nothing has completed');
    return outcome;
  }
}

export function poolPlan(changes: Partial<PoolPlan> = {}): PoolPlan {
  return {
    name: 'gold',
    disk: { model: 'constant', params: { service: 1e6 } },
    disks: 4,
    capacityBytes: 4 * GIB,
    softThreshold: 1,
    ...changes,
  };
}

export function lunPlan(changes: Partial<LunPlan> = {}): LunPlan {
  return {
    name: 'lun0',
    uid: 'naa.6000',
    number: 0,
    pool: 'gold',
    sizeBytes: GIB,
    thin: false,
    owner: 0,
    ...changes,
  };
}

export function arrayPlan(changes: Partial<ArrayPlan> = {}): ArrayPlan {
  return {
    name: 'arr',
    vendor: 'VMTOP',
    product: 'ARRAY',
    kind: 'array',
    transport: 'fc',
    controllers: 2,
    portsPerController: 1,
    access: 'alua',
    tpgs: 'both',
    transitionNs: 2e9,
    cacheBytes: 64 * MIB,
    vaai: { ats: true, clone: true, zero: true, unmap: true },
    copyBytesPerSecond: 4e9,
    pools: [poolPlan()],
    luns: [lunPlan()],
    portQueueDepth: 256,
    ...changes,
  };
}

export interface Rig {
  readonly sim: Sim;
  readonly guest: TestGuest;
  readonly array: DiskArray;
  /** One connection per port. */
  readonly nexuses: readonly Nexus[];
  readonly luns: readonly Lun[];
  /** Sends a command to LUN `lun` over connection `nexus`, both by number. */
  send(command: Command & { readonly over?: number; readonly to?: number }): boolean;
  /** Sends one command and runs until it is answered. */
  run(command: Command & { readonly over?: number; readonly to?: number }): Outcome;
}

export const LATENCY_NS = 10_000;
export const BYTES_PER_SECOND = 512e6;

/** A host with one connection to every port of an array. */
export function rig(changes: Partial<ArrayPlan> = {}, rows = 4096, seed = 1, verify = false): Rig {
  const sim = new Sim(seed, rows, verify);
  const guest = new TestGuest(sim);
  const array = new DiskArray(sim, arrayPlan(changes));
  const nexuses = array.ports.map(
    (port, index) =>
      new Nexus(
        sim,
        {
          host: 'esx1',
          adapter: `vmhba${index}`,
          array: array.name,
          latencyNs: LATENCY_NS,
          bytesPerSecond: BYTES_PER_SECOND,
        },
        port,
      ),
  );
  const luns = [...array.luns.values()];
  const send: Rig['send'] = ({ over = 0, to = 0, ...command }) =>
    guest.send(nexuses[over]!, { ...command, nexus: nexuses[over]!, lun: luns[to]! });
  const run: Rig['run'] = (command) => {
    const before = guest.outcomes.length;
    if (!send(command)) throw new Error('no row free');
    while (guest.outcomes.length === before) sim.runUntil(sim.now + 1e6);
    return guest.outcomes[before]!;
  };
  return { sim, guest, array, nexuses, luns, send, run };
}
