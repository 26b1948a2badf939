import { assert } from '../../../core/assert.js';
import { type Io, NO_IO, REPORT_GROUPS, TEST_UNIT_READY } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { CHECK, HOST_TIMEOUT, hostOf, hostStatus } from '../../../core/status.js';
import type { Path } from './path.js';
import { isPermanentLoss } from './verdict.js';

/** A probe without an answer after this time has failed (model: the transports' 10 s timers). */
const PROBE_TIMEOUT_NS = 10e9;
/** How long to wait for a free row when there is nothing to borrow either (model). */
const ROW_RETRY_NS = 10e6;

/** What a device does with answers to its probes. */
export interface Probed {
  /** @param sentAt when the probe was sent */
  probed(path: Path, status: number, sense: number, sentAt: number): void;
  /**
   * A row of the device's held commands, NO_IO when it holds none. They may fill the request table:
   * then one of them carries the probe and is given back afterwards.
   */
  borrow(): Io;
  takeBack(io: Io): void;
}

type Answered = (status: number, sense: number) => void;

/** What a borrowed row was before. */
interface Loan {
  readonly op: number;
  readonly lba: number;
  readonly blocks: number;
  readonly arrivedAt: number;
  readonly deviceNs: number;
}

/** A command of our own on its way. */
interface Errand {
  readonly path: Path;
  readonly io: Io;
  readonly loan: Loan | undefined;
  readonly sentAt: number;
  readonly answered: Answered | undefined;
  op: number;
  /** Answer to TEST UNIT READY while the port groups are read. */
  status: number;
  sense: number;
  cancel: () => void;
  /** Something happened meanwhile: ask once more. */
  again: boolean;
}

/**
 * Sends a device's own commands: asks paths with TEST UNIT READY whether they work, reads the target
 * port groups where the array has some, and carries commands that activate paths.
 */
export class PathProber extends Layer {
  /** The host is dead: no path is probed. */
  halted = false;
  private readonly probes = new Map<Path, Errand>();
  private readonly errands = new Map<Io, Errand>();

  /** @param readsGroups REPORT TARGET PORT GROUPS follows each TEST UNIT READY that is answered */
  constructor(
    sim: Sim,
    name: string,
    private readonly readsGroups: boolean,
    private readonly device: Probed,
  ) {
    super(sim, name);
  }

  override submit(): void {
    assert(false, 'a prober makes its own rows');
  }

  /** Sends a probe; while one is under way, another follows it. */
  probe(path: Path): void {
    if (this.halted) return;
    const running = this.probes.get(path);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const errand = this.send(path, TEST_UNIT_READY, undefined);
    if (errand === undefined) {
      this.sim.timers.delay(ROW_RETRY_NS, () => this.probe(path));
      return;
    }
    this.probes.set(path, errand);
    this.limit(errand);
  }

  /** Sends a command that moves no data and tells how it ended. */
  command(path: Path, op: number, answered: Answered): void {
    if (this.send(path, op, answered) === undefined) {
      this.sim.timers.delay(ROW_RETRY_NS, () => this.command(path, op, answered));
    }
  }

  override complete(io: Io): void {
    const { requests } = this.sim;
    const errand = this.errands.get(io)!;
    const { path } = errand;
    const status = requests.status[io];
    const sense = requests.sense[io];
    const current = this.probes.get(path) === errand;
    if (current && errand.op === TEST_UNIT_READY && this.asksOn(status, sense)) {
      errand.op = REPORT_GROUPS;
      errand.status = status;
      errand.sense = sense;
      errand.cancel();
      this.limit(errand);
      this.dispatch(errand);
      return;
    }
    errand.cancel();
    if (status !== 0) path.keepError(status, sense);
    if (current) this.probes.delete(path);
    this.release(errand);
    if (errand.answered !== undefined) errand.answered(status, sense);
    else if (errand.op === REPORT_GROUPS && hostOf(status) === 0) {
      this.device.probed(path, errand.status, errand.sense, errand.sentAt);
    } else {
      this.device.probed(path, status, sense, errand.sentAt);
    }
    if (current && errand.again) this.probe(path);
  }

  private asksOn(status: number, sense: number): boolean {
    return (
      this.readsGroups && hostOf(status) === 0 && !(status === CHECK && isPermanentLoss(sense))
    );
  }

  private send(path: Path, op: number, answered: Answered | undefined): Errand | undefined {
    const { now, requests } = this.sim;
    let io = requests.take();
    let loan: Loan | undefined;
    if (io === NO_IO) {
      io = this.device.borrow();
      if (io === NO_IO) return undefined;
      loan = {
        op: requests.op[io],
        lba: requests.lba[io],
        blocks: requests.blocks[io],
        arrivedAt: requests.arrivedAt[io],
        deviceNs: requests.deviceNs[io],
      };
    } else {
      requests.own(io, op, 0, 0, now);
    }
    const idle = (): void => undefined;
    const rest = { status: 0, sense: 0, cancel: idle, again: false };
    const errand: Errand = { path, io, loan, sentAt: now, answered, op, ...rest };
    this.errands.set(io, errand);
    this.dispatch(errand);
    return errand;
  }

  private dispatch({ path, io, op }: Errand): void {
    const { now, requests } = this.sim;
    requests.op[io] = op;
    requests.lba[io] = 0;
    requests.blocks[io] = 0;
    requests.status[io] = 0;
    requests.sense[io] = 0;
    requests.arrivedAt[io] = now;
    requests.deviceNs[io] = 0;
    requests.path[io] = path.index;
    requests.nexus[io] = path.nexusIndex;
    requests.lun[io] = path.lunIndex;
    this.enter(io);
    path.adapter.submit(io);
  }

  private limit(errand: Errand): void {
    errand.cancel = this.sim.timers.delay(PROBE_TIMEOUT_NS, () => this.expire(errand));
  }

  /** The row goes back to where it came from. */
  private release({ io, loan }: Errand): void {
    const { requests } = this.sim;
    this.errands.delete(io);
    if (loan === undefined) {
      requests.give(io);
      return;
    }
    requests.op[io] = loan.op;
    requests.lba[io] = loan.lba;
    requests.blocks[io] = loan.blocks;
    requests.arrivedAt[io] = loan.arrivedAt;
    requests.deviceNs[io] = loan.deviceNs;
    requests.status[io] = 0;
    requests.sense[io] = 0;
    this.device.takeBack(io);
  }

  /** No answer: counts as a failure; the row comes back some time and then is news again. */
  private expire(errand: Errand): void {
    this.probes.delete(errand.path);
    errand.path.keepError(hostStatus(HOST_TIMEOUT), 0);
    this.device.probed(errand.path, hostStatus(HOST_TIMEOUT), 0, Number.NEGATIVE_INFINITY);
    if (errand.again) this.probe(errand.path);
  }
}
