/**
 * Where the time of commands goes, part by part, from the guest to the platter. Off unless somebody
 * looks: then a row is one test of a byte that lies beside `op`; the columns do not even exist.
 *
 * A row that is followed carries the instant up to which its time is accounted for. Whoever hands it
 * on says what the time since then was spent on, so the parts of a command add up to its latency to
 * the nanosecond, whatever happens on the way.
 */
import type { Io } from './io.js';
import { NO_IO } from './io.js';
import type { EntityInfo, Meters } from './meters.js';
import type { Requests } from './requests.js';

/** Parts of a command's way, from the guest down; also the fields of a `breakdown` entity. */
export const PARTS = [
  'vscsiNs',
  'filterNs',
  'filesystemNs',
  'queueNs',
  'multipathNs',
  'adapterNs',
  'driverNs',
  'fabricNs',
  'portNs',
  'controllerNs',
  'diskNs',
] as const;

/** Waiting for the ring, emulation, and the interrupt that ends the command. */
export const PART_VSCSI = 0;
/** Held by a storage policy's limit. */
export const PART_FILTER = 1;
/** Virtual disk and file system: metadata and first writes that others wait for. */
export const PART_FILESYSTEM = 2;
/** Waiting in the device queue: QAVG. */
export const PART_QUEUE = 3;
/** No path, or a pause before another try. */
export const PART_MULTIPATH = 4;
/** Waiting for the adapter. */
export const PART_ADAPTER = 5;
/** The driver's work both ways, and interrupts that are held back. */
export const PART_DRIVER = 6;
/** On the wire, both ways. */
export const PART_FABRIC = 7;
/** At the target port or in the NFS server's queue. */
export const PART_PORT = 8;
/** Controller and cache. */
export const PART_CONTROLLER = 9;
/** Disks: waiting and service. */
export const PART_DISK = 10;

export const BREAKDOWN_FIELDS = ['commands', ...PARTS] as const;

/** Scopes that have a breakdown. */
const FOLLOWED = new Set(['disk', 'device']);

/** Followed from the guest on. */
const WHOLE = 1;
/** Followed from the device queue on: the host's own commands, and those under way at the start. */
const BELOW = 2;
/** Added while the row rides on another one. */
const RIDES = 4;

export class Breakdown {
  /** Commands that set out now are followed. */
  on = false;
  private readonly traced: Uint8Array;
  private since: Float64Array | undefined;
  private readonly parts: Float64Array[] = [];
  /** Counters by the index of the entity they are about. */
  private readonly sums: (Float64Array | undefined)[] = [];
  private defined = 0;

  constructor(private readonly requests: Requests) {
    this.traced = requests.traced;
  }

  /** Follows commands from now on; what is measured appears as entities of scope `breakdown`. */
  start(meters: Meters): void {
    this.on = true;
    if (this.since === undefined) {
      this.since = this.requests.column('breakdown.since', Float64Array);
      for (const part of PARTS) {
        this.parts.push(this.requests.column(`breakdown.${part}`, Float64Array));
      }
    }
    const { length } = meters.entities;
    for (let index = this.defined; index < length; index++) {
      const { scope, name, labels } = meters.entities[index];
      if (!FOLLOWED.has(scope)) continue;
      const own = { ...labels, of: scope };
      this.sums[index] = meters.define('breakdown', name, own, BREAKDOWN_FIELDS).values;
    }
    this.defined = length;
  }

  /** Commands under way are followed to their end, no others. */
  stop(): void {
    this.on = false;
  }

  /** A guest's command sets out. */
  begin(io: Io, now: number): void {
    this.clear(io, WHOLE, now);
  }

  /** A row enters a device's queue; one that nobody has followed so far is followed from here. */
  enterDevice(io: Io, now: number): void {
    if (this.traced[io] === 0) this.clear(io, BELOW, now);
    else this.pass(io, PART_FILESYSTEM, now);
  }

  /**
   * The time since the last call was spent on `part`.
   * @param at end of it, ns; may lie ahead where a delay is carried in `readyAt`
   */
  pass(io: Io, part: number, at: number): void {
    const since = this.since!;
    const spentNs = at - since[io];
    // The delay a row carries is accounted for already.
    if (spentNs <= 0) return;
    this.parts[part][io] += spentNs;
    since[io] = at;
  }

  /** The command is done with the device: what it spent there counts for it. */
  leaveDevice(io: Io, entity: EntityInfo): void {
    this.add(io, entity, PART_QUEUE);
    if (this.traced[io] === BELOW) this.traced[io] = 0;
  }

  /** The guest has its answer. */
  end(io: Io, entity: EntityInfo): void {
    if (this.traced[io] === WHOLE) this.add(io, entity, PART_VSCSI);
    this.traced[io] = 0;
  }

  /** `child` goes a part of its parent's way. */
  fork(io: Io, child: Io): void {
    this.clear(child, this.traced[io], this.since![io]);
  }

  /** The last child is back: the parent's time was this child's, which all others ended before. */
  join(child: Io, io: Io): void {
    for (const part of this.parts) part[io] += part[child];
    this.since![io] = this.since![child];
  }

  /** A merged command leaves the queue: its riders go its way from here. */
  lead(leader: Io, rider: Int32Array, now: number): void {
    for (let io = rider[leader]; io !== NO_IO; io = rider[io]) {
      if (this.traced[io] === 0) continue;
      this.pass(io, PART_ADAPTER, now);
      if (this.traced[leader] === 0) continue;
      this.traced[io] |= RIDES;
      for (const part of this.parts) part[io] -= part[leader];
    }
  }

  /** It is back, and its riders with it; before any of them is handed on. */
  arrive(leader: Io, rider: Int32Array, now: number): void {
    for (let io = rider[leader]; io !== NO_IO; io = rider[io]) {
      if (this.traced[io] === 0) continue;
      if ((this.traced[io] & RIDES) === 0) {
        this.pass(io, PART_DRIVER, now);
        continue;
      }
      this.traced[io] &= ~RIDES;
      this.join(leader, io);
    }
  }

  private clear(io: Io, how: number, since: number): void {
    this.traced[io] = how;
    this.since![io] = since;
    for (const part of this.parts) part[io] = 0;
  }

  private add(io: Io, { index }: EntityInfo, first: number): void {
    const sums = this.sums[index];
    if (sums === undefined) return;
    sums[0]++;
    for (let part = first; part < PARTS.length; part++) sums[1 + part] += this.parts[part][io];
  }
}
