import { PART_FILESYSTEM, PART_VSCSI } from '../../core/breakdown.js';
import {
  FLUSH,
  INQUIRY,
  type Io,
  NO_IO,
  READ_CAPACITY,
  TEST_UNIT_READY,
  UNMAP,
  WRITE,
} from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import { ROW_STRIDE } from '../../core/requests.js';
import type { Sim } from '../../core/sim.js';
import { STATION_FIELDS, Station } from '../../core/station.js';
import {
  CHECK,
  GOOD,
  HOST_ABORT,
  hostStatus,
  SENSE_INVALID_OPCODE,
  SENSE_LBA_OUT_OF_RANGE,
} from '../../core/status.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import type { DiskPlan } from '../../plan/plan.js';
import type { FileHandle } from '../files.js';
import type { TaskControl } from '../recall.js';
import { FailureNotes } from './failure-notes.js';
import type { Target, VirtualAdapter } from './virtual-adapter.js';

/** The disk as files, below: what the virtual disk's figures show of it. */
export interface Backing {
  readonly file: FileHandle;
  readonly kind: DiskPlan['kind'];
  readonly datastore: { readonly name: string };
  readonly firstWrites: number;
  /** Calls `listener` when the file, its size, its place or the kind is another. */
  onChange(listener: () => void): void;
}

export interface VirtualScsiDiskOptions {
  readonly vm: string;
  readonly host: string;
  readonly adapter: VirtualAdapter;
  readonly plan: Pick<DiskPlan, 'name' | 'index' | 'rawDevice'>;
  readonly backing: Backing;
  /** Ends commands before their time; for guests that give up on commands. */
  readonly tasks?: TaskControl;
}

/**
 * An emulated SCSI disk (stack-upper 21): the guest submits here and is completed from here. A
 * command waits for a place in the disk's queue, then in the adapter's ring; both are held until the
 * guest has its completion. Reads, writes and, on thin disks, UNMAP go down to the disk's files. Of a
 * raw device in physical compatibility every command goes down (vmdk-formats 11).
 */
export class VirtualScsiDisk extends Layer implements Target {
  readonly entity: Entity;
  /** Capacity the guest sees, in 512-byte blocks. */
  sizeBlocks: number;
  private readonly diskIndex: number;

  private readonly adapter: VirtualAdapter;
  private thin: boolean;
  /** Commands go to the device as they are. */
  private readonly passes: boolean;
  private readonly station: Station;
  private readonly traffic: Traffic;
  private readonly targetOf: Int32Array;
  private readonly failures: FailureNotes;
  private readonly tasks: TaskControl | undefined;
  private readonly abortsSlot: number;

  constructor(
    sim: Sim,
    { vm, host, adapter, plan, backing, tasks }: VirtualScsiDiskOptions,
    private readonly lower: Layer,
  ) {
    super(sim, `disk ${vm}:${plan.name}`);
    this.adapter = adapter;
    this.diskIndex = plan.index;
    adapter.attach();
    this.thin = backing.kind === 'thin';
    this.passes = plan.rawDevice?.physical === true;
    this.sizeBlocks = backing.file.sizeBlocks;
    backing.onChange(() => {
      this.thin = backing.kind === 'thin';
      this.sizeBlocks = backing.file.sizeBlocks;
      sim.meters.relabel(this.entity, whereabouts(backing));
    });
    this.entity = sim.meters.define(
      'disk',
      `${vm}:${plan.name}`,
      { vm, host, ...whereabouts(backing) },
      [
        ...TRAFFIC_FIELDS,
        ...STATION_FIELDS,
        'sizeBlocks',
        'allocatedBlocks',
        'zeroedBlocks',
        'firstWrites',
        'aborts',
        'resets',
      ],
      true,
    );
    this.abortsSlot = this.entity.slot('aborts');
    this.failures = new FailureNotes(sim, `${vm}:${plan.name}`);
    this.tasks = tasks;
    const first = this.entity.slot('sizeBlocks');
    const { values } = this.entity;
    this.entity.refresh = () => {
      const { file } = backing;
      values[first] = file.sizeBlocks;
      values[first + 1] = file.allocatedBlocks;
      values[first + 2] = file.allocatedBlocks - file.toBeZeroedBlocks;
      values[first + 3] = backing.firstWrites;
    };
    this.station = new Station(sim, 'vscsi.disk', this.entity, adapter.type.diskQueueDepth);
    this.traffic = new Traffic(sim, this.entity);
    this.targetOf = sim.requests.column('vscsi.target', Int32Array);
  }

