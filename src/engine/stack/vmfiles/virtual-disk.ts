import { type Io, NO_IO, UNMAP, WRITE } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import { ROW_STRIDE } from '../../core/requests.js';
import type { Sim } from '../../core/sim.js';
import {
  HOST_ABORT,
  hostStatus,
  PLUGIN_NOSPACE,
  pluginOf,
  SENSE_SPACE_ALLOCATION_FAILED,
} from '../../core/status.js';
import { countTraffic, TRAFFIC_FIELDS } from '../../core/traffic.js';
import type { AllocationPolicy, DatastoreFiles, FileHandle } from '../files.js';
import { hasSigned, type Recall, type Recaller, recallFrom, WITHDRAWN } from '../recall.js';
import type { ChangeTracker } from './change-tracker.js';
import type { Holder, Question, Vm } from './vm.js';
import { WriteGuard } from './write-guard.js';

/** What a first write adds to a file: a VMFS file block of 1 MB (stack-upper 4), in 512 B blocks. */
const FILE_BLOCK = 2048;

export interface VirtualDiskOptions {
  readonly vm: Vm;
  /** `scsi0:0`. */
  readonly name: string;
  /** The disk's one extent, `-flat.vmdk`. */
  readonly file: FileHandle;
  readonly datastore: DatastoreFiles;
  readonly kind: DiskKind;
}

export type DiskKind = Exclude<AllocationPolicy, 'small'>;

/** Shortest time between two automatic answers to the question of a full datastore. Model. */
const RETRY_PERIOD_NS = 1e9;

/**
 * A virtual disk as files: a descriptor and one flat extent, so an address of the disk is an address
 * of the file. Commands that came back for want of space are held here while the machine is stunned
 * (stack-upper 8.2); the guest sees a stalled command, never the error.
 */
export class VirtualDisk extends Layer implements Holder, Recaller {
  readonly entity: Entity;
  file: FileHandle;
  /** How it gets its space. */
  kind: DiskKind;
  /** Commands waiting for space. */
  held = 0;

  /** What grows: the file itself, or the last delta over it. */
  private leaf: FileHandle;
  private readonly vm: Vm;
  /** Where the disk lies. */
  datastore: DatastoreFiles;
  private readonly counters: Float64Array;
  private readonly base: number;
  private readonly arrivedAt: Float64Array;
  /** Address in the disk; `lba` is rewritten below and is needed to send a command again. */
  private readonly diskLba: Float64Array;
  private readonly next: Int32Array;
  private guard: WriteGuard | undefined;
  /** Rows that wait while the chain is changed; undefined when it is not. */
  private pausedRows: Io[] | undefined;
  /** What was written since when, where that is tracked. */
  tracker: ChangeTracker | undefined;
  private firstHeld: Io = NO_IO;
  private lastHeld: Io = NO_IO;
  private retrying = false;
  private retriedAt = -RETRY_PERIOD_NS;
  /** When space was freed last. */
  private freedAt = -1;
  /** When the command was sent down, the first time or again. */
  private readonly sentAt: Float64Array;
  /** 1 for a write or an UNMAP; below, a RAID group may make a write a read for a while (`op`). */
  private readonly changes: Uint8Array;
  /** Eager disks have every block written from the start: nothing to count. */
  private grows: boolean;
  private written: number;
  private grown = 0;
  private readonly listeners: (() => void)[] = [];

  constructor(
    sim: Sim,
    { vm, name, file, datastore, kind }: VirtualDiskOptions,
    private lower: Layer,
  ) {
    super(sim, `vmdk ${vm.name}:${name}`);
    this.vm = vm;
    this.file = file;
    this.kind = kind;
    this.leaf = file;
    this.datastore = datastore;
    const labels = { vm: vm.name, datastore: datastore.name };
    this.entity = sim.meters.define('vmdk', `${vm.name}:${name}`, labels, TRAFFIC_FIELDS);
    this.counters = this.entity.counters;
    this.base = this.entity.base;
    this.arrivedAt = sim.requests.column('vmdk.arrivedAt', Float64Array);
    this.sentAt = sim.requests.column('vmdk.sentAt', Float64Array);
    this.changes = sim.requests.column('vmdk.changes', Uint8Array);
    this.diskLba = sim.requests.column('vmdk.lba', Float64Array);
    this.next = sim.requests.next;
    this.written = writtenBlocks(file);
    this.grows = this.written < file.sizeBlocks;
    vm.attach(this);
    this.awaitSpace(datastore);
  }

