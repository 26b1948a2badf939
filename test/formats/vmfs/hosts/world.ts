import { InputError } from '../../../../src/engine/core/errors.js';
import { sameBytes } from '../../../../src/engine/formats/vmfs/bytes.js';
import {
  decodeHeartbeat,
  HEARTBEAT_BREAKING,
  HEARTBEAT_IN_USE,
} from '../../../../src/engine/formats/vmfs/heartbeat.js';
import {
  type Access,
  type Answer,
  HostStopped,
  type Steps,
} from '../../../../src/engine/formats/vmfs/hosts/access.js';
import { ClusterHost } from '../../../../src/engine/formats/vmfs/hosts/cluster-host.js';
import { LogicalVolume } from '../../../../src/engine/formats/vmfs/logical-volume.js';
import { makeUuid, type Uuid } from '../../../../src/engine/formats/vmfs/uuid.js';
import type { MemoryImage } from '../../../../src/input/image/memory-image.js';
import { SECONDS, sequence } from '../model.js';

/** What the world may do wrong, to see that it is noticed. */
export interface Planted {
  /** Compare-and-write of locks writes without comparing. */
  readonly locksAlwaysTaken?: boolean;
  /** A lock looked at again looks as this host last saw it. */
  readonly checksSeeThePast?: boolean;
  /** The clock of host 0 runs so many times too fast. */
  readonly hasty?: number;
  /** What comes too late is performed all the same. */
  readonly lateIsPerformed?: boolean;
}

export interface WorldOptions extends Planted {
  readonly seed: number;
  readonly locking?: 'ats' | 'reservation';
  /** Once in so many accesses a host and what it has begun are held up for up to 60 s; 0 for never. */
  readonly stalls?: number;
}

/** One access of one host that waits for its turn. */
interface Thread {
  readonly steps: Steps<unknown>;
  access: Access;
  readyAt: number;
  readonly done: (result: unknown, error: unknown) => void;
  readonly effect: Effect;
}

/** What a host's operation does to what everybody knows. */
export interface Effect {
  /**
   * A lock was taken. What the operation found is checked after its last lock and is as it was then: of
   * all that is on the way to a name, only what changes stays locked until it takes effect.
   */
  readonly locked: () => void;
  readonly committed: () => void;
}

const NO_EFFECT: Effect = { locked: () => undefined, committed: () => undefined };

/** A host that is up. */
export class Machine {
  host: ClusterHost | undefined;
  operation: Thread | undefined;
  beat: Thread | undefined;
  /** Nothing of it is performed before. */
  pausedUntil = 0;
  /** What it does when its operation has ended. */
  again: (() => void) | undefined;
  /** Volume address of its heartbeat slot. */
  slotAt = 0;
  /** What it saw at places where locks are. */
  readonly seen = new Map<number, Uint8Array>();

  constructor(
    readonly number: number,
    /** Of hosts with the same number; part of the UUID. */
    readonly life: number,
    readonly uuid: Uuid,
  ) {}
}

/** More than a host that others lock out for a while, or for their lives, is refused. */
const REFUSALS = 50;

/** Hosts and one volume: at each turn one access of one of them is performed, drawn by the seed. */
export class World {
  now = 1e12;
  readonly machines: Machine[] = [];
  readonly random: () => number;
  readonly volume: LogicalVolume;
  private reservedBy: Machine | undefined;
  /** Accesses by purpose. */
  readonly traffic: Record<string, number> = {};
  steps = 0;
  /** Hosts that others took for dead. */
  broken = 0;
  /** Mounts in a row that were refused. */
  private refusals = 0;

  constructor(
    images: readonly MemoryImage[],
    readonly options: WorldOptions,
  ) {
    this.random = sequence(options.seed);
    this.volume = LogicalVolume.open(images);
  }

  /** A host that mounts the volume; `up` once it has. */
  boot(number: number, life: number, up: (machine: Machine) => void): Machine {
    const machine = new Machine(number, life, makeUuid(number + 1, [7, 7, life]));
    const hasty = number === 0 ? (this.options.hasty ?? 1) : 1;
    const mount = ClusterHost.mount(this.volume, {
      host: machine.uuid,
      seconds: SECONDS,
      resident: false,
      locking: this.options.locking ?? 'ats',
      now: () => this.now * hasty,
      random: this.random,
    });
    this.machines.push(machine);
    this.start(machine, mount, (host, error) => {
      if (error !== undefined) {
        // Somebody has kept a lock for long: it tries again. What is refused for good ends the game.
        if (++this.refusals > REFUSALS) throw error;
        this.kill(machine);
        machine.again = () => this.boot(number, life, up);
        return;
      }
      this.refusals = 0;
      machine.host = host;
      machine.again = () => up(machine);
    });
    return machine;
  }

  /** Ends a host without any of its knowledge reaching the volume. */
  kill(machine: Machine): void {
    this.machines.splice(this.machines.indexOf(machine), 1);
  }

  /** Lets a host do an operation. */
  start<T>(
    machine: Machine,
    steps: Steps<T>,
    done: (result: T, error: unknown) => void,
    effect = NO_EFFECT,
  ): void {
    machine.operation = this.thread(steps, done as Thread['done'], effect);
  }

  private thread(steps: Steps<unknown>, done: Thread['done'], effect: Effect): Thread | undefined {
    const thread: Thread = { steps, access: { kind: 'reset' }, readyAt: this.now, done, effect };
    return this.advance(thread, () => steps.next()) ? thread : undefined;
  }

