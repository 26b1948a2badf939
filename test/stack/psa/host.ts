import {
  type Io,
  READ,
  REPORT_GROUPS,
  SET_GROUPS,
  START_UNIT,
  TEST_UNIT_READY,
  TRESPASS,
} from '../../../src/engine/core/io.js';
import { Layer } from '../../../src/engine/core/layer.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { HOST_NO_CONNECT, hostStatus } from '../../../src/engine/core/status.js';
import type { AdapterPlan } from '../../../src/engine/plan/plan.js';
import { Vmhba } from '../../../src/engine/stack/adapter/vmhba.js';
import { Driver } from '../../../src/engine/stack/driver/driver.js';
import { Settings } from '../../../src/engine/stack/settings.js';
import {
  type Claimed,
  createPsaDevice,
} from '../../../src/engine/stack/storage-apis/psa/create.js';
import { NmpDevice } from '../../../src/engine/stack/storage-apis/psa/nmp.js';
import { Path } from '../../../src/engine/stack/storage-apis/psa/path.js';

export const UID = 'naa.600000000000000000000000000000a1';

/** What the device answers: status and sense, or nothing special. */
export type Answer = readonly [status: number, sense: number];

/** One command as the target saw it. */
export interface Seen {
  readonly at: number;
  readonly path: number;
  readonly op: number;
  readonly lba: number;
}

export function adapterPlan(changes: Partial<AdapterPlan> = {}): AdapterPlan {
  return {
    name: 'vmhba1',
    driver: 'qlnativefc',
    family: 'native',
    transport: 'fc',
    aqlen: 4096,
    lunQueueDepth: 64,
    order: { order: 'none', params: {} },
    merge: false,
    linkLatencyNs: 0,
    linkBytesPerSecond: 1e12,
    ...changes,
  };
}

/** A LUN as a list of access states; `reply` decides what each command gets. */
export class FakeLun extends Layer {
  /** Access state per controller. */
  readonly access: number[];
  readonly owners: number[] = [];
  /** TPGS bits: explicit and implicit. */
  tpgs = 3;
  serviceNs = 100_000;
  reply: (io: Io, controller: number) => Answer | undefined = () => undefined;
  private readonly listeners: (() => void)[] = [];

  constructor(sim: Sim, access: readonly number[]) {
    super(sim, 'fake lun');
    this.access = [...access];
  }

  accessState(controller: number): number {
    return this.access[controller];
  }

  setOwner(controller: number): void {
    this.owners.push(controller);
    this.setAccess(this.access.map((_, index) => (index === controller ? 0 : 2)));
  }

  setAccess(access: readonly number[]): void {
    this.access.splice(0, this.access.length, ...access);
    for (const listener of this.listeners) listener();
  }

  onStateChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  override submit(): void {
    throw new Error('the fake nexus answers by itself');
  }
}

/** Commands that move the LUN to the controller they arrive at. */
const MOVES: readonly number[] = [SET_GROUPS, START_UNIT, TRESPASS];
/** Commands with which a host asks. */
const QUESTIONS: readonly number[] = [TEST_UNIT_READY, REPORT_GROUPS];

/** Nexus, port and LUN in one: records the command, answers after the LUN's service time. */
export class FakeNexus extends Layer {
  up = true;
  readonly seen: Seen[] = [];
  private readonly listeners: (() => void)[] = [];

  constructor(
    sim: Sim,
    readonly lun: FakeLun,
    readonly controller: number,
    private readonly trace: Seen[],
    private readonly number: number,
  ) {
    super(sim, `fake nexus ${number}`);
  }

  /** @param told false: the host hears nothing and has to find out by itself */
  setUp(up: boolean, told = true): void {
    this.up = up;
    if (told) for (const listener of this.listeners) listener();
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  override submit(io: Io): void {
    const { now, requests } = this.sim;
    const { op, lba, readyAt } = requests;
    this.trace.push({ at: now, path: this.number, op: op[io], lba: lba[io] });
    this.after(readyAt[io] - now + (this.up ? this.lun.serviceNs : 0), io);
  }

  override fire(io: Io): void {
    const { requests } = this.sim;
    const answer = this.up ? this.lun.reply(io, this.controller) : undefined;
    requests.status[io] = this.up ? (answer?.[0] ?? 0) : hostStatus(HOST_NO_CONNECT);
    requests.sense[io] = answer?.[1] ?? 0;
    requests.readyAt[io] = this.sim.now;
    if (requests.status[io] === 0 && MOVES.includes(requests.op[io])) {
      this.lun.setOwner(this.controller);
    }
    this.leave(io).complete(io);
  }
}

/** One finished command as the layer above saw it. */
export interface Done {
  readonly io: Io;
  readonly at: number;
  readonly status: number;
  readonly sense: number;
  readonly lba: number;
  readonly world: number;
}

/** Stands where the device queue stands: issues rows and keeps what comes back. */
export class Source extends Layer {
  readonly done: Done[] = [];
  issued = 0;
  onDone: ((io: Io) => void) | undefined;