  override submit(io: Io): void {
    const { breakdown } = this.sim.requests;
    if (breakdown.on) breakdown.begin(io, this.sim.now);
    this.targetOf[io] = this.index;
    if (this.station.pass(io)) {
      this.adapter.submit(io);
    } else {
      this.station.arrive(io);
      this.pump();
    }
  }

  /** The adapter has taken the command from its ring. */
  decode(io: Io): void {
    const { op, lba, blocks, traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_VSCSI, this.sim.now);
    const kind = op[io];
    if (this.passes && kind > WRITE) {
      this.enter(io);
      this.lower.submit(io);
      return;
    }
    if (kind < UNMAP || (kind === UNMAP && this.thin)) {
      if (!(lba[io] >= 0 && blocks[io] >= 0 && lba[io] + blocks[io] <= this.sizeBlocks)) {
        this.answer(io, CHECK, SENSE_LBA_OUT_OF_RANGE);
      } else if (blocks[io] === 0) {
        // A transfer length of zero is no error and moves nothing.
        this.answer(io, GOOD, 0);
      } else {
        this.enter(io);
        this.lower.submit(io);
      }
      return;
    }
    const known =
      kind === TEST_UNIT_READY || kind === INQUIRY || kind === READ_CAPACITY || kind === FLUSH;
    if (known) this.answer(io, GOOD, 0);
    else this.answer(io, CHECK, SENSE_INVALID_OPCODE);
  }

  override complete(io: Io): void {
    const { traced, breakdown } = this.sim.requests;
    if (traced[io] !== 0) breakdown.pass(io, PART_FILESYSTEM, this.sim.now);
    this.sim.events.push(this.adapter.interrupt(), this.index, io);
  }

  override fire(io: Io): void {
    const { op, blocks, status, traced } = this.sim.requests;
    const latencyNs = this.sim.now - this.station.arrivalOf(io);
    this.station.finish(io);
    this.traffic.add(op[io], blocks[io], latencyNs, status[io]);
    if (traced[io] !== 0) this.endFollowed(io);
    if (status[io] !== 0) this.failures.note(io);
    this.adapter.release(io);
    if (this.station.queued > 0) this.pump();
    this.leave(io).complete(io);
  }

  /** The guest sends ABORT TASK: the command ends as aborted, unless it is done before. */
  abort(io: Io): void {
    this.entity.values[this.abortsSlot]++;
    if (!this.endWaiting(io)) this.tasks?.abort(io);
  }

  /** The guest resets the LUN or its bus: every command of this disk ends as aborted. */
  reset(): void {
    const { requests } = this.sim;
    this.entity.values[this.abortsSlot + 1]++;
    const index = this.diskIndex;
    for (let io = 0; io < requests.handleLimit; io += ROW_STRIDE) {
      if (requests.live(io) && requests.disk[io] === index) this.endWaiting(io);
    }
    this.tasks?.reset(index);
  }

  /** Ends a command that needs no I/O. */
  private answer(io: Io, status: number, senseData: number): void {
    const { requests } = this.sim;
    requests.status[io] = status;
    requests.sense[io] = senseData;
    this.sim.events.push(this.adapter.interrupt(), this.index, io);
  }

  /** Ends a command that has not got past the ring; false when it has. */
  private endWaiting(io: Io): boolean {
    const { op, blocks, status, traced } = this.sim.requests;
    if (this.tasks === undefined) return false;
    if (this.adapter.withdraw(io)) this.station.finish(io);
    else if (!this.station.withdraw(io)) return false;
    status[io] = hostStatus(HOST_ABORT);
    this.traffic.add(op[io], blocks[io], this.sim.now - this.station.arrivalOf(io), status[io]);
    if (traced[io] !== 0) this.endFollowed(io);
    this.failures.note(io);
    this.tasks.end(io);
    if (this.station.queued > 0) this.pump();
    return true;
  }

  private endFollowed(io: Io): void {
    const { breakdown } = this.sim.requests;
    breakdown.pass(io, PART_VSCSI, this.sim.now);
    breakdown.end(io, this.entity);
  }

  private pump(): void {
    for (let io = this.station.start(); io !== NO_IO; io = this.station.start()) {
      this.adapter.submit(io);
    }
  }
}

/** The labels that change when a disk is moved. */
function whereabouts({ datastore, kind }: Backing): { datastore: string; kind: string } {
  return { datastore: datastore.name, kind };
}
