import { assert } from '../core/assert.js';
import { type Io, NO_IO } from '../core/io.js';
import { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';
import { HOST_ABORT, hostOf } from '../core/status.js';
import { formatDuration } from '../core/units.js';
import type { GuestMachine } from './machine.js';

/** Tries of a command after the first: Linux' SD_MAX_RETRIES (from memory). */
const RETRIES = 5;
/** How long the guest waits for the result of an abort or a reset: Linux' eh_timeout (from memory). */
const RECOVERY_NS = 10e9;
/** Pause between resets of the bus that do not help (model: as the host's Disk.ResetPeriod). */
const AGAIN_NS = 30e9;
/** One line in the event log in this time at most (model). */
const NOTE_NS = 1e9;

/** The virtual disk below, and what its guest may do about commands that do not come back. */
export interface AbortableDisk extends Layer {
  readonly sizeBlocks: number;
  abort(io: Io): void;
  reset(): void;
}

export interface GuestDiskDriverOptions {
  readonly machine: GuestMachine;
  /** `web1:scsi0:0`. */
  readonly disk: string;
  /** Name of the guest, for the event log. */
  readonly guest: string;
  readonly timeoutNs: number;
}

/**
 * The disk driver of a guest that does not wait for ever (stack-lower reference, 4.4). A command
 * without an answer in time is aborted; while that does not bring it back, the guest resets the LUN,
 * then the bus. An aborted command is tried again, and fails after five tries more.
 *
 * Deadlines lie one after the other in a list, in the order in which they expire, since all commands
 * have the same time: one event for the first of them is enough. A stunned machine has no time; when
 * it runs again every command gets its full time (model).
 */
export class GuestDiskDriver extends Layer {
  /** Commands given up and not back yet. */
  private overdue = 0;
  private escalated = 0;
  private recovering = false;
  /** Time-outs since the last line in the event log, and when that was. */
  private unnoted = 0;
  private notedAt = Number.NEGATIVE_INFINITY;

  private readonly machine: GuestMachine;
  private readonly disk: string;
  private readonly guest: string;
  private readonly timeoutNs: number;
  /** When the command was sent last; negative once its time is over. */
  private readonly since: Float64Array;
  private readonly tries: Uint8Array;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  private first: Io = NO_IO;
  private last: Io = NO_IO;
  private armed = false;

  constructor(
    sim: Sim,
    options: GuestDiskDriverOptions,
    private readonly lower: AbortableDisk,
  ) {
    super(sim, `guest driver of ${options.disk}`);
    this.machine = options.machine;
    this.disk = options.disk;
    this.guest = options.guest;
    this.timeoutNs = options.timeoutNs;
    const { requests } = sim;
    this.since = requests.column('guest.since', Float64Array);
    this.tries = requests.column('guest.tries', Uint8Array);
    this.next = requests.column('guest.next', Int32Array);
    this.previous = requests.column('guest.previous', Int32Array);
    options.machine.onResume(() => this.restart());
  }

  get sizeBlocks(): number {
    return this.lower.sizeBlocks;
  }

  override submit(io: Io): void {
    this.tries[io] = 0;
    this.send(io);
  }

  override complete(io: Io): void {
    const { status, sense } = this.sim.requests;
    if (this.since[io] < 0) this.overdue--;
    else this.unlink(io);
    if (status[io] !== 0 && this.mayRetry(io)) {
      this.tries[io]++;
      status[io] = 0;
      sense[io] = 0;
      this.send(io);
    } else {
      this.leave(io).complete(io);
    }
  }

  /** The time of the first command may be over. */
  override fire(): void {
    this.armed = false;
    if (this.machine.stunned) return;
    const { now } = this.sim;
    let expired = 0;
    while (this.first !== NO_IO && this.since[this.first] + this.timeoutNs <= now) {
      const io = this.first;
      this.unlink(io);
      this.since[io] = -1;
      this.overdue++;
      expired++;
      this.lower.abort(io);
    }
    this.arm();
    if (expired === 0) return;
    this.unnoted += expired;
    if (now >= this.notedAt + NOTE_NS) this.noteTimeouts();
    this.recover();
  }

  private send(io: Io): void {
    this.since[io] = this.sim.now;
    this.link(io);
    this.enter(io);
    this.lower.submit(io);
  }

  private mayRetry(io: Io): boolean {
    const aborted = hostOf(this.sim.requests.status[io]) === HOST_ABORT;
    return aborted && this.tries[io] < RETRIES && !this.machine.stunned;
  }

  /** Waits for what has been aborted; resets, and resets more, while it does not come back. */
  private recover(): void {
    if (this.recovering) return;
    this.recovering = true;
    this.escalated = 0;
    this.sim.timers.delay(RECOVERY_NS, () => this.escalate());
  }

  private escalate(): void {
    if (this.overdue === 0) {
      this.recovering = false;
      return;
    }
    if (!this.machine.stunned) {
      const reset = this.escalated === 0 ? 'LUN reset' : 'bus reset';
      const why = `${this.overdue} aborted and not back`;
      this.note('guest.reset', `${reset}: all commands of the disk are aborted`, why);
      this.escalated++;
      this.lower.reset();
    }
    const pauseNs = this.escalated < 2 ? RECOVERY_NS : AGAIN_NS;
    this.sim.timers.delay(pauseNs, () => this.escalate());
  }

  private noteTimeouts(): void {
    const { unnoted } = this;
    const what = `${unnoted} ${unnoted === 1 ? 'command' : 'commands'} given up: ABORT TASK`;
    this.note('guest.timeout', what, `no answer in ${formatDuration(this.timeoutNs)}`);
    this.notedAt = this.sim.now;
    this.unnoted = 0;
  }

  private note(kind: string, what: string, why: string): void {
    this.sim.log.note(kind, this.disk, what, `${why} (${this.guest})`);
  }

  private restart(): void {
    for (let io = this.first; io !== NO_IO; io = this.next[io]) this.since[io] = this.sim.now;
    this.arm();
  }

  private arm(): void {
    if (this.armed || this.first === NO_IO) return;
    this.armed = true;
    this.sim.events.push(this.since[this.first] + this.timeoutNs, this.index, NO_IO);
  }

  private link(io: Io): void {
    this.next[io] = NO_IO;
    this.previous[io] = this.last;
    if (this.last === NO_IO) this.first = io;
    else this.next[this.last] = io;
    this.last = io;
    if (!this.armed) this.arm();
  }

  private unlink(io: Io): void {
    const { next, previous } = this;
    // A command that came back twice would tie lists together, and into rings.
    const before = previous[io] === NO_IO ? this.first : next[previous[io]];
    const after = next[io] === NO_IO ? this.last : previous[next[io]];
    assert(before === io && after === io, 'a guest was given back a command it has not issued');
    if (previous[io] === NO_IO) this.first = next[io];
    else next[previous[io]] = next[io];
    if (next[io] === NO_IO) this.last = previous[io];
    else previous[next[io]] = previous[io];
  }
}
