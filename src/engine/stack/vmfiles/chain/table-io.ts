import { NO_DATA } from '../../../core/data-arena.js';
import { type Io, NO_IO, READ } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { countTraffic, TRAFFIC_FIELDS } from '../../../core/traffic.js';
import type { FileHandle } from '../../files.js';
import { ROW_RETRY_NS } from '../../splitter.js';

/** Who asked for an I/O; `token` is what it gave with it. */
export interface TableClient {
  tableDone(token: number, status: number, sense: number): void;
}

/** The chain's own I/O in the files of deltas: grain tables, directories, journals, copied grains. */
export class TableIo extends Layer {
  /** Traffic of a datastore, TRAFFIC_FIELDS. */
  readonly traffic = new Float64Array(TRAFFIC_FIELDS.length);
  reads = 0;
  writes = 0;
  inFlight = 0;
  private readonly token: Int32Array;

  constructor(
    sim: Sim,
    name: string,
    private readonly client: TableClient,
    private readonly lower: Layer,
  ) {
    super(sim, `${name} tables`);
    this.token = sim.requests.column('chain.token', Int32Array);
  }

  /** @param lba block of the file */
  send(op: number, file: FileHandle, lba: number, blocks: number, token: number): void {
    this.inFlight++;
    this.issue(op, file, lba, blocks, token);
  }

  override submit(): void {
    throw new Error(`${this.name} takes no rows`);
  }

  override complete(io: Io): void {
    const { now, requests } = this.sim;
    const { op, blocks, status, sense, arrivedAt } = requests;
    const ended = status[io];
    const why = sense[io];
    countTraffic(this.traffic, 0, op[io], blocks[io], now - arrivedAt[io], ended);
    this.inFlight--;
    requests.give(io);
    this.client.tableDone(this.token[io], ended, why);
  }

  private issue(op: number, file: FileHandle, lba: number, blocks: number, token: number): void {
    const { requests, now, timers } = this.sim;
    const io = requests.takeOwn(op, lba, blocks, now);
    if (io === NO_IO) {
      timers.delay(ROW_RETRY_NS, () => this.issue(op, file, lba, blocks, token));
      return;
    }
    if (op === READ) this.reads++;
    else this.writes++;
    requests.data[io] = NO_DATA;
    requests.file[io] = file.index;
    this.token[io] = token;
    this.enter(io);
    this.lower.submit(io);
  }
}
