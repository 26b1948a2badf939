import { assert } from '../../core/assert.js';
import type { Io } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import { BottomHalf } from './bottom-half.js';
import { Driver, type DriverOptions } from './driver.js';
import { SEGMENT_BLOCKS } from './family.js';
import { moduleOf } from './modules.js';
import { vmklinux } from './vmklinux.js';

/** Commands a bottom half completes in one run (documented, stack-lower reference, 1.2). */
const SCSI_BATCH = 25;
const BLOCK_BATCH = 32;
/** Layer numbers fit in 15 bits: nexus and LUN together name a Linux device. */
const LUN_SCALE = 0x8000;

/**
 * A Linux driver under emulation. Down: a second command object, a copy of the scatter/gather list
 * entry by entry, and the adapter's one lock, which commands take one after another. It admits a
 * command only below `can_queue` per adapter and `queue_depth` per device. Up: the interrupt puts
 * answers on a list, and a bottom half completes them one after another.
 */
export class VmklinuxDriver extends Driver {
  private readonly bottomHalf: BottomHalf;
  private readonly canQueueHost: number;
  private readonly queueDepth: number;
  /** Commands per device: `device_busy`. */
  private readonly busy = new Map<number, number>();
  private lockFreeAt = 0;

  constructor(sim: Sim, options: DriverOptions) {
    super(sim, options, vmklinux);
    const { adapter } = options;
    const cap = moduleOf(adapter).protocol === 'block' ? BLOCK_BATCH : SCSI_BATCH;
    this.bottomHalf = new BottomHalf(
      sim,
      `${this.name} bottom half`,
      vmklinux.completeNs,
      cap,
      this,
    );
    this.canQueueHost = adapter.aqlen;
    this.queueDepth = adapter.lunQueueDepth;
  }

  /** Every command has to be admitted. */
  override get unconditional(): boolean {
    return false;
  }

  override admits(io: Io): boolean {
    if (!super.admits(io) || this.active >= this.canQueueHost) return false;
    return (this.busy.get(this.deviceOf(io)) ?? 0) < this.queueDepth;
  }

  override submit(io: Io): void {
    const { now, requests, layers } = this.sim;
    if (!this.admits(io)) assert(false, `${this.name} was given a command it does not admit`);
    this.active++;
    const device = this.deviceOf(io);
    this.busy.set(device, (this.busy.get(device) ?? 0) + 1);
    this.sentAt[io] = now;
    const more = Math.max(0, Math.ceil(requests.blocks[io] / SEGMENT_BLOCKS) - 1);
    const copyNs = vmklinux.submitNs - vmklinux.lockNs + more * vmklinux.segmentNs;
    const locksAt = Math.max(now + copyNs, this.lockFreeAt);
    this.lockFreeAt = locksAt + vmklinux.lockNs;
    requests.readyAt[io] = this.lockFreeAt;
    // A processor spins while it waits for the lock.
    this.entity.values[this.busySlot] += this.lockFreeAt - now + vmklinux.completeNs;
    this.enter(io);
    layers[requests.nexus[io]].submit(io);
  }

  override complete(io: Io): void {
    if (this.coalescer !== undefined) this.coalescer.submit(io);
    else this.bottomHalf.submit(io);
  }

  override fire(io: Io): void {
    const device = this.deviceOf(io);
    this.busy.set(device, (this.busy.get(device) ?? 0) - 1);
    super.fire(io);
  }

  /** An adaptive adapter's answers close together share an interrupt. */
  override interrupt(): void {
    if (this.coalescer !== undefined) super.interrupt();
    else this.interruptFor(this.sim.now);
  }

  override receive(io: Io): void {
    this.finishAt(this.bottomHalf.enlist(), io);
  }

  private deviceOf(io: Io): number {
    const { nexus, lun } = this.sim.requests;
    return nexus[io] * LUN_SCALE + lun[io];
  }
}
