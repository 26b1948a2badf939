import { FormatError, InputError } from '../../../core/errors.js';
import { type Address, encode32, HOLE, unitOf } from '../address.js';
import { getU32, putU64 } from '../bytes.js';
import type { Generation } from '../generation.js';
import {
  decodeHeartbeat,
  encodeHeartbeat,
  HEARTBEAT_CLEAR,
  HEARTBEAT_IN_USE,
  type Heartbeat,
  heartbeatAddress,
  JOURNAL_AT,
  markOurs,
} from '../heartbeat.js';
import type { LockHolder } from '../lock.js';
import { isUuid, NO_UUID, type Uuid } from '../uuid.js';
import { REGION_CHUNK, type Steps } from './access.js';
import type { HostIo } from './host-io.js';

type Fields = Partial<Heartbeat>;

/** The heartbeat slot of a host that has mounted a volume (reference, section 7). */
export class OwnSlot {
  private constructor(
    private readonly io: HostIo,
    private readonly generation: Generation,
    private readonly blockBytes: number,
    readonly number: number,
    /** As it stands on the medium. */
    private bytes: Uint8Array,
  ) {}

  /**
   * Takes a free slot.
   * @returns it, and the slots an earlier life of this host has left behind
   * @throws InputError when there is none
   */
  static *take(
    io: HostIo,
    generation: Generation,
    blockBytes: number,
    host: Uuid,
    name: string,
  ): Steps<{ slot: OwnSlot; left: number[] }> {
    if (!isUuid(host)) throw new FormatError(`"${host}" is no host UUID`);
    const unit = generation.unitBytes;
    const left: number[] = [];
    const free: number[] = [];
    for (let first = 0; first < generation.heartbeats; first += REGION_CHUNK / unit) {
      const chunk = yield* io.read(heartbeatAddress(generation, first), REGION_CHUNK, 'heartbeat');
      for (let index = 0; index < REGION_CHUNK / unit; index++) {
        const bytes = chunk.subarray(index * unit);
        if (getU32(bytes, 0) === HEARTBEAT_CLEAR) free.push(first + index);
        else if (decodeHeartbeat(bytes).owner === host) left.push(first + index);
      }
    }
    for (const number of free) {
      const at = heartbeatAddress(generation, number);
      const found = yield* io.read(at, unit, 'heartbeat');
      if (getU32(found, 0) !== HEARTBEAT_CLEAR) continue;
      const slot = new OwnSlot(io, generation, blockBytes, number, found);
      const generationOf = decodeHeartbeat(found).generation + 1;
      const taken = { state: HEARTBEAT_IN_USE, owner: host, generation: generationOf, journal: 0 };
      const sentAt = io.now;
      if (!(yield* slot.replace(taken, HOLE))) continue;
      io.beatAt = sentAt;
      io.beat = () => slot.beat();
      return { slot, left };
    }
    throw InputError.of(name, 'no heartbeat slot is free', 'unmount the volume on another host');
  }

  get at(): number {
    return heartbeatAddress(this.generation, this.number);
  }

  get holder(): LockHolder {
    const { address, generation, owner } = decodeHeartbeat(this.bytes);
    return { heartbeatAddress: address, heartbeatGeneration: generation, host: owner };
  }

  /** Rewrites the stamp; a host whose slot is no longer its own has no business on the volume. */
  *beat(): Steps<void> {
    yield* this.io.beatAlone(() => this.mustReplace({}, undefined));
  }

  /** Names the block of the host's journal. */
  *nameJournal(block: Address): Steps<void> {
    const journal = block === HOLE ? 0 : encode32(block);
    yield* this.io.beatAlone(() => this.mustReplace({ journal }, block));
  }

  /** Gives the slot back: every lock this host still has is stale from here on. */
  *clear(): Steps<void> {
    const generation = decodeHeartbeat(this.bytes).generation + 1;
    const cleared = { state: HEARTBEAT_CLEAR, owner: NO_UUID, generation, journal: 0 };
    yield* this.io.beatAlone(() => this.mustReplace(cleared, HOLE));
    this.io.beat = undefined;
  }

  private *mustReplace(fields: Fields, block: Address | undefined): Steps<void> {
    if (yield* this.replace(fields, block)) return;
    this.io.stop('its heartbeat slot was taken over: other hosts took it for dead');
  }

  private *replace(fields: Fields, block: Address | undefined): Steps<boolean> {
    const next = this.bytes.slice();
    const heartbeat = {
      ...decodeHeartbeat(this.bytes),
      address: this.at,
      stamp: Math.floor(this.io.now / 1000),
      ...fields,
    };
    encodeHeartbeat(next, heartbeat, this.generation);
    markOurs(next);
    if (this.generation.product === 6 && block !== undefined) {
      putU64(next, JOURNAL_AT, block === HOLE ? 0 : unitOf(block) * this.blockBytes);
    }
    const swap = { at: this.at, expected: this.bytes, bytes: next };
    const { failed } = yield* this.io.swap([swap], 'heartbeat');
    if (failed !== undefined) return false;
    this.bytes = next;
    return true;
  }
}
