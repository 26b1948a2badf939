import { FormatError } from '../../../core/errors.js';
import {
  type Address,
  FILE_BLOCK,
  getAddress,
  HOLE,
  isBlank,
  kindOf,
  LARGE_BLOCK,
  SUB_BLOCK,
  showAddress,
  withoutZeroMask,
  zeroMaskOf,
} from '../address.js';
import { addressIn } from '../allocator.js';
import { getU32 } from '../bytes.js';
import type { Core } from '../core.js';
import {
  Descriptor,
  DIRECT,
  DOUBLE_POINTERS,
  RDM,
  RESIDENT,
  requireSane,
  SUB_BLOCKS,
} from '../descriptor.js';
import { decodeLock, LOCK_DESCRIPTOR } from '../lock.js';
import type { Resource } from '../resource.js';
import { AffinityCheck } from './affinity.js';
import type { Findings } from './findings.js';
import type { UseMap } from './use-map.js';

/** A file that exists, as its descriptor says. */
export interface KnownFile {
  readonly address: Address;
  readonly type: number;
  readonly incarnation: number;
  readonly links: number;
  readonly directory: boolean;
  /** Names that mean it. */
  names: number;
  /** Path it was found by. */
  path: string | undefined;
}

export type KnownFiles = Map<Address, KnownFile>;

/** Walks the descriptors and everything they refer to. */
export class FileCheck {
  readonly known: KnownFiles = new Map();
  private blocks = 0;
  private toBeZeroed = 0;
  /** Slots a file's length takes, and blocks that were found behind them. */
  private slots = 0;
  private behind = 0;
  private largeBlocks = new Set<Address>();
  readonly affinity: AffinityCheck;

  constructor(
    private readonly core: Core,
    private readonly findings: Findings,
    private readonly uses: ReadonlyMap<Resource, UseMap>,
  ) {
    this.affinity = new AffinityCheck(core);
  }

  /** @param progress told how far it is, 0 to 1 */
  run(progress: (part: number) => void): void {
    const files = this.core.require(this.core.resources.files);
    for (let cluster = 0; cluster < files.clusters; cluster++) {
      for (let item = 0; item < files.sizeOf(cluster); item++) {
        this.visit(files, addressIn(files, cluster, item), files.at(cluster, item));
      }
      progress((cluster + 1) / files.clusters);
    }
  }

  private visit(files: Resource, address: Address, at: number): void {
    const { generation, store } = this.core;
    const bytes = store.read(at, generation.descriptorBytes);
    const file = new Descriptor(generation, bytes, at);
    const allocated = this.uses.get(files)?.isAllocated(address) ?? false;
    const place = showAddress(address);
    if (getU32(bytes, 0) !== LOCK_DESCRIPTOR || file.links === 0) {
      if (allocated) this.findings.add('descriptor-lost', place, 'it is empty');
      return;
    }
    this.uses.get(files)?.use(address);
    if (!allocated) this.findings.add('descriptor-free', place, `a file of type ${file.type}`);
    const lock = decodeLock(bytes);
    if (lock.address !== at) {
      this.findings.add('descriptor', place, `says it lies at ${lock.address}, lies at ${at}`);
    }
    if (lock.mode !== 0 && !this.core.isStale(lock)) {
      this.findings.add('lock-held', place, `mode ${lock.mode}, host ${lock.owner}`);
    }
    if (file.address !== address) {
      this.findings.add('descriptor', place, `says it is ${showAddress(file.address)}`);
    }
    if (!file.signed) this.findings.add('descriptor', place, 'has no fdmd signature');
    const { blockBytes, blockShift, type } = file;
    if (generation.product === 6 && type !== RDM && 1 << blockShift !== blockBytes) {
      const detail = `blocks of ${blockBytes} bytes, shift ${blockShift}`;
      this.findings.add('unfamiliar', place, detail);
    }
    this.known.set(address, {
      address,
      type: file.type,
      incarnation: file.incarnation,
      links: file.links,
      directory: file.isDirectory,
      names: 0,
      path: undefined,
    });
    if (file.type !== RDM) this.guarded(place, () => this.walk(file, address));
  }

