import { assert } from '../../core/assert.js';
import { type Io, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { STATION_FIELDS, Station } from '../../core/station.js';
import type { AdapterType } from './adapter-type.js';

/** What the adapter keeps: when it is free again; when the last interrupt asked for fires or fired. */
const BUSY_UNTIL = 0;
const INTERRUPT_AT = 1;
const CELLS = 2;

/** A virtual disk on the adapter: gets its commands back once they are taken from the ring. */
export interface Target extends Layer {
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
  private targets = 0;
  /** Number of the target, a layer; the same column as the disks write. */
  private readonly targetOf: Int32Array;
  private readonly cells: Float64Array;
  private readonly base: number;
  /** Where interrupts are counted. */
  private readonly interrupts: number;

  constructor(sim: Sim, { vm, host, name, type }: VirtualAdapterOptions) {
    super(sim, `vscsi ${vm}:${name}`);
    this.type = type;
    const labels = { vm, host, type: type.name };
    const fields = [...STATION_FIELDS, 'interrupts'];
    this.entity = sim.meters.define('vscsi', `${vm}:${name}`, labels, fields);
    this.ring = new Station(sim, 'vscsi.ring', this.entity, type.ringDepth);
    const { values, base } = sim.cells.take(CELLS);
    this.cells = values;
    this.base = base;
    values[base + INTERRUPT_AT] = -1;
    this.interrupts = this.entity.base + this.entity.slot('interrupts');
    this.targetOf = sim.requests.column('vscsi.target', Int32Array);
  }

  /** Puts a disk on the adapter; its number as a layer goes into `vscsi.target` of its rows. */
  attach(): void {
    const { disksMax, name } = this.type;
    assert(this.targets++ < disksMax, `${name} takes ${disksMax} disks`);
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
    (this.sim.layers[this.targetOf[io]] as Target).decode(io);
  }

  /** Takes a command out that waits for the ring; false when it does not. */
  withdraw(io: Io): boolean {
    return this.ring.withdraw(io);
  }

  /** When the guest hears of a command that comes back now. */
  interrupt(): number {
    const { cells, base } = this;
    const { now } = this.sim;
    if (now >= cells[base + INTERRUPT_AT]) {
      cells[base + INTERRUPT_AT] = now + this.type.interruptNs;
      this.entity.counters[this.interrupts]++;
    }
    return cells[base + INTERRUPT_AT];
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
    const free = this.cells[this.base + BUSY_UNTIL];
    const doneAt = (free > now ? free : now) + this.type.issueNs;
    this.cells[this.base + BUSY_UNTIL] = doneAt;
    this.sim.events.push(doneAt, this.index, io);
  }
}
