import { type Io, NO_IO, WRITE } from '../../../src/engine/core/io.js';
import { Layer } from '../../../src/engine/core/layer.js';
import type { Sim } from '../../../src/engine/core/sim.js';
import { GOOD, PLUGIN_NOSPACE, pluginStatus } from '../../../src/engine/core/status.js';
import type {
  AllocationPolicy,
  DatastoreFiles,
  FileHandle,
} from '../../../src/engine/stack/files.js';

export interface MadeFile extends FileHandle {
  sizeBlocks: number;
  allocatedBlocks: number;
  toBeZeroedBlocks: number;
  readonly policy: AllocationPolicy;
  readonly writtenBytes: number;
}

/** A datastore that only remembers what it was asked for. */
export class Store implements DatastoreFiles {
  readonly files: MadeFile[] = [];
  private readonly listeners: (() => void)[] = [];

  constructor(readonly name: string) {}

  createFile(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    writtenBytes = 0,
  ): MadeFile {
    const sizeBlocks = Math.ceil(sizeBytes / 512);
    const file = {
      index: this.files.length + 7,
      path,
      sizeBlocks,
      allocatedBlocks: policy === 'thin' ? writtenBytes / 512 : sizeBlocks,
      toBeZeroedBlocks: policy === 'lazyThick' ? sizeBlocks - writtenBytes / 512 : 0,
      policy,
      writtenBytes,
    };
    this.files.push(file);
    return file;
  }

  removeFile(file: FileHandle): void {
    this.files.splice(this.files.indexOf(file as MadeFile), 1);
  }

  extend(): boolean {
    return true;
  }

  onSpaceFreed(listener: () => void): void {
    this.listeners.push(listener);
  }

  free(): void {
    for (const listener of this.listeners) listener();
  }
}

/** A file system with room for so many writes; answers in `delayNs`, and rewrites the address. */
export class FileSystem extends Layer {
  room = Number.POSITIVE_INFINITY;
  status = pluginStatus(PLUGIN_NOSPACE);
  sense = 0;
  delayNs: (io: Io) => number = () => 1000;
  readonly seen: { io: Io; lba: number; file: number; at: number }[] = [];

  constructor(sim: Sim) {
    super(sim, 'fake file system');
  }

  override submit(io: Io): void {
    const { requests, now } = this.sim;
    this.seen.push({ io, lba: requests.lba[io], file: requests.file[io], at: now });
    requests.lba[io] += 1_000_000;
    if (requests.op[io] === WRITE && this.room < 1) {
      requests.status[io] = this.status;
      requests.sense[io] = this.sense;
    } else {
      if (requests.op[io] === WRITE) this.room--;
      requests.status[io] = GOOD;
    }
    this.after(this.delayNs(io), io);
  }

  override fire(io: Io): void {
    this.leave(io).complete(io);
  }
}

/** Issues rows and remembers how they came back. */
export class Guest extends Layer {
  readonly back: { io: Io; lba: number; status: number; sense: number; at: number }[] = [];
  issued = 0;
  onBack: (() => void) | undefined;

  constructor(
    sim: Sim,
    private readonly lower: Layer,
  ) {
    super(sim, 'fake guest');
  }

  issue(op: number, lba: number, blocks: number): Io {
    const { requests } = this.sim;
    const io = requests.take();
    if (io === NO_IO) throw new Error('the table is too small for the test');
    requests.op[io] = op;
    requests.lba[io] = lba;
    requests.blocks[io] = blocks;
    requests.disk[io] = 0;
    requests.world[io] = 1;
    this.issued++;
    this.enter(io);
    this.lower.submit(io);
    return io;
  }

  override submit(): void {
    throw new Error('nothing is above the guest');
  }

  override complete(io: Io): void {
    const { lba, status, sense } = this.sim.requests;
    this.back.push({ io, lba: lba[io], status: status[io], sense: sense[io], at: this.sim.now });
    this.sim.requests.give(io);
    this.onBack?.();
  }
}
