import { assert } from '../../core/assert.js';
import { type Io, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { STATION_FIELDS, Station } from '../../core/station.js';
import type { AdapterType } from './adapter-type.js';

/** A virtual disk on the adapter: gets its commands back once they are taken from the ring. */
export interface Target {
  decode(io: Io): void;
}

export interface VirtualAdapterOptions {
  readonly vm: string;
  readonly host: string;
  /** `scsi0`. */
  readonly name: string;
  readonly type: AdapterType;
}

/**
 * A virtual SCSI adapter: a ring of commands shared by its disks. Taking a command from the ring
 * costs time, one command after the other. One interrupt announces everything that has come back by
 * the time it fires, so under load the guest takes fewer interrupts than commands.
 */
export class VirtualAdapter extends Layer {
  readonly entity: Entity;
  readonly type: AdapterType;

  private readonly ring: Station;
  private readonly targets: Target[] = [];
  /** Number of the target on this adapter; the same column as the disks write. */
  private readonly targetOf: Int32Array;
  private readonly interruptSlot: number;
  private busyUntil = 0;
  /** When the last interrupt asked for fires or fired. */
  private interruptAt = -1;

  constructor(sim: Sim, { vm, host, name, type }: VirtualAdapterOptions) {
    super(sim, `vscsi ${vm}:${name}`);
    this.type = type;
    const labels = { vm, host, type: type.name };
    const fields = [...STATION_FIELDS, 'interrupts'];
    this.entity = sim.meters.define('vscsi', `${vm}:${name}`, labels, fields);
    this.interruptSlot = this.entity.slot('interrupts');
    this.ring = new Station(sim, 'vscsi.ring', this.entity, type.ringDepth);
    this.targetOf = sim.requests.column('vscsi.target', Int32Array);
  }

  /** Puts a disk on the adapter; the number goes into the column `vscsi.target` of its rows. */
  attach(target: Target): number {
    const { disksMax, name } = this.type;
    assert(this.targets.length < disksMax, `${name} takes ${disksMax} disks`);
    return this.targets.push(target) - 1;
  }

  override submit(io: Io): void {
    if (this.ring.pass(io)) {
      this.issue(io);
    } else {
      this.ring.arrive(io);
      this.pump();
    }
  }

  override fire(io: Io): void {
    this.targets[this.targetOf[io]].decode(io);
  }

  /** Takes a command out that waits for the ring; false when it does not. */
  withdraw(io: Io): boolean {
    return this.ring.withdraw(io);
  }

  /** When the guest hears of a command that comes back now. */
  interrupt(): number {
    const { now } = this.sim;
    if (now >= this.interruptAt) {
      this.interruptAt = now + this.type.interruptNs;
      this.entity.values[this.interruptSlot]++;
    }
    return this.interruptAt;
  }

  /** The guest has taken the command's completion: its entry of the ring is free. */
  release(io: Io): void {
    this.ring.finish(io);
    if (this.ring.queued > 0) this.pump();
  }

  private pump(): void {
    for (let io = this.ring.start(); io !== NO_IO; io = this.ring.start()) this.issue(io);
  }

  /** Commands are emulated one after another. */
  private issue(io: Io): void {
    const { now } = this.sim;
    this.busyUntil = (this.busyUntil > now ? this.busyUntil : now) + this.type.issueNs;
    this.sim.events.push(this.busyUntil, this.index, io);
  }
}
