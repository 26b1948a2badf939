import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
import type { MoverStore } from '../operations/store.js';
import type { DatastoreFiles, FileHandle } from '../stack/files.js';
import { NO_CID } from '../stack/vmfiles/chain/link.js';
import type { DiskKind } from '../stack/vmfiles/virtual-disk.js';
import { describeLink } from './export/link-files.js';

/** A disk that belongs to no virtual machine. */
export interface LooseDisk {
  readonly store: MoverStore;
  readonly file: FileHandle;
  readonly kind: DiskKind;
  /** Where bytes are kept, once all of the disk is there. */
  descriptor?: FileHandle | undefined;
  /** Something is still being done to it. */
  busy: boolean;
}

/** What a disk made by an operation is called: in a folder of its own, by its extent. */
function pathOf(datastore: string, name: string): string {
  return `[${datastore}] ${name}/${name}-flat.vmdk`;
}

/** Disks that operations have made and that no machine has, by the path of their extent. */
export class LooseDisks {
  private readonly disks = new Map<string, LooseDisk>();

  constructor(private readonly sim: Sim) {}

  /** The path for a new disk. @throws InputError when it is taken */
  newPath(datastore: string, name: string): string {
    const path = pathOf(datastore, name);
    if (!this.disks.has(path)) return path;
    throw InputError.of(path, 'is there already', 'choose another name, or delete it first');
  }

  /** A disk that is being made, until `settle` or `fail`. */
  add(path: string, store: MoverStore, file: FileHandle, kind: DiskKind): void {
    this.disks.set(path, { store, file, kind, busy: true });
  }

  get(path: string): LooseDisk | undefined {
    return this.disks.get(path);
  }

  find(datastore: string, name: string): LooseDisk | undefined {
    return this.disks.get(pathOf(datastore, name));
  }

  /** The disk is done: it may be deleted or renamed. */
  settle(path: string): void {
    const disk = this.disks.get(path) as LooseDisk;
    disk.busy = false;
    try {
      disk.descriptor = this.describe(disk, path);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.fail(path, error.problems[0].message);
    }
  }

  /** @throws InputError when there is no room for it */
  private describe({ store, file, kind }: LooseDisk, path: string): FileHandle | undefined {
    const datastore: DatastoreFiles = store.datastore;
    if (datastore.keepsBytes !== true) return undefined;
    const stream = this.sim.random.stream(`descriptor of ${path}`);
    const said = {
      format: 'flat' as const,
      capacityBlocks: file.sizeBlocks,
      extent: path,
      cid: stream.next(),
      parentCid: NO_CID,
    };
    const text = describeLink(said, undefined, kind === 'thin', () => stream.next());
    const name = path.replace(/-flat\.vmdk$/, '.vmdk');
    return datastore.createFile(name, text.length, 'small', 0, text);
  }

  /** What was made of it so far goes. */
  fail(path: string, problem: string): void {
    const disk = this.disks.get(path);
    this.disks.delete(path);
    disk?.store.datastore.removeFile(disk.file);
    this.sim.log.note('disk.failed', path, 'nothing is left of it', problem);
  }

  /** @throws InputError when there is no such disk, or it is in use */
  delete(datastore: string, name: string): LooseDisk & { readonly path: string } {
    const path = pathOf(datastore, name);
    const disk = this.idle(path);
    this.disks.delete(path);
    const { store, descriptor, file } = disk;
    if (descriptor !== undefined) store.datastore.removeFile(descriptor);
    store.datastore.removeFile(file);
    return { ...disk, path };
  }

  /** @throws InputError when there is no such disk, it is in use, or the name is taken or none */
  rename(datastore: string, name: string, to: string): { from: string; path: string } {
    const from = pathOf(datastore, name);
    const disk = this.idle(from);
    if (!/^[\w.-]+$/.test(to)) throw InputError.of(from, `${to} is no name of a file`);
    const path = this.newPath(datastore, to);
    const { store, descriptor: old, file } = disk;
    if (store.datastore.keepsName(file)) {
      throw InputError.of(from, 'is still locked by a host', 'try again in a moment');
    }
    // One of the two descriptors names the extent at every instant.
    disk.descriptor = this.describe(disk, path);
    store.datastore.rename(file, path);
    if (old !== undefined) store.datastore.removeFile(old);
    this.disks.delete(from);
    this.disks.set(path, disk);
    return { from, path };
  }

  private idle(path: string): LooseDisk {
    const disk = this.disks.get(path);
    if (disk === undefined) {
      const some = [...this.disks.keys()].slice(0, 12).join(', ') || 'none';
      throw InputError.of('disk', `there is no disk ${path}`, `known: ${some}`);
    }
    if (disk.busy) throw InputError.of(path, 'is still being written', 'wait until it is done');
    return disk;
  }
}
