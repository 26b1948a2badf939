import { NO_DATA } from '../../../core/data-arena.js';
import { type Io, NO_IO, READ } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import { isPayload } from '../../../core/payloads.js';
import type { Sim } from '../../../core/sim.js';
import { HOST_NO_CONNECT, hostOf } from '../../../core/status.js';
import { countTraffic, TRAFFIC_FIELDS } from '../../../core/traffic.js';
import type { FileHandle } from '../../files.js';
import { ROW_RETRY_NS } from '../../splitter.js';

/** Model: pause before an I/O is sent again that found no path, as the file system pauses for its own. */
const RETRY_NS = 1_000_000_000;

/** Who asked for an I/O; `token` is what it gave with it. */
export interface TableClient {
  tableDone(token: number, status: number, sense: number): void;
  /** Whether an I/O that found no path is held as the commands are that it is for. */
  holds(token: number): boolean;
}

/**
 * The chain's own I/O in the files of deltas: grain tables, directories, journals, copied grains. It is
 * the VMkernel's, which fails fast once all paths have been down for long; where the command it is for
 * is held then, as a guest's is (stack-lower reference, APD), it is sent again until there is a path.
 */
export class TableIo extends Layer {
  /** Traffic of a datastore, TRAFFIC_FIELDS. */
  readonly traffic = new Float64Array(TRAFFIC_FIELDS.length);
  reads = 0;
  writes = 0;
  inFlight = 0;
  private readonly token: Int32Array;
  /** File and block of it; the layers below rewrite both. */
  private readonly place: Int32Array;
  private readonly address: Float64Array;

  constructor(
    sim: Sim,
    name: string,
    private readonly client: TableClient,
    private readonly lower: Layer,
  ) {
    super(sim, `${name} tables`);
    this.token = sim.requests.column('chain.token', Int32Array);
    this.place = sim.requests.column('chain.place', Int32Array);
    this.address = sim.requests.column('chain.address', Float64Array);
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
    if (hostOf(ended) === HOST_NO_CONNECT && this.client.holds(this.token[io])) {
      this.after(RETRY_NS, io);
      return;
    }
    const why = sense[io];
    countTraffic(this.traffic, 0, op[io], blocks[io], now - arrivedAt[io], ended);
    this.inFlight--;
    if (isPayload(data[io])) this.sim.payloads.give(data[io]);
    requests.give(io);
    this.client.tableDone(this.token[io], ended, why);
  }

  /** Once more. */
  override fire(io: Io): void {
    const { requests } = this.sim;
    requests.file[io] = this.place[io];
    requests.lba[io] = this.address[io];
    requests.status[io] = 0;
    requests.sense[io] = 0;
    this.enter(io);
    this.lower.submit(io);
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
    this.place[io] = file.index;
    this.address[io] = lba;
    this.enter(io);
    this.lower.submit(io);
  }
}
