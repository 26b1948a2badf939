import { assert } from '../../core/assert.js';
import type { Io } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import type { FileHandle } from '../files.js';
import type { Mount } from './mount.js';

export interface FileSystemSwitchOptions {
  readonly host: string;
}

/**
 * The file system switch (FSS) of a host: sends each row to the mount its file lives on, and
 * measures it from here to its completion.
 */
export class FileSystemSwitch extends Layer {
  /** By number of the file. */
  private readonly mounts: (Mount | undefined)[] = [];
  private readonly enteredAt: Float64Array;
  private readonly file: Int32Array;
  private readonly deviceNs: Float64Array;

  constructor(sim: Sim, options: FileSystemSwitchOptions) {
    super(sim, `${options.host} file systems`);
    const { requests } = sim;
    this.enteredAt = requests.column('fss.enteredAt', Float64Array);
    this.file = requests.file;
    this.deviceNs = requests.deviceNs;
  }

  /** Opens `file`, which lives on the datastore of `mount`. */
  open(file: FileHandle, mount: Mount): void {
    assert(this.mounts[file.index] === undefined, `${file.path} is open already`);
    while (this.mounts.length <= file.index) this.mounts.push(undefined);
    this.mounts[file.index] = mount;
    mount.open(file);
  }

  close(file: FileHandle): void {
    const mount = this.mounts[file.index];
    assert(mount !== undefined, `${file.path} is not open`);
    this.mounts[file.index] = undefined;
    mount.close(file);
  }

  override submit(io: Io): void {
    const mount = this.mounts[this.file[io]] as Mount;
    this.enteredAt[io] = this.sim.now;
    // Rows answered above the device queue spent no time below it.
    this.deviceNs[io] = 0;
    this.enter(io);
    mount.submit(io);
  }

  override complete(io: Io): void {
    const { op, blocks, status } = this.sim.requests;
    const mount = this.mounts[this.file[io]] as Mount;
    const latencyNs = this.sim.now - this.enteredAt[io];
    mount.traffic.add(op[io], blocks[io], latencyNs, status[io]);
    this.leave(io).complete(io);
  }
}
