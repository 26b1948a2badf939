import { NO_DATA } from '../../../core/data-arena.js';
import { type Io, NO_IO, READ } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import { isPayload } from '../../../core/payloads.js';
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

  /**
   * @param lba block of the file
   * @param bytes what is written, or where to read to; the device takes what they are when it acts
   */
  send(
    op: number,
    file: FileHandle,
    lba: number,
    blocks: number,
    token: number,
    bytes?: Uint8Array,
  ): void {
    this.inFlight++;
    this.issue(op, file, lba, blocks, token, bytes);
  }

  override submit(): void {
    throw new Error(`${this.name} takes no rows`);
  }

  override complete(io: Io): void {
    const { now, requests } = this.sim;
    const { op, blocks, status, sense, arrivedAt, data } = requests;
    const ended = status[io];
    const why = sense[io];
    countTraffic(this.traffic, 0, op[io], blocks[io], now - arrivedAt[io], ended);
    this.inFlight--;
    if (isPayload(data[io])) this.sim.payloads.give(data[io]);
    requests.give(io);
    this.client.tableDone(this.token[io], ended, why);
  }

  private issue(
    op: number,
    file: FileHandle,
    lba: number,
    blocks: number,
    token: number,
    bytes: Uint8Array | undefined,
  ): void {
    const { requests, now, timers } = this.sim;
    const io = requests.takeOwn(op, lba, blocks, now);
    if (io === NO_IO) {
      timers.delay(ROW_RETRY_NS, () => this.issue(op, file, lba, blocks, token, bytes));
      return;
    }
    if (op === READ) this.reads++;
    else this.writes++;
    requests.data[io] = bytes === undefined ? NO_DATA : this.sim.payloads.take(bytes);
    requests.file[io] = file.index;
    this.token[io] = token;
    this.enter(io);
    this.lower.submit(io);
  }
}