  /** File blocks that a write of this disk was the first to touch. */
  get firstWrites(): number {
    return Math.floor(this.grown / FILE_BLOCK);
  }

  override submit(io: Io): void {
    const { requests, now } = this.sim;
    this.arrivedAt[io] = now;
    this.sentAt[io] = now;
    this.diskLba[io] = requests.lba[io];
    const code = requests.op[io];
    this.changes[io] = code === WRITE || code === UNMAP ? 1 : 0;
    this.send(io);
  }

  /** Commands go this way from now on, writes to the file `leaf`; the disk has to be settled. */
  reroute(lower: Layer, leaf: FileHandle): void {
    this.lower = lower;
    this.leaf = leaf;
  }

  /** Calls `listener` when the disk has another size or kind, or lies elsewhere. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** The disk has another kind, or its file another size or name. */
  changed(kind = this.kind): void {
    this.kind = kind;
    this.written = writtenBlocks(this.file);
    this.grows = this.written < this.file.sizeBlocks;
    for (const listener of this.listeners) listener();
  }

  /**
   * Another file holds the disk from now on; the disk has to be settled.
   * @param leaf the last delta over it, where there are any
   */
  moveTo(file: FileHandle, datastore: DatastoreFiles, kind: DiskKind, leaf = file): void {
    if (datastore !== this.datastore) this.awaitSpace(datastore);
    this.file = file;
    this.leaf = leaf;
    this.datastore = datastore;
    this.sim.meters.relabel(this.entity, { datastore: datastore.name });
    this.changed(kind);
  }

  /** Commands go by way of `layer`, or no longer; those that are below come back as they went. */
  divert(layer: Layer): void {
    this.lower = layer;
  }

  private awaitSpace(datastore: DatastoreFiles): void {
    datastore.onSpaceFreed(() => {
      if (datastore !== this.datastore) return;
      this.freedAt = this.sim.now;
      this.retrySoon();
    });
  }

  /** Commands wait here until `unpause`; those that are below come back. */
  pause(): void {
    this.pausedRows ??= [];
  }

  /** Sends the commands that waited on, in their order. */
  unpause(): void {
    const rows = this.pausedRows ?? [];
    this.pausedRows = undefined;
    for (const io of rows) {
      this.sentAt[io] = this.sim.now;
      this.send(io);
    }
  }

  /** True when no command of the disk is below it; looks through all rows. */
  get isSettled(): boolean {
    const { requests } = this.sim;
    let left = requests.inFlight;
    for (let io = 0; left > 0 && io < requests.handleLimit; io += ROW_STRIDE) {
      if (!requests.live(io)) continue;
      left--;
      if (hasSigned(requests, io, this)) return false;
    }
    return true;
  }

  /** The disk is to stay as it is for a copy of it, until the guard's end. */
  protect(): WriteGuard {
    const guard = new WriteGuard(this.sim, this, this.file, (io) => {
      this.sentAt[io] = this.sim.now;
      this.send(io);
    });
    this.guard = guard;
    return guard;
  }

  /** What is being done to the disk, for which its files have to stay as they are. */
  operation: string | undefined;

  /** True while a copy of it is being made, or another operation is under way. */
  get isProtected(): boolean {
    return this.guard !== undefined || this.operation !== undefined;
  }

  /** The copy has been made. */
  unprotect(): void {
    this.guard = undefined;
  }

  override complete(io: Io): void {
    const { status, sense, op, lba } = this.sim.requests;
    lba[io] = this.diskLba[io];
    if (status[io] !== 0 && isOutOfSpace(status[io], sense[io])) {
      if (this.vm.state !== 'off') {
        this.hold(io);
        return;
      }
      status[io] = hostStatus(HOST_ABORT);
      sense[io] = 0;
    }
    if (this.grows && op[io] >= WRITE) this.observeGrowth();
    this.finish(io);
  }

  /** Rows wait here only while the machine is stunned; others may wait in the file system. */
  recall(io: Io): Recall {
    if (this.guard?.remove(io)) return WITHDRAWN;
    const place = this.pausedRows?.indexOf(io) ?? -1;
    if (place >= 0) {
      this.pausedRows?.splice(place, 1);
      return WITHDRAWN;
    }
    return recallFrom(this.lower, io);
  }

