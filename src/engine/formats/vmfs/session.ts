import { FormatError, InputError } from '../../core/errors.js';
import {
  type Address,
  decode32,
  encode32,
  FILE_BLOCK,
  kindOf,
  makeAddress,
  unitOf,
} from './address.js';
import { placeIn } from './allocator.js';
import { getU32, getU64Saturated, putU64 } from './bytes.js';
import { FREE, SPLIT } from './cluster.js';
import type { Core } from './core.js';
import {
  decodeHeartbeat,
  encodeHeartbeat,
  HEARTBEAT_BREAKING,
  HEARTBEAT_CLEAR,
  HEARTBEAT_IN_USE,
  type Heartbeat,
  heartbeatAddress,
  isOurs,
  JOURNAL_AT,
} from './heartbeat.js';
import { Journal } from './journal.js';
import type { Resource } from './resource.js';
import { isUuid, type Uuid } from './uuid.js';

/** A slot in use, and its host's journal where that is one vmtop can read. */
export interface LiveSlot {
  readonly slot: number;
  readonly heartbeat: Heartbeat;
  /** File block of the journal. */
  readonly block: Address | undefined;
  readonly journal: Journal | undefined;
  /** True for a slot taken by a `ClusterHost`. */
  readonly ours: boolean;
}

/** Slots of the volume that are not clear. */
export function liveSlots(core: Core): LiveSlot[] {
  const { generation, store } = core;
  const unit = generation.unitBytes;
  const region = store.read(heartbeatAddress(generation, 0), generation.heartbeats * unit);
  const live: LiveSlot[] = [];
  for (let slot = 0; slot < generation.heartbeats; slot++) {
    const bytes = region.subarray(slot * unit, (slot + 1) * unit);
    const state = getU32(bytes, 0);
    if (state !== HEARTBEAT_IN_USE && state !== HEARTBEAT_BREAKING) continue;
    const heartbeat = decodeHeartbeat(bytes);
    const block = journalBlock(core, heartbeat, bytes);
    const journal = block === undefined ? undefined : journalIn(core, block);
    live.push({ slot, heartbeat, block, journal, ours: isOurs(bytes) });
  }
  // Who breaks a slot may have logged what follows from its journal.
  const breaking = ({ heartbeat }: LiveSlot): boolean => heartbeat.state === HEARTBEAT_BREAKING;
  return [...live.filter(breaking), ...live.filter((slot) => !breaking(slot))];
}

/** File block of the journal a slot names. */
export function journalBlock(
  core: Core,
  heartbeat: Heartbeat,
  bytes: Uint8Array,
): Address | undefined {
  const { blocks } = core.resources;
  const address =
    core.generation.product === 6
      ? Math.floor(getU64Saturated(bytes, JOURNAL_AT) / core.blockBytes) * 4096 + FILE_BLOCK
      : decode32(heartbeat.journal);
  if (heartbeat.journal === 0 || kindOf(address) !== FILE_BLOCK || blocks === undefined) {
    return undefined;
  }
  return unitOf(address) < blocks.layout.total ? address : undefined;
}

function journalIn(core: Core, block: Address): Journal | undefined {
  const journal = new Journal(core.volume, unitOf(block) * core.blockBytes, core.blockBytes);
  return journal.load() === undefined ? undefined : journal;
}

/** Shows a volume as it will be after recovery, without writing to it. */
export function replayInMemory(core: Core): void {
  for (const { journal } of liveSlots(core)) core.store.replay(journal?.load() ?? []);
}

/**
 * A host's use of a volume for writing: a heartbeat slot, and a journal in a file block of its own.
 * What a crash left behind is recovered when the next session begins.
 */
export class Session {
  private constructor(
    private readonly core: Core,
    readonly slot: number,
    /** As it was written when the session began. */
    readonly heartbeat: Heartbeat,
    /** File block of the journal. */
    readonly address: Address,
    readonly journal: Journal,
  ) {}

  /**
   * @throws InputError while a host that vmtop cannot speak for uses the volume
   */
  static begin(core: Core, host: Uuid): Session {
    if (!isUuid(host)) throw new FormatError(`"${host}" is no host UUID`);
    recoverAll(core);
    return Session.join(core, host);
  }

