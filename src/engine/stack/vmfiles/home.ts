import { assert } from '../../core/assert.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import type { VmPlan } from '../../plan/plan.js';
import type { AllocationPolicy, DatastoreFiles, FileHandle } from '../files.js';

/** What a file of a virtual machine is for (stack-upper 16). */
export type FileRole =
  | 'config'
  | 'template'
  | 'extendedConfig'
  | 'lock'
  | 'log'
  | 'nvram'
  | 'snapshotList'
  | 'snapshotState'
  | 'snapshotMemory'
  | 'suspendState'
  | 'swap'
  | 'vmxSwap'
  | 'diskDescriptor'
  | 'diskExtent'
  | 'diskDelta'
  | 'rawMap'
  | 'changeTracking';

export interface HomeFile {
  readonly role: FileRole;
  readonly handle: FileHandle;
  readonly datastore: string;
}

/** Opens the machine's files on its host: who holds a file open holds its lock. */
export interface FileOpener {
  open(file: FileHandle, datastore: string, traffic?: Float64Array): void;
  close(file: FileHandle): void;
  /** Whether no other host has the file's lock. */
  isFree(file: FileHandle): boolean;
  /** Gives the lock of an open file up, or takes it again. */
  setLocked(file: FileHandle, on: boolean): void;
}

/**
 * What a file holds when it is made, where its datastore keeps bytes: the file is as long as that.
 * Undefined for files whose bytes nobody knows, which hold zeros.
 */
export type NewContent = (
  role: FileRole,
  file: string,
  datastore: string,
) => Uint8Array | undefined;

/** BIOS variables (stack-upper 16). */
const NVRAM_BYTES = 8684;
/** Sizes of text files: model, the order of magnitude of a small machine's files. */
const VMX_BYTES = 3072;
const VMXF_BYTES = 270;
const DESCRIPTOR_BYTES = 600;
const LOG_BYTES = 300 * 1024;
/** Old logs kept (stack-upper 16). */
const OLD_LOGS = 6;
/** Swap for the overhead of the VMX process: from memory, 110 MB is usual. */
const VMX_SWAP_BYTES = 110 * 1024 * 1024;
/** Change map: about 0.5 MB per 10 GB of disk, behind a header of a sector (vmdk-formats 12). */
const TRACKED_BYTES_PER_BYTE = 20480;
const FILE_FIELDS = ['sizeBlocks', 'allocatedBlocks', 'present'];

/**
 * The files of a machine, in its folder of the home datastore and of each datastore that holds a
 * disk, with one `file` entity per name. They come and go over the machine's life; the entity of a
 * file that is gone says that it is not present.
 */
export class Home {
  /** Extent (`-flat.vmdk`) or raw device map of each disk, in the order of the plan's disks. */
  readonly disks: readonly FileHandle[];
  private readonly kept: HomeFile[] = [];
  private readonly entities = new Map<string, Entity>();
  /** Keeps swap files of machines with one name apart. */
  private readonly hash: string;
  private opener: FileOpener | undefined;
  private locked = true;
  private oldestLog = 1;
  private newestLog = OLD_LOGS;

  /**
   * Makes every file of a machine that is powered on, in the order in which power-on makes them; one
   * that is off has neither lock nor swap.
   * @throws InputError when a datastore has too little free space
   */
  constructor(
    private readonly sim: Sim,
    private readonly plan: VmPlan,
    private readonly datastores: ReadonlyMap<string, DatastoreFiles>,
    private readonly newContent: NewContent = () => undefined,
  ) {
    const { name } = plan;
    this.hash = sim.random.stream(`${name}.vswp`).next().toString(16).padStart(8, '0');
    if (plan.isOff !== true) this.addFile('lock', `${name}.vmx.lck`, 0);
    this.addFile('config', `${name}.vmx`, VMX_BYTES);
    this.addFile('extendedConfig', `${name}.vmxf`, VMXF_BYTES);
    this.addFile('snapshotList', `${name}.vmsd`, 0);
    for (let old = 1; old <= OLD_LOGS; old++) this.addFile('log', `vmware-${old}.log`, LOG_BYTES);
    this.addFile('log', 'vmware.log', LOG_BYTES);
    if (plan.isOff !== true) this.addSwap();
    this.disks = plan.disks.map((disk, position) => {
      const { datastore, sizeBytes, kind, writtenBytes } = disk;
      const base = diskFile(plan, position);
      this.addFile('diskDescriptor', `${base}.vmdk`, DESCRIPTOR_BYTES, 'small', datastore);
      if (disk.rawDevice !== undefined) {
        // The map has the size of its LUN and no block (vmdk-formats 11).
        const map = `${base}-rdm${disk.rawDevice.physical ? 'p' : ''}.vmdk`;
        return this.addFile('rawMap', map, sizeBytes, 'thin', datastore);
      }
      const written = Math.min(writtenBytes, sizeBytes);
      const extent = `${base}-flat.vmdk`;
      const handle = this.addFile('diskExtent', extent, sizeBytes, kind, datastore, written);
      if (disk.changeTracking) {
        const bytes = 512 + Math.ceil(sizeBytes / TRACKED_BYTES_PER_BYTE);
        this.addFile('changeTracking', `${base}-ctk.vmdk`, bytes, 'small', datastore);
      }
      return handle;
    });
    this.addFile('nvram', `${name}.nvram`, NVRAM_BYTES);
  }

