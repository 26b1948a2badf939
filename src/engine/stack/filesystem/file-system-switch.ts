import { assert } from '../../core/assert.js';
import type { Io } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import type { FileHandle } from '../files.js';
import { type Recall, type Recaller, recallFrom } from '../recall.js';
import type { Mount } from './mount.js';

export interface FileSystemSwitchOptions {
  readonly host: string;
}

/**
 * The file system switch (FSS) of a host: sends each row to the mount its file lives on. Whoever uses
 * a file counts what it does there; a mount shows the sum over its files.
 */
export class FileSystemSwitch extends Layer implements Recaller {
  /** By number of the file. */
  private readonly mounts: (Mount | undefined)[] = [];
  private readonly file: Int32Array;

  constructor(sim: Sim, options: FileSystemSwitchOptions) {
    super(sim, `${options.host} file systems`);
    this.file = sim.requests.file;
  }

  /**
   * Opens `file`, which lives on the datastore of `mount`.
   * @param traffic counters of TRAFFIC_FIELDS that are kept of this file
   */
  open(file: FileHandle, mount: Mount, traffic?: Float64Array): void {
    assert(this.mounts[file.index] === undefined, `${file.path} is open already`);
    while (this.mounts.length <= file.index) this.mounts.push(undefined);
    this.mounts[file.index] = mount;
    mount.open(file, traffic);
  }

  /** The mount of an open file. */
  mountOf(file: FileHandle): Mount {
    const mount = this.mounts[file.index];
    assert(mount !== undefined, `${file.path} is not open`);
    return mount;
  }

  close(file: FileHandle): void {
    const mount = this.mountOf(file);
    this.mounts[file.index] = undefined;
    mount.close(file);
  }

  override submit(io: Io): void {
    (this.mounts[this.file[io]] as Mount).submit(io);
  }

  recall(io: Io): Recall {
    return recallFrom(this.mounts[this.file[io]] as Mount, io);
  }
}
