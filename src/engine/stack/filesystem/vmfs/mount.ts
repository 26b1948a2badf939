import { assert } from '../../../core/assert.js';
import { type Io, READ, UNMAP, WRITE, ZERO } from '../../../core/io.js';
import type { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import {
  CHECK,
  PLUGIN_NOSPACE,
  pluginStatus,
  SENSE_INVALID_OPCODE,
  SENSE_LBA_OUT_OF_RANGE,
} from '../../../core/status.js';
import { beginPart, endPart, sumTraffic, TRAFFIC_FIELDS, Traffic } from '../../../core/traffic.js';
import type { FileHandle } from '../../files.js';
import { type Recall, type Recaller, recallFrom, WITHDRAWN } from '../../recall.js';
import { Splitter } from '../../splitter.js';
import { datastoreSlot } from '../datastore.js';
import { FILE_BLOCK } from '../file.js';
import type { LockAnswer, Mount } from '../mount.js';
import { MountState } from '../mount-state.js';
import { HOLE, isBusy, type VmfsFile } from './file.js';
import { FirstWrite } from './first-write.js';
import { Heartbeat } from './heartbeat.js';
import { LockBreaker } from './lock-breaker.js';
import { FileLocks } from './locks.js';
import { MetadataIo } from './metadata-io.js';
import { RecordedFirstWrite } from './on-disk/recorded-first-write.js';
import { RecordedUnmaps } from './on-disk/recorded-unmaps.js';
import { RecordedVolume } from './on-disk/recorded-volume.js';
import type { VmfsMountOptions } from './options.js';
import { CACHED_FILE_BLOCKS, PointerCache } from './pointer-cache.js';
import { Retired } from './retired.js';
import { dropUnzeroed, pointerOf, runLength } from './runs.js';
import type { VmfsVolume } from './volume.js';

const POINTER_HITS = datastoreSlot('pointerHits');
const POINTER_MISSES = datastoreSlot('pointerMisses');

/** Time the VMkernel takes to answer a read of a hole with zeros (model). */
export const ZERO_READ_NS = 2_000;

/**
 * A VMFS volume as one host has it mounted: addresses in a file become addresses in the volume.
 * Blocks that are ready and whose pointer block is in memory pass without more ado.
 */
export class VmfsMount extends Splitter implements Mount, Recaller {
  readonly datastore: VmfsVolume;
  /** Counters of the open files, and of what VMFS does for itself. */
  private readonly parts: Float64Array[] = [];

  private readonly pointers: PointerCache;
  private readonly firstWrite: FirstWrite;
  /** On volumes whose bytes are kept. */
  private readonly unmaps: RecordedUnmaps | undefined;
  private readonly heartbeat: Heartbeat;
  private readonly locks: FileLocks;
  private readonly files: (VmfsFile | undefined)[];
  private readonly values: Float64Array;
  readonly state: MountState;
  private readonly passesUnmap: boolean;
  readonly metadata: MetadataIo;

  private readonly op: Uint8Array;
  private readonly lba: Float64Array;
  private readonly blocks: Int32Array;
  private readonly file: Int32Array;
  private readonly readyAt: Float64Array;
  /**
   * First volume block a piece of an UNMAP frees; below 0 for a write of a whole block that is not
   * ready yet, see `jobOf`; 0, which is never freed, for none.
   */
  private readonly freeing: Int32Array;
  private readonly unmappedAt: Float64Array;
  private readonly retired: Retired;

  constructor(
    sim: Sim,
    options: VmfsMountOptions,
    volume: VmfsVolume,
    private readonly lower: Layer,
  ) {
    const { host } = options;
    super(sim, `${host} mount ${volume.name}`);
    const labels = { host, datastore: volume.name };
    const entity = sim.meters.define('volume', volume.name, labels, TRAFFIC_FIELDS);
    const { slot, allocator } = volume.addHost();
    volume.addMount(entity);
    this.datastore = volume;
    entity.refresh = () => sumTraffic(entity.values, this.parts);
    const own = new Float64Array(TRAFFIC_FIELDS.length);
    this.parts.push(own);
    const traffic = new Traffic(sim, { counters: own, base: 0, histogram: -1 });
    this.state = new MountState(sim, host, volume, volume.plan.version ?? 5);
    const metadata = new MetadataIo(sim, options, volume, traffic, lower, this.state);
    const entries =
      options.pointerCacheEntries ?? CACHED_FILE_BLOCKS >>> volume.layout.figures.spanShift;
    this.pointers = new PointerCache(sim, entries, volume, metadata, this);
    if (volume instanceof RecordedVolume) {
      volume.commits.addHost(metadata);
      this.firstWrite = new RecordedFirstWrite(sim, volume, slot, allocator, metadata, this);
      this.unmaps = new RecordedUnmaps(sim, volume, slot, this);
    } else {
      this.firstWrite = new FirstWrite(sim, volume, allocator, metadata, this);
    }
    const byAts = options.atsHeartbeat ?? true;
    this.heartbeat = new Heartbeat(sim, volume, slot, metadata, this.state, byAts);
    this.locks = new FileLocks(sim, metadata, volume, slot, this.heartbeat, this.state);
    this.metadata = metadata;
    // Blocks that are freed on a volume with bytes are freed there by the command itself.
    this.passesUnmap = volume instanceof RecordedVolume || (options.passesUnmap ?? true);
    this.files = volume.files;
    this.values = volume.values;
    const { requests } = sim;
    this.op = requests.op;
    this.lba = requests.lba;
    this.blocks = requests.blocks;
    this.file = requests.file;
    this.readyAt = requests.readyAt;
    this.freeing = requests.column('vmfs.freeing', Int32Array);
    this.unmappedAt = requests.column('vmfs.unmappedAt', Float64Array);
    this.retired = new Retired(sim, volume);
  }

  open(handle: FileHandle, traffic?: Float64Array): void {
    if (traffic !== undefined) this.count(traffic);
    const file = this.datastore.fileOf(handle);
    assert(this.isFree(file), `${file.path} is locked by another host`);
    this.pointers.reach(this.datastore.pointerCount);
    if (file.holder === undefined) this.locks.take(file);
    this.heartbeat.start();
  }

  lengthened(): void {
    this.pointers.reach(this.datastore.pointerCount);
  }

  isFree(handle: FileHandle): boolean {
    const { holder } = this.datastore.fileOf(handle);
    return holder === undefined || holder === this.locks;
  }

  takeLock(handle: FileHandle, answer: LockAnswer): void {
    this.heartbeat.start();
    const file = this.datastore.fileOf(handle);
    new LockBreaker(this.sim, this.metadata, this.locks, file, (problem) => {
      if (this.openFiles === 0) this.heartbeat.end();
      answer(problem);
    });
  }

  get openFiles(): number {
    return this.locks.held.size;
  }

  get mounted(): boolean {
    return this.state.get('mounted') > 0 && !this.locks.isDead;
  }

  crash(): void {
    this.locks.die();
    this.metadata.die();
    this.datastore.crash(this.locks.slot);
  }

  reboot(): void {
    this.locks.isDead = false;
    this.metadata.reboot();
    this.heartbeat.end();
    this.datastore.reboot(this.locks.slot);
    // It knows its own slot by its UUID and replays its journal: nobody has to wait for its lease.
    for (const file of [...this.locks.held]) this.locks.release(file);
  }

  unmount(): string | undefined {
    if (this.openFiles > 0) return `${this.openFiles} files are open`;
    this.state.set('mounted', 0);
    return undefined;
  }

  remount(): void {
    this.state.set('mounted', 1);
  }

  count(traffic: Float64Array): void {
    this.parts.push(traffic);
  }

  countFrom(traffic: Float64Array): void {
    beginPart(this.parts, traffic);
  }

  countTo(traffic: Float64Array): void {
    endPart(this.parts, traffic);
  }

  close(handle: FileHandle): void {
    const file = this.datastore.fileOf(handle);
    if (file.holder !== this.locks && this.locks.hasDied) return;
    assert(file.holder === this.locks, `${file.path} is not open here`);
    this.locks.release(file);
    if (this.openFiles === 0) this.heartbeat.end();
  }

  override submit(io: Io): void {
    const file = this.files[this.file[io]] as VmfsFile;
    const start = this.lba[io];
    const length = this.blocks[io];
    if (start + length > file.sizeBlocks) {
      this.answer(io, CHECK, SENSE_LBA_OUT_OF_RANGE, 0);
      return;
    }
    const index = (start / FILE_BLOCK) | 0;
    if (file.firstPointer !== 0) {
      const pointer = file.firstPointer + (index >>> file.spanShift);
      if (!this.pointers.touch(pointer)) {
        this.miss(io, pointer);
        return;
      }
      this.values[POINTER_HITS]++;
    }
    const offset = start - index * FILE_BLOCK;
    if (offset + length <= FILE_BLOCK && this.op[io] <= WRITE && index < file.mapLength) {
      const block = file.entries[file.firstEntry + index];
      if (block >= 0) {
        this.lba[io] = block * FILE_BLOCK + offset;
        this.lower.submit(io);
        return;
      }
    }
    this.place(io);
  }

  /**
   * A row or piece that needs a closer look: new, or what it waited for has happened. A ZERO of the
   * data mover asks for nothing but that its block is made ready, allocated and zeroed; one that is
   * ready stays as it is.
   */
  place(io: Io): void {
    const file = this.files[this.file[io]] as VmfsFile;
    const op = this.op[io];
    const start = this.lba[io];
    const first = (start / FILE_BLOCK) | 0;
    const last = ((start + this.blocks[io] - 1) / FILE_BLOCK) | 0;
    if (op === UNMAP) {
      // Only thin files give blocks back; for others the command does nothing.
      if (file.policy === 'thin') this.split(io);
      else this.answer(io, 0, 0, 0);
    } else if (op > WRITE && op !== ZERO) {
      this.answer(io, CHECK, SENSE_INVALID_OPCODE, 0);
    } else if (file.map.length === 0) {
      this.forward(io, file.residentAt + start);
    } else if (last > first && runLength(file, first, last) < last - first + 1) {
      this.split(io);
    } else if (!this.pointers.touch(pointerOf(file, first))) {
      this.miss(io, pointerOf(file, first));
    } else {
      this.reach(io, file, first);
    }
  }

  /** Gives back a row that waits for metadata. */
  recall(io: Io): Recall {
    if (this.pointers.remove(io) || this.firstWrite.remove(io)) return WITHDRAWN;
    return recallFrom(this.lower, io);
  }

  /** The row fails with what an I/O of the file system's own came back with. */
  failRow(io: Io, status: number, sense: number): void {
    this.answer(io, status, sense, 0);
  }

  override complete(piece: Io): void {
    const { freeing, requests } = this;
    if (freeing[piece] < 0) {
      const job = jobOf(freeing[piece]);
      freeing[piece] = 0;
      if (this.firstWrite.written(job, requests.status[piece])) this.leave(piece).complete(piece);
      return;
    }
    if (freeing[piece] === 0) {
      super.complete(piece);
      return;
    }
    // Its blocks are free whether or not the array took notice.
    requests.status[piece] = 0;
    requests.sense[piece] = 0;
    if (this.unmaps === undefined) this.unmapped(piece);
    else this.unmaps.record(piece, this.files[this.file[piece]] as VmfsFile, freeing[piece]);
  }

  /** An UNMAP has ended, and where bytes are kept the volume says so, or has failed to. */
  unmapped(piece: Io): void {
    const { freeing, requests } = this;
    if (requests.status[piece] === 0) {
      const count = this.blocks[piece] / FILE_BLOCK;
      this.retired.add(this.file[piece], freeing[piece], count, this.unmappedAt[piece]);
    }
    freeing[piece] = 0;
    super.complete(piece);
  }

  finishWhole(io: Io, status: number, sense: number): void {
    this.requests.status[io] = status;
    this.requests.sense[io] = sense;
    this.leave(io).complete(io);
  }

  /** The row comes back here first, with the number of the job in `freeing`. */
  writeWhole(io: Io, block: number, number: number): void {
    this.freeing[io] = jobOf(number);
    this.enter(io);
    this.forward(io, block * FILE_BLOCK);
  }

  protected override send(piece: Io): void {
    if (this.op[piece] !== UNMAP) {
      this.place(piece);
      return;
    }
    const file = this.files[this.file[piece]] as VmfsFile;
    const first = (this.lba[piece] / FILE_BLOCK) | 0;
    const pointer = pointerOf(file, first);
    if (this.pointers.touch(pointer)) this.unmap(piece, file, first);
    else this.miss(piece, pointer);
  }

  /** Neighbouring file blocks stay together; the edges of an UNMAP are pieces of their own. */
  protected override pieceAt(io: Io, at: number, most: number): number {
    const file = this.files[this.file[io]] as VmfsFile;
    const first = (at / FILE_BLOCK) | 0;
    const toEnd = (first + 1) * FILE_BLOCK - at;
    const isUnmap = this.op[io] === UNMAP;
    if (isUnmap && (toEnd < FILE_BLOCK || most < FILE_BLOCK)) return Math.min(most, toEnd);
    const length = isUnmap ? most - (most % FILE_BLOCK) : most;
    const last = ((at + length - 1) / FILE_BLOCK) | 0;
    const run = runLength(file, first, last);
    return Math.min(length, toEnd + (run - 1) * FILE_BLOCK);
  }

  private reach(io: Io, file: VmfsFile, first: number): void {
    const entry = file.map[first];
    if (entry >= 0 && this.op[io] === ZERO) {
      this.answer(io, 0, 0, 0);
    } else if (entry >= 0) {
      this.forward(io, entry * FILE_BLOCK + this.lba[io] - first * FILE_BLOCK);
    } else if (isBusy(entry)) {
      this.firstWrite.join(io, entry);
    } else if (this.op[io] === READ) {
      const carriedNs = Math.max(0, this.readyAt[io] - this.sim.now);
      const { data } = this.requests;
      if (data[io] > 0) this.sim.arena!.clear(data[io], this.blocks[io]);
      this.answer(io, 0, 0, carriedNs + ZERO_READ_NS);
    } else if (!this.firstWrite.begin(io, file, first)) {
      this.datastore.noteFull(`${file.path} is written for the first time at ${first} MB`);
      this.answer(io, pluginStatus(PLUGIN_NOSPACE), 0, 0);
    }
  }

  /** Ready file blocks become a hole, and are free once the array has answered. */
  private unmap(piece: Io, file: VmfsFile, first: number): void {
    const { map } = file;
    const block = map[first];
    const count = this.blocks[piece] / FILE_BLOCK;
    if (this.unmaps === undefined && count === 1 && block < HOLE && !isBusy(block)) {
      dropUnzeroed(this.datastore, file, first);
      this.answer(piece, 0, 0, 0);
      return;
    }
    if (block < 0 || !Number.isInteger(count)) {
      this.answer(piece, 0, 0, 0);
      return;
    }
    map.fill(HOLE, first, first + count);
    file.held -= count;
    if (!this.passesUnmap) {
      this.retired.add(file.index, block, count, this.sim.now);
      this.answer(piece, 0, 0, 0);
      return;
    }
    this.freeing[piece] = block;
    this.unmappedAt[piece] = this.sim.now;
    this.unmaps?.begin(piece, first);
    this.forward(piece, block * FILE_BLOCK);
  }

  private miss(io: Io, pointer: number): void {
    this.values[POINTER_MISSES]++;
    this.pointers.fetch(io, pointer);
  }

  private forward(io: Io, address: number): void {
    this.lba[io] = address;
    this.lower.submit(io);
  }
}

/** What `freeing` holds for a job of the first writes, and back. */
function jobOf(numberOrEntry: number): number {
  return -1 - numberOrEntry;
}
