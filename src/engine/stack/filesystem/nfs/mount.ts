import { assert } from '../../../core/assert.js';
import { type Io, WRITE, XCOPY } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { CHECK, SENSE_INVALID_OPCODE, SENSE_LBA_OUT_OF_RANGE } from '../../../core/status.js';
import { beginPart, endPart, sumTraffic, TRAFFIC_FIELDS } from '../../../core/traffic.js';
import { NFS_NOSPC, NFS_OK, NFS_ROFS, NFS_STALE } from '../../../devices/nfs-errors.js';
import type { FileHandle } from '../../files.js';
import { FILE_BLOCK } from '../file.js';
import type { LockAnswer, Mount } from '../mount.js';
import type { MountState } from '../mount-state.js';
import { leaseKeeping } from './lease.js';
import { LockFiles, lockFileKeeping } from './lock-files.js';
import { NFS_LOCK_DEFAULTS, type NfsLockSettings, NfsLocks } from './locks.js';
import type { NfsSession } from './session.js';
import type { NfsFile, NfsVolume } from './volume.js';

/** Typically 45 s to 90 s (stack-upper reference, section 10). */
const LEASE_NS = 90_000_000_000;

export interface NfsMountOptions {
  readonly volume: NfsVolume;
  readonly session: NfsSession;
  readonly state: MountState;
  /** NFS 3. */
  readonly locks?: Partial<NfsLockSettings>;
  /** NFS 4.1. */
  readonly leaseNs?: number;
}

/**
 * An NFS volume as one host has it mounted: addresses in a file become addresses at the server. Below
 * are the volume's queue, which the scheduler serves as it serves a device's, and the session.
 */
export class NfsMount extends Layer implements Mount {
  readonly datastore: NfsVolume;
  /** Counters of the open files. */
  private readonly parts: Float64Array[] = [];
  /** Address in the file. */
  private readonly fileLba: Float64Array;

  private readonly error: Uint8Array;
  private readonly locks: NfsLocks;
  /** Of NFS 3. */
  private readonly lockFiles: LockFiles | undefined;

  constructor(
    sim: Sim,
    private readonly options: NfsMountOptions,
    private readonly lower: Layer,
  ) {
    const { volume, session, state } = options;
    super(sim, `${state.host} mount ${volume.name}`);
    this.datastore = volume;
    const values = new Float64Array(TRAFFIC_FIELDS.length);
    volume.addMount({ values, refresh: () => sumTraffic(values, this.parts) });
    this.fileLba = sim.requests.column('nfs.fileLba', Float64Array);
    this.error = sim.requests.column('nfs.error', Uint8Array);
    const settings = { ...NFS_LOCK_DEFAULTS, ...options.locks };
    const leaseNs = options.leaseNs ?? LEASE_NS;
    const keeping = volume.hasSessions ? leaseKeeping(leaseNs) : lockFileKeeping(settings);
    this.locks = new NfsLocks(sim, session.calls, state, keeping);
    session.keep(this.locks);
    if (!volume.hasSessions) {
      this.lockFiles = new LockFiles(sim, session.calls, this.locks, settings, volume.name);
      this.lockFiles.start();
    }
    state.onRefresh(() => {
      if (!volume.hasSessions) {
        state.set('lockFiles', this.locks.held.size);
        return;
      }
      state.set('slotsUsed', session.slotsUsed);
      const age = sim.now - this.locks.renewedAt;
      state.set('leaseNs', Math.max(0, leaseNs - age));
    });
  }

  /** What is open when the run begins has been for a while. */
  open(handle: FileHandle, traffic?: Float64Array): void {
    if (traffic !== undefined) this.count(traffic);
    const file = this.datastore.fileOf(handle);
    assert(this.isFree(file), `${file.path} is locked by another host`);
    if (file.holder === undefined) this.locks.found(file);
  }

  lengthened(): void {}

  isFree(handle: FileHandle): boolean {
    const { holder } = this.datastore.fileOf(handle);
    return holder === undefined || holder === this.locks;
  }

  takeLock(handle: FileHandle, answer: LockAnswer): void {
    this.locks.wait(this.datastore.fileOf(handle), answer);
  }

  get openFiles(): number {
    return this.locks.held.size;
  }

  get mounted(): boolean {
    return this.options.state.get('mounted') > 0 && !this.locks.isDead;
  }

  crash(): void {
    this.locks.isDead = true;
    this.locks.hasDied = true;
    this.lockFiles?.end();
    this.options.session.heartbeat.end();
    this.options.state.set('lost', 2);
  }

  reboot(): void {
    this.locks.isDead = false;
    this.options.state.set('lost', 0);
    for (const file of [...this.locks.held]) this.locks.release(file);
    this.resume();
  }

  unmount(): string | undefined {
    if (this.openFiles > 0) return `${this.openFiles} files are open`;
    this.lockFiles?.end();
    this.options.session.heartbeat.end();
    this.options.state.set('mounted', 0);
    return undefined;
  }

  remount(): void {
    this.options.state.set('mounted', 1);
    this.resume();
  }

  private resume(): void {
    this.lockFiles?.start();
    this.options.session.heartbeat.start();
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
  }

  override submit(io: Io): void {
    const { requests } = this.sim;
    const file = this.datastore.fileAt(requests.file[io]);
    requests.deviceNs[io] = 0;
    const start = requests.lba[io];
    const end = start + requests.blocks[io];
    if (end > file.sizeBlocks) {
      this.answer(io, CHECK, SENSE_LBA_OUT_OF_RANGE);
      return;
    }
    if (requests.op[io] > WRITE && requests.op[io] !== XCOPY) {
      this.answer(io, CHECK, SENSE_INVALID_OPCODE);
      return;
    }
    this.error[io] =
      requests.op[io] === WRITE ? this.writeError(file, start, end) : readError(file);
    this.fileLba[io] = start;
    requests.lba[io] = this.datastore.addressOf(file, start);
    this.lower.submit(io);
  }

  /** What the server will say to a write of these blocks of the file. */
  private writeError(file: NfsFile, start: number, end: number): number {
    if (file.isStale) return NFS_STALE;
    if (this.datastore.readOnly) return NFS_ROFS;
    const first = (start / FILE_BLOCK) | 0;
    const last = ((end - 1) / FILE_BLOCK) | 0;
    if (this.datastore.grow(file, first, last)) return NFS_OK;
    this.datastore.noteFull(`${file.path} is written for the first time at ${first} MB`);
    return NFS_NOSPC;
  }

  /** A command is answered without asking the server. */
  override fire(io: Io): void {
    this.leave(io).complete(io);
  }

  private answer(io: Io, status: number, sense: number): void {
    const { requests } = this.sim;
    requests.status[io] = status;
    requests.sense[io] = sense;
    this.after(0, io);
  }
}

function readError(file: NfsFile): number {
  return file.isStale ? NFS_STALE : NFS_OK;
}