  constructor(
    sim: Sim,
    private readonly lower: Layer,
  ) {
    super(sim, 'source');
  }

  override submit(io: Io): void {
    this.issued++;
    this.enter(io);
    this.lower.submit(io);
  }

  /** Takes a row and sends it. */
  send(lba: number, op = READ, world = 1, blocks = 8): Io {
    const { requests } = this.sim;
    const io = requests.take();
    if (io < 0) throw new Error('the request table of the test is too small');
    requests.op[io] = op;
    requests.lba[io] = lba;
    requests.blocks[io] = blocks;
    requests.world[io] = world;
    requests.disk[io] = world === 0 ? -1 : 0;
    requests.arrivedAt[io] = this.sim.now;
    requests.deviceNs[io] = 0;
    this.submit(io);
    return io;
  }

  override complete(io: Io): void {
    const { now, requests } = this.sim;
    const { status, sense, lba, world } = requests;
    this.done.push({
      io,
      at: now,
      status: status[io],
      sense: sense[io],
      lba: lba[io],
      world: world[io],
    });
    requests.give(io);
    this.onDone?.(io);
  }
}

export const DEVICE_FIELDS = [
  'state',
  'retries',
  'failovers',
  'activations',
  'conflicts',
  'ats',
  'atsFailed',
  'clones',
  'cloneFailed',
  'zeros',
  'zeroFailed',
  'deletes',
  'deleteFailed',
  'cloneWrites',
  'cloneReadBlocks',
  'cloneWriteBlocks',
  'zeroBlocks',
  'deleteBlocks',
  'atsNs',
  'cloneNs',
  'zeroNs',
  'resets',
  'reserves',
  'reservesFailed',
];

export interface HostOptions {
  /** Controller of each path; one adapter per path. */
  readonly controllers?: readonly number[];
  readonly access?: readonly number[];
  readonly satp?: string;
  readonly satpParams?: Readonly<Record<string, number>>;
  readonly psp?: string;
  readonly pspParams?: Readonly<Record<string, number>>;
  readonly settings?: Readonly<Record<string, number>>;
  readonly rows?: number;
  /** Another plug-in than NMP, with its settings. */
  readonly claimed?: Claimed;
  readonly tpgs?: number;
}

/** A host with one device on fake paths. */
export function buildHost(options: HostOptions = {}) {
  const controllers = options.controllers ?? [0, 1];
  const sim = new Sim(7, options.rows ?? 256);
  const entity = sim.meters.define('device', UID, { host: 'esx1' }, DEVICE_FIELDS);
  const lun = new FakeLun(sim, options.access ?? [0, 0]);
  lun.tpgs = options.tpgs ?? 3;
  const seen: Seen[] = [];
  const adapters = controllers.map((_, index) => {
    const adapter = adapterPlan({ name: `vmhba${index + 1}` });
    return new Vmhba(sim, { host: 'esx1', adapter }, new Driver(sim, { host: 'esx1', adapter }));
  });
  const nexuses = controllers.map(
    (controller, index) => new FakeNexus(sim, lun, controller, seen, index),
  );
  const paths = controllers.map(
    (controller, index) =>
      new Path(
        sim,
        {
          host: 'esx1',
          name: `vmhba${index + 1}:C0:T0:L1`,
          index,
          device: UID,
          adapter: `vmhba${index + 1}`,
          array: 'fake',
          lun: 1,
          controller,
          port: 0,
        },
        adapters[index],
        nexuses[index],
        lun,
      ),
  );
  const common = {
    host: 'esx1',
    uid: UID,
    paths,
    settings: new Settings(options.settings),
    entity,
  };
  const nmp =
    options.claimed === undefined
      ? new NmpDevice(sim, {
          ...common,
          satp: options.satp ?? 'VMW_SATP_DEFAULT_AA',
          satpParams: options.satpParams ?? {},
          psp: options.psp ?? 'VMW_PSP_FIXED',
          pspParams: options.pspParams ?? {},
        })
      : createPsaDevice(sim, common, options.claimed);
  const source = new Source(sim, nmp);
  return {
    sim,
    entity,
    lun,
    seen,
    adapters,
    nexuses,
    paths,
    nmp,
    source,
    /** Kinds of the event log, in order. */
    kinds: (): string[] => sim.log.entries.map((entry) => entry.kind),
    /** Time of the only entry of that kind. */
    timeOf: (kind: string): number => {
      const entries = sim.log.entries.filter((entry) => entry.kind === kind);
      if (entries.length !== 1) throw new Error(`${entries.length} entries of kind ${kind}`);
      return entries[0].at;
    },
    field: (name: string): number => {
      sim.meters.sample();
      return entity.values[entity.slot(name)];
    },
    /** Probes the target saw. */
    probes: (): Seen[] => seen.filter((entry) => entry.op === TEST_UNIT_READY),
    /** Commands of guests and commands that move the LUN. */
    commands: (): Seen[] => seen.filter((entry) => !QUESTIONS.includes(entry.op)),
  };
}

export type Host = ReturnType<typeof buildHost>;
