import { assert } from '../../../core/assert.js';
import { type Io, NO_IO, TEST_UNIT_READY } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { HOST_TIMEOUT, hostStatus } from '../../../core/status.js';
import type { Path } from './path.js';

/** A probe without an answer after this time has failed (model: the transports' 10 s timers). */
const PROBE_TIMEOUT_NS = 10e9;
/** How long to wait for a free row when there is nothing to borrow either (model). */
const ROW_RETRY_NS = 10e6;

/** What a device does with answers to its probes. */
export interface Probed {
  /** @param sentAt when the probe was sent */
  probed(path: Path, status: number, sense: number, sentAt: number): void;
  /**
   * Sends a command the device holds down `path`, signed by the prober too, and returns it; NO_IO
   * when it holds none. Held commands may fill the request table: then one of them is the probe.
   */
  lend(path: Path, prober: PathProber): Io;
}

interface Probe {
  readonly io: Io;
  readonly cancel: () => void;
  /** Something happened meanwhile: ask once more. */
  again: boolean;
}

/** Asks the paths of one device with TEST UNIT READY whether they work. */
export class PathProber extends Layer {
  private readonly probes = new Map<Path, Probe>();

  constructor(
    sim: Sim,
    name: string,
    /** By index over all paths of the host. */
    private readonly byIndex: readonly Path[],
    private readonly device: Probed,
  ) {
    super(sim, name);
  }

  override submit(): void {
    assert(false, 'a prober makes its own rows');
  }

  /** Sends a probe; while one is under way, another follows it. */
  probe(path: Path): void {
    const running = this.probes.get(path);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const { timers } = this.sim;
    const io = this.send(path);
    if (io === NO_IO) {
      timers.delay(ROW_RETRY_NS, () => this.probe(path));
      return;
    }
    const cancel = timers.delay(PROBE_TIMEOUT_NS, () => this.expire(path));
    this.probes.set(path, { io, cancel, again: false });
  }

  override complete(io: Io): void {
    const { requests } = this.sim;
    const path = this.byIndex[requests.path[io]];
    const status = requests.status[io];
    const sense = requests.sense[io];
    const sentAt = requests.arrivedAt[io];
    const probe = this.probes.get(path);
    const current = probe?.io === io;
    if (probe !== undefined && current) {
      probe.cancel();
      this.probes.delete(path);
    }
    // A borrowed row goes on to the device, whose signature it still carries.
    if (requests.depth[io] === 0) {
      requests.give(io);
      this.device.probed(path, status, sense, sentAt);
    } else {
      this.device.probed(path, status, sense, -1);
      this.leave(io).complete(io);
    }
    if (probe?.again === true && current) this.probe(path);
  }

  /** Signs a row the device lends. */
  sign(io: Io): void {
    this.enter(io);
  }

  private send(path: Path): Io {
    const { now, requests } = this.sim;
    const io = requests.take();
    if (io === NO_IO) return this.device.lend(path, this);
    requests.op[io] = TEST_UNIT_READY;
    requests.lba[io] = 0;
    requests.blocks[io] = 0;
    requests.world[io] = 0;
    requests.disk[io] = -1;
    requests.file[io] = -1;
    requests.arrivedAt[io] = now;
    requests.deviceNs[io] = 0;
    requests.path[io] = path.index;
    requests.nexus[io] = path.nexusIndex;
    requests.lun[io] = path.lunIndex;
    this.enter(io);
    path.adapter.submit(io);
    return io;
  }

  /** No answer: counts as a failure; the row comes back some time and then is news again. */
  private expire(path: Path): void {
    const probe = this.probes.get(path)!;
    this.probes.delete(path);
    this.device.probed(path, hostStatus(HOST_TIMEOUT), 0, -1);
    if (probe.again) this.probe(path);
  }
}
