import { InputError } from '../../../core/errors.js';
import { type Address, HOLE, unitOf } from '../address.js';
import { placeIn } from '../allocator.js';
import { getU32, putU32, putU64, sameBytes } from '../bytes.js';
import { FREE } from '../cluster.js';
import type { Core } from '../core.js';
import { HEARTBEATS_AT } from '../generation.js';
import {
  decodeHeartbeat,
  decodeReplayer,
  encodeHeartbeat,
  encodeReplayer,
  HEARTBEAT_BREAKING,
  HEARTBEAT_CLEAR,
  heartbeatAddress,
  isOurs,
  JOURNAL_AT,
} from '../heartbeat.js';
import { committedBytes, decodeLog, idleLog } from '../journal.js';
import type { Lock } from '../lock.js';
import { journalBlock } from '../session.js';
import { SECTOR_BYTES } from '../store.js';
import { NO_UUID, type Uuid } from '../uuid.js';
import { BREAK_NS, REGION_CHUNK, type Steps } from './access.js';
import type { Runner } from './runner.js';

/** A heartbeat slot as it was when it was last seen to change. */
interface Sighting {
  readonly bytes: Uint8Array;
  /** Host's time, ns. */
  readonly at: number;
}

/** A lock another host has had for a while. */
interface Waiting {
  readonly token: number;
  readonly since: number;
  /** The holder's slot at that time. */
  readonly slot: Uint8Array;
}

/** Stack reference, section 6.1: what takes 8 s is late. A lock that a living host keeps longer is reported. */
const PATIENCE_NS = 8e9;
/** Model: a lock nobody gave back within a second is looked at once a second. */
const SHORT_NS = 1e9;

/**
 * What a host does about locks of others: waits while their holder lives, and recovers a holder that is
 * dead (stack reference, sections 6.3 and 7): its slot is marked, its journal replayed, the slot cleared.
 * Its locks are stale then; nobody searches for them.
 */
export class Recovery {
  private readonly waiting = new Map<number, Waiting>();
  private readonly sightings = new Map<number, Sighting>();
  /** Slots whose journal this host has replayed, with their generation. */
  private readonly replayed = new Map<number, number>();
  /** Locks that were found stale, with their token: what they guard is read after that. */
  private readonly stale = new Map<number, number>();

  constructor(
    private readonly core: Core,
    private readonly runner: Runner,
  ) {}

  /** True where the lock is stale and what it guards was read since. Else it is to be asked again. */
  *contend(lock: Lock, attempt: number): Steps<boolean> {
    if (this.stale.get(lock.address) === lock.token) {
      this.stale.delete(lock.address);
      return true;
    }
    if (yield* this.isStale(lock, attempt)) this.stale.set(lock.address, lock.token);
    return false;
  }

  private *isStale(lock: Lock, attempt: number): Steps<boolean> {
    const slot = this.slotOf(lock.heartbeatAddress);
    if (slot === undefined) {
      throw InputError.of(this.core.name, `lock ${lock.address} names no heartbeat slot`);
    }
    const bytes = yield* this.readSlot(slot);
    const heartbeat = decodeHeartbeat(bytes);
    const gone =
      heartbeat.state === HEARTBEAT_CLEAR || heartbeat.generation !== lock.heartbeatGeneration;
    if (gone || this.replayed.get(slot) === heartbeat.generation) return true;
    yield* this.look(slot, bytes);
    const waited = this.requirePatience(lock, bytes);
    if (waited < SHORT_NS) yield* this.runner.io.backOff(attempt);
    else yield* this.runner.io.wait(SHORT_NS);
    return false;
  }

  /**
   * How long (ns) the lock has been waited for.
   * @throws InputError where a host that has shown since that it lives keeps the lock
   */
  private requirePatience(lock: Lock, slot: Uint8Array): number {
    const { now } = this.runner.io;
    const known = this.waiting.get(lock.address);
    if (known?.token !== lock.token) {
      this.waiting.set(lock.address, { token: lock.token, since: now, slot });
      return 0;
    }
    const waited = now - known.since;
    if (waited < PATIENCE_NS || sameBytes(known.slot, slot)) return waited;
    this.waiting.delete(lock.address);
    throw InputError.of(
      this.core.name,
      `the file is locked by host ${lock.owner} (mode ${lock.mode})`,
      'close it on that host first',
    );
  }

  /** Watches a slot, and recovers its host once that is dead. */
  private *look(slot: number, bytes: Uint8Array): Steps<void> {
    const { now } = this.runner.io;
    const seen = this.sightings.get(slot);
    if (seen === undefined || !sameBytes(seen.bytes, bytes)) {
      this.sightings.set(slot, { bytes, at: now });
      return;
    }
    const { state } = decodeHeartbeat(bytes);
    if (state === HEARTBEAT_BREAKING) yield* this.takeOver(slot, bytes);
    else if (now >= seen.at + BREAK_NS) yield* this.recover(slot, bytes);
  }

  /** Another host is recovering this one's owner; if that host died over it, this one goes on. */
  private *takeOver(slot: number, bytes: Uint8Array): Steps<void> {
    const replayer = decodeReplayer(bytes);
    const other = this.slotOf(replayer.heartbeatAddress);
    if (other === undefined || other === this.runner.slot?.number) {
      yield* this.recover(slot, bytes);
      return;
    }
    const its = yield* this.readSlot(other);
    const { state, generation } = decodeHeartbeat(its);
    if (state === HEARTBEAT_CLEAR || generation !== replayer.heartbeatGeneration) {
      yield* this.recover(slot, bytes);
    } else yield* this.look(other, its);
  }

