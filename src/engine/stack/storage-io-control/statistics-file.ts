import { type Io, NO_IO, READ, WRITE } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { TRAFFIC_FIELDS, Traffic } from '../../core/traffic.js';
import type { FileHandle } from '../files.js';

export interface StatisticsFileOptions {
  readonly host: string;
  /** Entity of the datastore, which counts the I/O as metadata. */
  readonly datastore: Entity;
  /** IORMSTATS.SF. */
  readonly file: FileHandle;
  /** The host's own block of the file. */
  readonly slot: number;
  /** Blocks in use: one for each host. */
  readonly slots: number;
}

/** Ends an access: true when it went well. */
type Done = (good: boolean) => void;

/**
 * A host's access to the statistics file of a datastore: it writes its own block and reads all of
 * them in one I/O, as rows of the VMkernel's world that pass the whole stack below the file system.
 */
export class StatisticsFile extends Layer {
  /** Counters of what was read and written here, for the mount to add up. */
  readonly values = new Float64Array(TRAFFIC_FIELDS.length);
  private readonly traffic: Traffic;
  private readonly readsSlot: number;
  private readonly writesSlot: number;
  private done: Done | undefined;

  constructor(
    sim: Sim,
    private readonly options: StatisticsFileOptions,
    private readonly lower: Layer,
  ) {
    super(sim, `${options.host} statistics of ${options.datastore.name}`);
    this.traffic = new Traffic(sim, { counters: this.values, base: 0, histogram: -1 });
    this.readsSlot = options.datastore.slot('metadataReads');
    this.writesSlot = options.datastore.slot('metadataWrites');
  }

  /** An access is under way; there is one at a time. */
  get busy(): boolean {
    return this.done !== undefined;
  }

  write(done: Done): void {
    this.access(WRITE, this.options.slot, 1, this.writesSlot, done);
  }

  /** Reads the blocks of all hosts. */
  read(done: Done): void {
    this.access(READ, 0, this.options.slots, this.readsSlot, done);
  }

  override submit(io: Io): void {
    this.enter(io);
    this.lower.submit(io);
  }

  override complete(io: Io): void {
    const { requests, now } = this.sim;
    const { op, blocks, arrivedAt, status } = requests;
    const done = this.done as Done;
    const good = status[io] === 0;
    this.traffic.add(op[io], blocks[io], now - arrivedAt[io], status[io]);
    this.done = undefined;
    requests.give(io);
    done(good);
  }

  private access(op: number, lba: number, blocks: number, slot: number, done: Done): void {
    const { requests, now } = this.sim;
    const io = requests.takeOwn(op, lba, blocks, now);
    // No row is free: the host is too busy for its statistics and tries again in the next period.
    if (io === NO_IO) {
      done(false);
      return;
    }
    this.done = done;
    this.options.datastore.values[slot]++;
    requests.file[io] = this.options.file.index;
    this.submit(io);
  }
}