  /** Begins another host's use of a volume whose sessions are all alive. */
  static join(core: Core, host: Uuid): Session {
    const slot = freeSlot(core);
    const { allocator, store, blockBytes, resources } = core;
    const blocks = core.require(resources.blocks);
    // Found first, marked as used last: until then a crash leaves only a slot to clear.
    const block = core.transaction(() => {
      const address = allocator.take(blocks, 0);
      store.rollback();
      return address;
    });
    const old = decodeHeartbeat(store.read(heartbeatAddress(core.generation, slot), 512));
    const heartbeat: Heartbeat = {
      state: HEARTBEAT_IN_USE,
      address: heartbeatAddress(core.generation, slot),
      generation: old.generation + 1,
      stamp: core.seconds * 1e6,
      owner: host,
      journal: encode32(block),
    };
    openCluster(core, blocks, placeIn(blocks, block).cluster);
    const journal = new Journal(core.volume, unitOf(block) * blockBytes, blockBytes);
    journal.clear();
    core.volume.flush();
    core.transaction(() => writeSlot(core, slot, heartbeat, block));
    core.transaction(() => {
      const { cluster, item } = placeIn(blocks, block);
      const header = blocks.readCluster(cluster);
      header.setState(item, 0);
      header.count(header.free - 1);
      blocks.writeCluster(cluster, header);
    });
    store.journal = journal;
    return new Session(core, slot, heartbeat, block, journal);
  }

  /** Leaves the volume as if nobody had used it. */
  end(): void {
    this.core.store.journal = undefined;
    release(this.core, this.slot, this.heartbeat, this.address);
  }
}

/**
 * Brings crashed sessions of vmtop to their end. All journals come first: what is released afterwards may
 * be in sectors that they replace.
 */
function recoverAll(core: Core): void {
  const live = liveSlots(core);
  for (const { slot, heartbeat, block, journal, ours } of live) {
    // One of vmtop's that names no journal crashed before it changed anything, or after.
    if (heartbeat.journal === 0 ? ours : block !== undefined && journal !== undefined) continue;
    throw InputError.of(
      core.name,
      `host ${heartbeat.owner} uses the volume (heartbeat slot ${slot}), or crashed doing so`,
      'unmount it there first; vmtop reads such a volume but does not write to it',
    );
  }
  for (const { journal } of live) {
    for (const [sector, content] of journal?.load() ?? []) core.volume.write(sector * 512, content);
    core.volume.flush();
  }
  if (live.length > 0) core.reopen();
  for (const { slot, heartbeat, block } of live) release(core, slot, heartbeat, block);
}

/**
 * Small blocks of a large one that is not cut up: their header first, which means nothing until then, and
 * in one sector that it is.
 */
function openCluster(core: Core, small: Resource, number: number): void {
  const { large } = small;
  if (large === undefined || small.isOpen(number)) return;
  core.transaction(() => small.resetCluster(number));
  core.transaction(() => {
    const { cluster, item } = placeIn(large, makeAddress(large.kind, number));
    const header = large.readCluster(cluster);
    header.setState(item, SPLIT);
    header.count(header.free - 1);
    large.writeCluster(cluster, header);
  });
}

/** Each step is one sector, and a crash between them is recovered like any other. */
function release(core: Core, slot: number, heartbeat: Heartbeat, block: Address | undefined): void {
  const blocks = core.require(core.resources.blocks);
  core.transaction(() => {
    if (block === undefined) return;
    const { cluster, item } = placeIn(blocks, block);
    const header = blocks.readCluster(cluster);
    if (header.isFree(item)) return;
    header.setState(item, FREE);
    header.count(header.free + 1);
    blocks.writeCluster(cluster, header);
  });
  const clear = {
    ...heartbeat,
    state: HEARTBEAT_CLEAR,
    generation: heartbeat.generation + 1,
    owner: '00000000-00000000-0000-000000000000',
    journal: 0,
  };
  core.transaction(() => writeSlot(core, slot, clear, 0));
}

function writeSlot(core: Core, slot: number, heartbeat: Heartbeat, block: Address): void {
  const { generation, store } = core;
  const at = heartbeatAddress(generation, slot);
  const bytes = store.read(at, 512);
  encodeHeartbeat(bytes, heartbeat, generation);
  if (generation.product === 6) putU64(bytes, JOURNAL_AT, unitOf(block) * core.blockBytes);
  store.write(at, bytes);
}

function freeSlot(core: Core): number {
  const { generation, store } = core;
  for (let slot = 0; slot < generation.heartbeats; slot++) {
    const at = heartbeatAddress(generation, slot);
    if (decodeHeartbeat(store.read(at, 512)).state === HEARTBEAT_CLEAR) return slot;
  }
  throw InputError.of(core.name, 'no heartbeat slot is free', 'run vmtop volume check');
}