  /** Recovers an earlier life of this host, unless somebody has. */
  *recoverOwn(slot: number, host: Uuid): Steps<void> {
    const bytes = yield* this.readSlot(slot);
    const { state, owner } = decodeHeartbeat(bytes);
    if (state !== HEARTBEAT_CLEAR && owner === host) yield* this.recover(slot, bytes);
  }

  private *recover(slot: number, bytes: Uint8Array): Steps<void> {
    const { core, runner } = this;
    const heartbeat = decodeHeartbeat(bytes);
    const block = journalBlock(core, heartbeat, bytes);
    if (heartbeat.journal === 0 ? !isOurs(bytes) : block === undefined) {
      this.refuse(slot, heartbeat.owner);
    }
    const marked = bytes.slice();
    if (runner.slot === undefined) return;
    const { host, heartbeatAddress: at, heartbeatGeneration } = runner.slot.holder;
    putU32(marked, 0, HEARTBEAT_BREAKING);
    encodeReplayer(marked, { host, heartbeatAddress: at, heartbeatGeneration });
    const swap = { at: this.at(slot), expected: bytes, bytes: marked };
    const { failed } = yield* runner.io.swap([swap], 'heartbeat');
    if (failed !== undefined) return;
    if (block !== undefined && !(yield* this.replay(block))) this.refuse(slot, heartbeat.owner);
    this.replayed.set(slot, heartbeat.generation);
    for (const [other, its] of yield* this.brokenBy(slot, heartbeat.generation)) {
      yield* this.recover(other, its);
    }
    yield* this.clear(slot, marked, block);
    this.replayed.delete(slot);
    this.sightings.delete(slot);
    runner.counts.recoveries++;
  }

  private refuse(slot: number, owner: string): never {
    throw InputError.of(
      this.core.name,
      `host ${owner} (heartbeat slot ${slot}) is dead, and its journal is not one of vmtop`,
      'mount the volume on an ESXi host, which will replay it',
    );
  }

  /** False where the block is no journal of vmtop. */
  private *replay(block: Address): Steps<boolean> {
    const { io } = this.runner;
    const { blockBytes } = this.core;
    const at = unitOf(block) * blockBytes;
    const head = yield* io.read(at, SECTOR_BYTES, 'journal');
    const length = committedBytes(head, blockBytes);
    if (length === undefined || length === 0) return length === 0;
    const body = yield* io.read(at + SECTOR_BYTES, length, 'journal');
    yield* this.runner.writeSectors(decodeLog(head, body), false);
    yield* io.write(at, idleLog(), 'journal');
    return true;
  }

  /**
   * Gives the journal back, and clears the slot before anybody can take its block: the lock on its cluster
   * is released last. The slot is not in the transaction: a free one belongs to whoever takes it, also
   * while a journal still names it.
   */
  private *clear(slot: number, marked: Uint8Array, block: Address | undefined): Steps<void> {
    const { core, runner } = this;
    const at = this.at(slot);
    const cleared = marked.slice();
    const old = decodeHeartbeat(marked);
    const fields = { state: HEARTBEAT_CLEAR, owner: NO_UUID, journal: 0 };
    encodeHeartbeat(
      cleared,
      { ...old, address: at, ...fields, generation: old.generation + 1 },
      core.generation,
    );
    if (core.generation.product === 6) putU64(cleared, JOURNAL_AT, HOLE);
    const give = (): void => {
      if (block !== undefined) giveBlock(core, block);
    };
    yield* runner.run(core, give, {
      aside: true,
      *after() {
        yield* runner.io.swap([{ at, expected: marked, bytes: cleared }], 'heartbeat');
      },
    });
  }

  /** Slots that a host was about to clear: they come before its own. */
  private *brokenBy(slot: number, generation: number): Steps<[number, Uint8Array][]> {
    const { unitBytes, heartbeats } = this.core.generation;
    const found: [number, Uint8Array][] = [];
    for (let first = 0; first < heartbeats; first += REGION_CHUNK / unitBytes) {
      const chunk = yield* this.runner.io.read(this.at(first), REGION_CHUNK, 'heartbeat');
      for (let from = 0; from < chunk.length; from += unitBytes) {
        if (getU32(chunk, from) !== HEARTBEAT_BREAKING) continue;
        const replayer = decodeReplayer(chunk.subarray(from));
        const its = replayer.heartbeatAddress === this.at(slot);
        if (!its || replayer.heartbeatGeneration !== generation) continue;
        found.push([first + from / unitBytes, chunk.slice(from, from + unitBytes)]);
      }
    }
    return found.filter(([other]) => other !== slot);
  }

  private *readSlot(slot: number): Steps<Uint8Array> {
    return yield* this.runner.io.read(this.at(slot), this.core.generation.unitBytes, 'heartbeat');
  }

  private at(slot: number): number {
    return heartbeatAddress(this.core.generation, slot);
  }

  /** Number of the slot at an address; undefined where there is none. */
  private slotOf(address: number): number | undefined {
    const { unitBytes, heartbeats } = this.core.generation;
    const slot = (address - HEARTBEATS_AT) / unitBytes;
    return Number.isInteger(slot) && slot >= 0 && slot < heartbeats ? slot : undefined;
  }
}

/** Marks a file block free; one that is free already stays so. */
export function giveBlock(core: Core, block: Address): void {
  const blocks = core.require(core.resources.blocks);
  const { cluster, item } = placeIn(blocks, block);
  const header = blocks.readCluster(cluster);
  if (header.isFree(item)) return;
  header.setState(item, FREE);
  header.count(header.free + 1);
  blocks.writeCluster(cluster, header);
}