  /** Every file there is now, in the order in which they were made. */
  get files(): readonly HomeFile[] {
    return this.kept;
  }

  /**
   * Opens every file on the machine's host, and from now on each new one.
   * @param trafficOf counters of TRAFFIC_FIELDS kept of a file
   */
  openOn(opener: FileOpener, trafficOf: (file: FileHandle) => Float64Array | undefined): void {
    this.opener = opener;
    for (const { handle, datastore } of this.kept) {
      opener.open(handle, datastore, trafficOf(handle));
    }
  }

  /**
   * Makes a file and opens it.
   * @param file its plain name
   * @param datastore in whose folder of the machine it is; the home unless given
   * @throws InputError when the datastore has too little free space
   */
  addFile(
    role: FileRole,
    file: string,
    bytes: number,
    policy: AllocationPolicy = 'small',
    datastore = this.plan.home,
    writtenBytes = 0,
    traffic?: Float64Array,
  ): FileHandle {
    const { name } = this.plan;
    const path = `[${datastore}] ${name}/${file}`;
    const content = this.newContent(role, file, datastore);
    const length = Math.max(bytes, content?.length ?? 0);
    const store = this.store(datastore);
    const handle = store.createFile(path, length, policy, writtenBytes, content);
    this.kept.push({ role, handle, datastore });
    this.measure(role, datastore, handle);
    this.opener?.open(handle, datastore, traffic);
    if (!this.locked) this.opener?.setLocked(handle, false);
    return handle;
  }

  /** A file that is there already becomes one of the machine's, and is opened. */
  adopt(role: FileRole, handle: FileHandle, datastore: string): void {
    this.kept.push({ role, handle, datastore });
    this.measure(role, datastore, handle);
    this.opener?.open(handle, datastore);
    if (!this.locked) this.opener?.setLocked(handle, false);
  }

  /** True when one of the machine's files is called so. */
  has(path: string): boolean {
    return this.kept.some(({ handle }) => handle.path === path);
  }

  /** Files with their new names; `rename` gives them those. */
  renamed(handles: readonly FileHandle[], rename: () => void): void {
    for (const handle of handles) this.forget(handle);
    rename();
    for (const { role, datastore, handle } of this.kept) {
      if (handles.includes(handle)) this.measure(role, datastore, handle);
    }
  }

  /** The entity of a file says that it is gone. */
  private forget(handle: FileHandle): void {
    const entity = this.entities.get(handle.path);
    entity?.values.fill(0);
    if (entity !== undefined) entity.refresh = undefined;
  }

  /**
   * Closes and deletes a file; nothing may be on its way to it. One that another host has taken over stays
   * where it is, and is nobody's.
   */
  removeFile(handle: FileHandle): void {
    const at = this.kept.findIndex((file) => file.handle === handle);
    assert(at >= 0, `${handle.path} is no file of ${this.plan.name}`);
    const { datastore } = this.kept[at];
    this.kept.splice(at, 1);
    this.forget(handle);
    if (this.opener?.isFree(handle) === false) return;
    if (!this.locked) this.opener?.setLocked(handle, true);
    this.opener?.close(handle);
    this.store(datastore).removeFile(handle);
  }