  private guarded(place: string, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.findings.add('descriptor', place, error.message);
    }
  }

  private walk(file: Descriptor, address: Address): void {
    requireSane(file);
    const place = showAddress(address);
    this.blocks = 0;
    this.toBeZeroed = 0;
    this.largeBlocks = new Set();
    if (file.zla === RESIDENT) {
      if (file.length > file.generation.residentBytes) {
        throw new FormatError(`${file.length} bytes inside a descriptor`);
      }
      return;
    }
    const { mapping } = this.core;
    const slotBytes = mapping.slotBytes(file);
    if (file.length > mapping.capacity(file) * slotBytes) {
      throw new FormatError(`a length of ${file.length} bytes, more than its map reaches`);
    }
    const levels = file.zla === DIRECT || file.zla === SUB_BLOCKS ? 0 : 1;
    const depth = file.zla === DOUBLE_POINTERS ? 2 : levels;
    // A block comes with a new disk, however short it is (reference, section 19).
    this.slots = Math.max(1, Math.ceil(file.length / slotBytes));
    this.behind = 0;
    const { pointers, pointersAt, pointerBytes } = file.generation;
    for (let index = 0; index < pointers; index++) {
      this.follow(file, address, file.bytes, pointersAt + index * pointerBytes, depth, index);
    }
    // Hosts may reserve blocks for a file on VMFS 6, and a large block covers 512 slots.
    if (this.behind > 0 && file.generation.product !== 6) {
      this.findings.add('behind-end', place, `${this.behind} blocks`);
    }
    if (file.blocks !== this.blocks) {
      const detail = `counts ${file.blocks} blocks, has ${this.blocks}`;
      this.findings.add('descriptor-counters', place, detail);
    }
    if (file.generation.product !== 6 && file.toBeZeroed !== this.toBeZeroed) {
      const detail = `counts ${file.toBeZeroed} blocks to be zeroed, has ${this.toBeZeroed}`;
      this.findings.add('descriptor-counters', place, detail);
    }
  }

  /**
   * @param table what the address stands in, at byte `at`
   * @param depth pointer blocks between this address and data
   * @param slot of its level
   */
  private follow(
    file: Descriptor,
    owner: Address,
    table: Uint8Array,
    at: number,
    depth: number,
    slot: number,
  ): void {
    const { generation, mapping } = this.core;
    const address = getAddress(generation, table, at);
    if (address === HOLE) {
      if (isBlank(generation, table, at)) return;
      const doubtful = generation.product === 6;
      const detail = `an address without a kind in slot ${slot} of its map`;
      this.findings.add(doubtful ? 'unfamiliar' : 'without-kind', showAddress(owner), detail);
      return;
    }
    if (depth === 0) {
      if (slot >= this.slots) this.behind++;
      this.data(file, owner, address);
      return;
    }
    this.guarded(showAddress(owner), () => {
      // The second user of a pointer block is told, and not followed: damage must not multiply work.
      if (!this.claim(file, mapping.tableResource(file, address), owner, address)) return;
      const entries = mapping.table(file, address);
      const count = mapping.pointersPerBlock(file);
      for (let index = 0; index < count; index++) {
        const from = index * generation.pointerBytes;
        this.follow(file, owner, entries, from, depth - 1, slot * count + index);
      }
    });
  }

  private data(file: Descriptor, owner: Address, address: Address): void {
    const { blocks, subBlocks, largeBlocks } = this.core.resources;
    this.blocks++;
    const kind = kindOf(address);
    const small = file.zla === SUB_BLOCKS;
    const fits = small ? kind === SUB_BLOCK : kind === FILE_BLOCK || kind === LARGE_BLOCK;
    const resource = small ? subBlocks : kind === LARGE_BLOCK ? largeBlocks : blocks;
    if (!fits || resource === undefined) {
      this.findings.add('wrong-kind', showAddress(owner), `${showAddress(address)} as data`);
      return;
    }
    const plain = withoutZeroMask(address);
    if (zeroMaskOf(address) !== 0) this.toBeZeroed++;
    if (kind === LARGE_BLOCK) {
      // All 512 slots a large block covers repeat its address.
      if (this.largeBlocks.has(plain)) return;
      this.largeBlocks.add(plain);
    }
    this.claim(file, resource, owner, plain);
  }

  /** Notes that a file has a resource; false when it is not there or another one has it. */
  private claim(file: Descriptor, resource: Resource, owner: Address, address: Address): boolean {
    const uses = this.uses.get(resource);
    const place = showAddress(owner);
    if (uses === undefined || !uses.has(address)) {
      this.findings.add('outside', place, showAddress(address));
      return false;
    }
    if (!uses.isAllocated(address)) {
      this.findings.add('unallocated', showAddress(address), `used by ${place}`);
    }
    if (uses.use(address)) {
      this.affinity.use(file, resource, address);
      return true;
    }
    this.findings.add('shared', showAddress(address), `used by ${place} and another file`);
    return false;
  }
}
