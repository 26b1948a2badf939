import { assert } from '../../../core/assert.js';
import { sameBytes } from '../bytes.js';
import {
  type Access,
  type Answer,
  BREAK_NS,
  type CompareAndWrite,
  HEARTBEAT_NS,
  HostStopped,
  LEASE_NS,
  type Purpose,
  type Steps,
  type Write,
} from './access.js';

/** Bytes that are to take the place of others, if those are still there. */
export interface Swap {
  readonly at: number;
  readonly expected: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface IoOptions {
  /** The host's clock, in ns; it may start anywhere but must run at the pace of the others'. */
  readonly now: () => number;
  /** Random words of 32 bits. */
  readonly random: () => number;
  /** By COMPARE AND WRITE, or by SCSI-2 reservations where the array has none. */
  readonly locking: 'ats' | 'reservation';
}

/** How far a swap came: how many have changed, and which was not as expected. */
export interface Swapped {
  readonly changed: number;
  readonly failed: number | undefined;
}

/** Model: how often a host looks whether its heartbeat has arrived that it cannot go on without. */
const POLL_NS = 50e6;
/** Model: pause before a command that met another host's reservation is sent again; it doubles 5 times. */
const CONFLICT_NS = 5e6;
/** Stack reference, section 6.3: random pauses of 0 to about 200 ms between attempts. */
const BACK_OFF_NS = 200e6;
/** Room for what was begun under a reservation, before others may reset it. */
const RESERVED_NS = BREAK_NS - LEASE_NS;

/** The accesses of one host, with what must hold for each of them. */
export class HostIo {
  /** When the last heartbeat that arrived was sent; from then on the lease counts. */
  beatAt = Number.NEGATIVE_INFINITY;
  /** How a heartbeat is sent, while the host has a slot. */
  beat: (() => Steps<void>) | undefined;
  private beating = false;
  private reserving = false;
  private stopped: string | undefined;

  constructor(readonly options: IoOptions) {}

  get now(): number {
    return this.options.now();
  }

  /** True while the host may begin changes of the volume. */
  get leased(): boolean {
    return this.now < this.beatAt + LEASE_NS;
  }

  /** Ends this host's use of the volume: every later access is refused. */
  stop(reason: string): never {
    this.stopped ??= reason;
    throw new HostStopped(this.stopped);
  }

  get isStopped(): boolean {
    return this.stopped !== undefined;
  }

  /** Sends a heartbeat where one is due. */
  private *keepAlive(): Steps<void> {
    while (this.beat !== undefined && !this.reserving && this.now >= this.beatAt + HEARTBEAT_NS) {
      if (!this.beating) yield* this.beat();
      else if (this.leased) return;
      else yield* this.wait(POLL_NS);
    }
  }

  /** Changes the host's own slot, one change after the other. */
  *beatAlone(change: () => Steps<void>): Steps<void> {
    while (this.beating) yield* this.wait(POLL_NS);
    this.beating = true;
    const sentAt = this.now;
    yield* change();
    this.beatAt = sentAt;
    this.beating = false;
  }

  *read(at: number, length: number, purpose: Purpose): Steps<Uint8Array> {
    if (purpose !== 'heartbeat') yield* this.keepAlive();
    const { bytes } = yield* this.perform({ kind: 'read', at, length, purpose });
    assert(bytes?.length === length, 'a read answered without its bytes');
    return bytes;
  }

  /** Writes what only this host may write: its locks are what guards it. */
  *write(at: number, bytes: Uint8Array, purpose: Purpose, commits = false): Steps<void> {
    yield* this.keepAlive();
    yield* this.perform(new LeasedWrite(this, at, bytes, purpose, commits, undefined));
  }

  /**
   * Changes several places, in the order of their addresses. Heartbeats may come late: they only replace
   * what this host put there.
   */
  *swap(swaps: readonly Swap[], purpose: Purpose): Steps<Swapped> {
    if (purpose !== 'heartbeat') yield* this.keepAlive();
    if (this.options.locking === 'reservation') return yield* this.swapReserved(swaps, purpose);
    for (const [index, swap] of swaps.entries()) {
      const { outcome } = yield* this.perform(new LeasedSwap(this, swap, purpose));
      if (outcome === 'differs') return { changed: index, failed: index };
    }
    return { changed: swaps.length, failed: undefined };
  }