  /** Runs a host up to its next access; false where it has come to an end. */
  private advance(thread: Thread, run: () => IteratorResult<Access, unknown>): boolean {
    let next: IteratorResult<Access, unknown>;
    try {
      next = run();
    } catch (error) {
      if (!(error instanceof InputError || error instanceof HostStopped)) throw error;
      thread.done(undefined, error);
      return false;
    }
    if (next.done === true) {
      thread.done(next.value, undefined);
      return false;
    }
    thread.access = next.value;
    thread.readyAt = this.now + this.delay(next.value);
    return true;
  }

  private delay(access: Access): number {
    if (access.kind === 'wait') return access.ns;
    return this.random() % 2e6;
  }

  /** Performs one access of one host; false when no host has anything to do. */
  step(): boolean {
    let chosen: Machine | undefined;
    let beating = false;
    let first = Number.POSITIVE_INFINITY;
    for (const machine of this.machines) {
      const { operation, beat, host, pausedUntil } = machine;
      const due = host !== undefined && this.now >= Math.max(host.nextBeatAt, pausedUntil);
      if (beat === undefined && due) {
        machine.beat = this.thread(
          host.beat(),
          () => {
            machine.beat = undefined;
          },
          NO_EFFECT,
        );
      }
      for (const thread of [operation, machine.beat]) {
        if (thread === undefined) continue;
        const readyAt = Math.max(thread.readyAt, pausedUntil);
        if (readyAt >= first) continue;
        first = readyAt;
        chosen = machine;
        beating = thread === machine.beat;
      }
    }
    if (chosen === undefined) return false;
    this.steps++;
    this.now = Math.max(this.now, first);
    const { stalls = 0 } = this.options;
    if (stalls > 0 && this.random() % stalls === 0) {
      chosen.pausedUntil = this.now + (this.random() % 60_000) * 1e6;
      return true;
    }
    const thread = (beating ? chosen.beat : chosen.operation) as Thread;
    const answer = this.perform(chosen, thread.access);
    if (answer.outcome === 'done') this.note(thread);
    if (this.advance(thread, () => thread.steps.next(answer))) return true;
    if (beating) chosen.beat = undefined;
    else chosen.operation = undefined;
    const { again } = chosen;
    chosen.again = undefined;
    again?.();
    return true;
  }

  private note({ access, effect }: Thread): void {
    if (access.kind !== 'write' && access.kind !== 'ats') return;
    const takes = access.kind === 'ats' || access.reserved;
    if (takes && access.purpose === 'lock') effect.locked();
    if (access.kind === 'write' && access.commits) effect.committed();
  }

  private perform(machine: Machine, access: Access): Answer {
    if (access.kind === 'wait') return { outcome: 'done' };
    if (access.kind === 'reset') {
      this.reservedBy = undefined;
      return { outcome: 'done' };
    }
    const other = this.reservedBy !== undefined && this.reservedBy !== machine;
    if (access.kind === 'release') {
      if (!other) this.reservedBy = undefined;
      return { outcome: 'done' };
    }
    if (access.kind === 'write' && access.reserved && this.reservedBy !== machine) {
      return { outcome: 'lost' };
    }
    if (other) return { outcome: 'conflict' };
    if (access.kind === 'reserve') {
      this.reservedBy = machine;
      return { outcome: 'done' };
    }
    if (access.kind !== 'read' && access.kind !== 'write' && access.kind !== 'ats')
      throw new Error();
    this.traffic[access.purpose] = (this.traffic[access.purpose] ?? 0) + 1;
    if (access.kind === 'read') return { outcome: 'done', bytes: this.read(machine, access) };
    if (this.now >= access.until && !this.options.lateIsPerformed) return { outcome: 'late' };
    if (access.kind === 'ats') {
      const found = new Uint8Array(access.expected.length);
      this.volume.read(access.at, found);
      const trusting = this.options.locksAlwaysTaken && access.purpose === 'lock';
      if (!trusting && !sameBytes(found, access.expected)) return { outcome: 'differs' };
    }
    if (access.purpose !== 'heartbeat') this.requireAlive(machine);
    else this.noteSlot(machine, access.at, access.bytes);
    this.volume.write(access.at, access.bytes);
    machine.seen.set(access.at, access.bytes);
    return { outcome: 'done' };
  }

  private read(machine: Machine, { at, length, purpose }: Access & { kind: 'read' }): Uint8Array {
    const past = machine.seen.get(at)?.slice(0, length);
    if (this.options.checksSeeThePast && purpose === 'lock' && past?.length === length) {
      if (length === 512) return past;
    }
    const bytes = new Uint8Array(length);
    this.volume.read(at, bytes);
    if (purpose === 'lock') machine.seen.set(at, bytes.slice(0, 512));
    return bytes;
  }

  /** Nobody changes the volume whose place there was taken: there are never two views of it. */
  private requireAlive(machine: Machine): void {
    const slot = new Uint8Array(512);
    this.volume.read(machine.slotAt, slot);
    const { state, owner } = decodeHeartbeat(slot);
    if (state === HEARTBEAT_IN_USE && owner === machine.uuid) return;
    throw new Error(`host ${machine.number} writes though its slot was taken over`);
  }

  /** A host is taken for dead after 16 to 20 s without a heartbeat (stack reference, section 6.1). */
  private noteSlot(machine: Machine, at: number, slot: Uint8Array): void {
    const { state, owner, stamp } = decodeHeartbeat(slot);
    if (state === HEARTBEAT_IN_USE && owner === machine.uuid) machine.slotAt = at;
    if (state !== HEARTBEAT_BREAKING || owner === machine.uuid) return;
    const before = new Uint8Array(512);
    this.volume.read(at, before);
    if (decodeHeartbeat(before).state !== HEARTBEAT_IN_USE) return;
    this.broken++;
    const silentNs = this.now - stamp * 1000;
    if (silentNs < 16e9) throw new Error(`a host broken after ${silentNs / 1e9} s`);
  }
}
