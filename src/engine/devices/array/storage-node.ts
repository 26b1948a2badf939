import { type Io, NO_IO } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import type { Qos } from '../../plan/plan.js';
import { ClientTable } from '../../qos/clients.js';
import { QOS_DEFAULTS } from '../../qos/discipline.js';
import { DmClock, type DmClockColumns, dmClockColumns } from '../../qos/dmclock.js';
import { ServiceTracker } from '../../qos/service-tracker.js';
import { NO_CLIENT } from '../../qos/tag-heap.js';
import { Disk, type DiskOptions } from '../disk.js';

/**
 * The virtual disks that use a pool of nodes, each with its side of dmClock. That is the hosts' work;
 * it stands here because a virtual disk is in use on one host at a time.
 */
export class ScaleOutClients {
  readonly table = new ClientTable();
  readonly columns: DmClockColumns;
  private readonly nodes: StorageNode[] = [];
  private readonly trackers: ServiceTracker[] = [];

  /** @param nodeCount nodes that will join */
  constructor(
    sim: Sim,
    private readonly nodeCount: number,
  ) {
    this.columns = dmClockColumns(sim);
  }

  /** Number of a node that joins. */
  join(node: StorageNode): number {
    return this.nodes.push(node) - 1;
  }

  /** Makes a virtual disk known to all nodes, or changes its settings. */
  setQos(disk: number, qos: Qos): void {
    if (!this.table.knows(disk)) {
      this.table.assign(disk, this.trackers.length);
      this.trackers.push(new ServiceTracker(this.nodeCount));
    }
    const client = this.table.at(disk);
    for (const node of this.nodes) node.setClient(client, qos);
  }

  /** A command of a client goes to a node: it takes along what the other nodes have done. */
  send(io: Io, client: number, node: number): void {
    const tracker = this.trackers[client];
    tracker.send(node);
    this.columns.delta[io] = tracker.delta;
    this.columns.rho[io] = tracker.rho;
  }

  /** A node has done a command of a client. */
  answered(io: Io, client: number, node: number): void {
    this.trackers[client].answered(node, this.columns.reserved[io] === 1);
  }
}

/** A node of distributed storage: a disk in front of which dmClock decides who is next. */
export class StorageNode extends Disk {
  private readonly clock: DmClock;
  private readonly number: number;
  /** When the earliest event asked for fires; infinite when none is under way. */
  private wakeAt = Number.POSITIVE_INFINITY;

  constructor(
    sim: Sim,
    options: DiskOptions,
    private readonly clients: ScaleOutClients,
  ) {
    const tags = { delayed: false, softLimit: false };
    const clock = new DmClock(sim, clients.table, QOS_DEFAULTS, tags);
    super(sim, options, clock);
    this.clock = clock;
    this.number = clients.join(this);
  }

  setClient(client: number, qos: Qos): void {
    this.clock.setClient(client, qos);
    this.dispatch();
  }

  override submit(io: Io): void {
    const client = this.clientOf(io);
    if (client !== NO_CLIENT) this.clients.send(io, client, this.number);
    super.submit(io);
  }

  override fire(io: Io): void {
    if (io === NO_IO) {
      if (this.sim.now < this.wakeAt) return;
      this.wakeAt = Number.POSITIVE_INFINITY;
      this.dispatch();
      return;
    }
    const client = this.clientOf(io);
    if (client !== NO_CLIENT) {
      this.clock.finish(client);
      this.clients.answered(io, client, this.number);
    }
    super.fire(io);
  }

  protected override dispatch(): void {
    super.dispatch();
    const { queued, active, slots } = this.station;
    if (this.stalled || queued === 0 || active >= slots) return;
    const at = this.clock.nextAt();
    if (at >= this.wakeAt) return;
    this.wakeAt = at;
    this.sim.events.push(Math.max(at, this.sim.now), this.index, NO_IO);
  }

  private clientOf(io: Io): number {
    return this.clients.table.at(this.sim.requests.disk[io]);
  }
}