  /** One reservation for all of them (stack reference, section 6.3). */
  private *swapReserved(swaps: readonly Swap[], purpose: Purpose): Steps<Swapped> {
    if (swaps.length === 0) return { changed: 0, failed: undefined };
    while (this.reserving) yield* this.wait(POLL_NS);
    this.reserving = true;
    yield* this.perform({ kind: 'reserve' });
    const last = this.now + RESERVED_NS;
    const failed = yield* this.firstDifferent(swaps, purpose);
    let changed = 0;
    if (failed === undefined) changed = yield* this.writeReserved(swaps, purpose, last);
    yield* this.perform({ kind: 'release' });
    this.reserving = false;
    return { changed, failed: failed ?? (changed < swaps.length ? changed : undefined) };
  }

  private *firstDifferent(swaps: readonly Swap[], purpose: Purpose): Steps<number | undefined> {
    for (const [index, { at, expected }] of swaps.entries()) {
      const found = yield* this.read(at, expected.length, purpose);
      if (!sameBytes(found, expected)) return index;
    }
    return undefined;
  }

  /** How many were written before the reservation was reset. */
  private *writeReserved(swaps: readonly Swap[], purpose: Purpose, until: number): Steps<number> {
    for (const [index, { at, bytes }] of swaps.entries()) {
      const write = new LeasedWrite(this, at, bytes, purpose, false, until);
      const { outcome } = yield* this.perform(write);
      if (outcome === 'lost') return index;
    }
    return swaps.length;
  }

  *wait(ns: number): Steps<void> {
    yield* this.perform({ kind: 'wait', ns });
  }

  /** A pause that grows with each attempt. */
  *backOff(attempt: number): Steps<void> {
    const most = Math.min(BACK_OFF_NS, 1e6 * (1 << Math.min(attempt, 8)));
    yield* this.wait(1 + most * this.part());
  }

  /** From 0 to 1. */
  private part(): number {
    return this.options.random() / 0x100000000;
  }

  private *perform(access: Access): Steps<Answer> {
    let since = Number.NaN;
    let conflicts = 0;
    for (;;) {
      if (this.stopped !== undefined) throw new HostStopped(this.stopped);
      const answer = yield access;
      switch (answer.outcome) {
        case 'late':
          return this.stop('a command came too late: other hosts may have broken its locks');
        case 'failed':
          return this.stop('the medium failed');
        case 'conflict':
          if (Number.isNaN(since)) since = this.now;
          // Whoever reserved the volume is dead: the living hold it for a few commands.
          if (this.now - since > RESERVED_NS) {
            yield { kind: 'reset' };
            since = this.now;
          }
          yield {
            kind: 'wait',
            ns: 1 + CONFLICT_NS * (1 << Math.min(conflicts++, 5)) * this.part(),
          };
          continue;
        default:
          return answer;
      }
    }
  }
}

/** Until when a change may be performed. Heartbeats replace only what their host put there itself. */
function deadline(io: HostIo, purpose: Purpose): number {
  return purpose === 'heartbeat' ? Number.POSITIVE_INFINITY : io.beatAt + BREAK_NS;
}

class LeasedWrite implements Write {
  readonly kind = 'write';

  constructor(
    private readonly io: HostIo,
    readonly at: number,
    readonly bytes: Uint8Array,
    readonly purpose: Purpose,
    readonly commits: boolean,
    /** End of the reservation it relies on. */
    private readonly reservedUntil: number | undefined,
  ) {}

  get reserved(): boolean {
    return this.reservedUntil !== undefined;
  }

  get until(): number {
    const last = this.reservedUntil ?? Number.POSITIVE_INFINITY;
    return Math.min(deadline(this.io, this.purpose), last);
  }
}

class LeasedSwap implements CompareAndWrite {
  readonly kind = 'ats';
  readonly at: number;
  readonly expected: Uint8Array;
  readonly bytes: Uint8Array;

  constructor(
    private readonly io: HostIo,
    swap: Swap,
    readonly purpose: Purpose,
  ) {
    this.at = swap.at;
    this.expected = swap.expected;
    this.bytes = swap.bytes;
  }

  get until(): number {
    return deadline(this.io, this.purpose);
  }
}