  /** Sends the held commands down again, oldest first. */
  resubmit(): void {
    const { status, sense } = this.sim.requests;
    let io = this.takeHeld();
    while (io !== NO_IO) {
      const after = this.next[io];
      status[io] = 0;
      sense[io] = 0;
      this.sentAt[io] = this.sim.now;
      this.send(io);
      io = after;
    }
  }

  abort(isCrash: boolean): void {
    // A machine that goes in order writes down what has changed, what is on its way included; of one
    // whose host dies nobody knows ("unclean power loss", vmdk-formats 12).
    if (isCrash) this.tracker?.reset();
    const { status, sense } = this.sim.requests;
    let io = this.takeHeld();
    while (io !== NO_IO) {
      const after = this.next[io];
      status[io] = hostStatus(HOST_ABORT);
      sense[io] = 0;
      this.finish(io);
      io = after;
    }
  }

  private send(io: Io): void {
    if (this.guard?.holds(io)) return;
    if (this.pausedRows !== undefined) {
      this.sim.requests.file[io] = this.file.index;
      this.pausedRows.push(io);
      return;
    }
    if (this.tracker !== undefined) this.trackChange(io);
    // A chain has named the file it went to before; by now that one may be gone.
    this.sim.requests.file[io] = this.file.index;
    this.enter(io);
    this.lower.submit(io);
  }

  private trackChange(io: Io): void {
    const { op, lba, blocks } = this.sim.requests;
    if (op[io] === WRITE || op[io] === UNMAP) this.tracker?.touch(lba[io], blocks[io]);
  }

  private finish(io: Io): void {
    const { op, blocks, status } = this.sim.requests;
    const latencyNs = this.sim.now - this.arrivedAt[io];
    countTraffic(this.counters, this.base, op[io], blocks[io], latencyNs, status[io]);
    this.leave(io).complete(io);
  }

  private hold(io: Io): void {
    const plugin = pluginOf(this.sim.requests.status[io]) === PLUGIN_NOSPACE;
    this.next[io] = NO_IO;
    // It is in no file of a chain any more.
    this.sim.requests.file[io] = this.file.index;
    if (this.firstHeld === NO_IO) this.firstHeld = io;
    else this.next[this.lastHeld] = io;
    this.lastHeld = io;
    this.held++;
    this.vm.stun(
      outOfSpace(this.leaf.path),
      plugin
        ? `datastore ${this.datastore.name} has no free block`
        : `the array behind ${this.datastore.name} is out of space (07/27/07)`,
    );
    // Space that was freed while the refusal was on its way here is not announced again.
    if (this.freedAt > this.sentAt[io]) this.retrySoon();
  }

  private takeHeld(): Io {
    const io = this.firstHeld;
    this.firstHeld = NO_IO;
    this.held = 0;
    return io;
  }

  /**
   * Space is freed in the middle of the file system's own work, so the retry is an event. Space that
   * is gone again at once must not make a storm of retries.
   */
  private retrySoon(): void {
    if (this.held === 0 || this.retrying) return;
    this.retrying = true;
    const { now, timers } = this.sim;
    timers.at(Math.max(now, this.retriedAt + RETRY_PERIOD_NS), () => {
      this.retrying = false;
      this.retriedAt = this.sim.now;
      if (this.held > 0) this.vm.answer('retry', `space was freed on ${this.datastore.name}`);
    });
  }

  /** Counts what was written for the first time since the last look; an UNMAP shrinks the file. */
  private observeGrowth(): void {
    const written = writtenBlocks(this.file);
    if (written > this.written) this.grown += written - this.written;
    this.written = written;
  }
}

function writtenBlocks(file: FileHandle): number {
  return file.allocatedBlocks - file.toBeZeroedBlocks;
}

function isOutOfSpace(status: number, senseData: number): boolean {
  return pluginOf(status) === PLUGIN_NOSPACE || senseData === SENSE_SPACE_ALLOCATION_FAILED;
}

function outOfSpace(path: string): Question {
  return {
    id: 'msg.hbacommon.outofspace',
    text:
      `There is no more space for virtual disk ${path}. You might be able to continue this ` +
      'session by freeing disk space on the relevant volume, and clicking Retry. Click Cancel to ' +
      'terminate this session.',
  };
}