  /** A file whose lock another host has, if there is one. */
  get lockedElsewhere(): FileHandle | undefined {
    return this.kept.find(({ handle }) => this.opener?.isFree(handle) === false)?.handle;
  }

  /** Gives the locks of all files up, as a machine that is off or suspended does; or takes them. */
  setLocked(on: boolean): void {
    if (!on && !this.locked) return;
    this.locked = on;
    for (const { handle } of this.kept) this.opener?.setLocked(handle, on);
  }

  /** Files of a role. */
  ofRole(role: FileRole): FileHandle[] {
    return this.kept.filter((file) => file.role === role).map(({ handle }) => handle);
  }

  /** Deletes all files of some roles. */
  removeRoles(...roles: readonly FileRole[]): void {
    for (const role of roles) for (const handle of this.ofRole(role)) this.removeFile(handle);
  }

  /**
   * Files of the VMkernel's and the VMX's swap, which are there while the machine runs.
   * @throws InputError when there is too little space for them: then none is left
   */
  addSwap(): void {
    const { name, memoryBytes, memoryReservedBytes } = this.plan;
    const swapBytes = memoryBytes - memoryReservedBytes;
    const swap = this.addFile('swap', `${name}-${this.hash}.vswp`, swapBytes, 'lazyThick');
    try {
      this.addFile('vmxSwap', `vmx-${name}-${this.hash}-1.vswp`, VMX_SWAP_BYTES, 'lazyThick');
    } catch (error) {
      this.removeFile(swap);
      throw error;
    }
  }

  /** Memory and devices of a machine that is suspended: model, all of them in one file. */
  addSuspendState(stateBytes: number): void {
    const { name, memoryBytes } = this.plan;
    const bytes = memoryBytes + stateBytes;
    this.addFile('suspendState', `${name}-${this.hash}.vmss`, bytes, 'lazyThick');
  }

  /** A new log; the one there was becomes the newest of the old ones, the oldest goes. */
  rotateLogs(): void {
    const named = (name: string): FileHandle | undefined =>
      this.ofRole('log').find(({ path }) => path.endsWith(`/${name}`));
    const [oldest, last] = [named(`vmware-${this.oldestLog}.log`), named('vmware.log')];
    if (oldest !== undefined) this.removeFile(oldest);
    if (last !== undefined) this.removeFile(last);
    this.oldestLog++;
    this.newestLog++;
    this.addFile('log', `vmware-${this.newestLog}.log`, LOG_BYTES);
    this.addFile('log', 'vmware.log', LOG_BYTES);
  }

  /** The configuration of a machine (.vmx) or of a template (.vmtx): one becomes the other. */
  renameConfig(template: boolean): void {
    const old = [...this.ofRole('config'), ...this.ofRole('template')];
    const ending = template ? 'vmtx' : 'vmx';
    const role = template ? 'template' : 'config';
    // At no instant is there none.
    this.addFile(role, `${this.plan.name}.${ending}`, VMX_BYTES);
    for (const handle of old) this.removeFile(handle);
  }

  /** The lock of a machine that is powered on. */
  setLock(on: boolean): void {
    if (on) this.addFile('lock', `${this.plan.name}.vmx.lck`, 0);
    else this.removeRoles('lock');
  }

  private store(datastore: string): DatastoreFiles {
    const store = this.datastores.get(datastore);
    const { name } = this.plan;
    assert(store !== undefined, `VM ${name} has files on the unknown datastore ${datastore}`);
    return store;
  }

  /** A file of the same name that comes again goes on in the same entity. */
  private measure(role: FileRole, datastore: string, handle: FileHandle): void {
    const { path } = handle;
    const labels = { vm: this.plan.name, datastore, role };
    const known = this.entities.get(path);
    const entity = known ?? this.sim.meters.define('file', path, labels, FILE_FIELDS);
    this.entities.set(path, entity);
    entity.refresh = () => {
      entity.values[0] = handle.sizeBlocks;
      entity.values[1] = handle.allocatedBlocks;
      entity.values[2] = 1;
    };
  }
}

/** `web1`, `web1_1`, ...: numbered within the folder, and each datastore has a folder of its own. */
export function diskFile({ name, disks }: VmPlan, position: number): string {
  const { datastore } = disks[position];
  const before = disks.slice(0, position).filter((disk) => disk.datastore === datastore).length;
  return before === 0 ? name : `${name}_${before}`;
}
