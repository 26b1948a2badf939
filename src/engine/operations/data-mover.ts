import { BLOCK_BYTES, type Io, NO_IO, XCOPY, ZERO } from '../core/io.js';
import { Layer } from '../core/layer.js';
import type { Entity } from '../core/meters.js';
import type { Sim } from '../core/sim.js';
import { HOST_ABORT, hostStatus } from '../core/status.js';
import type { Settings } from '../stack/settings.js';
import { ROW_RETRY_NS } from '../stack/splitter.js';

/** Commands of one operation in flight (from memory; stack-lower reference, section 6.2). */
export const OUTSTANDING = 8;

export const MOVER_FIELDS = [
  'running',
  'finished',
  'failed',
  'copiedBlocks',
  'offloadedBlocks',
  'zeroedBlocks',
  'reclaimedBlocks',
  'fallbacks',
  'savedBlocks',
  'savedNs',
] as const;

type MoverField = (typeof MOVER_FIELDS)[number];

/** Who asked for a command; `token` is what it gave with it. */
export interface MoverClient {
  moved(token: number, status: number, sense: number): void;
}

/** A command of the data mover's own. */
export interface Move {
  readonly op: number;
  /** The layer that takes it. */
  readonly lower: Layer;
  /** Number of the file, or -1 where `lba` is an address of the volume. */
  readonly file: number;
  readonly lba: number;
  readonly blocks: number;
  readonly data: number;
  /** EXTENDED COPY: where to; an address on the device of `unit`, or a file of an NFS server. */
  readonly target?: number;
  readonly unit?: number;
}

/**
 * The data mover of a host (fs3dm): copies, zeroes and gives back what files hold, by rows of the
 * VMkernel's world. What an array does for it (VAAI) costs the fabric nothing.
 */
export class DataMover extends Layer {
  readonly entity: Entity;
  /** The host is dead: nothing is sent any more, and operations end with what is on its way. */
  isDead = false;
  private readonly clients: (MoverClient | undefined)[];
  /** Time the host's links take for a block, all of them together. */
  private readonly blockNs: number;
  private readonly token: Int32Array;
  private readonly target: Float64Array;
  private readonly unit: Int32Array;
  private readonly sentAt: Float64Array;

  /** @param linkBytesPerSecond what the host's adapters carry together, one way */
  constructor(
    sim: Sim,
    readonly host: string,
    readonly settings: Settings,
    linkBytesPerSecond: number,
  ) {
    super(sim, `${host} data mover`);
    this.blockNs = (BLOCK_BYTES * 1e9) / linkBytesPerSecond;
    const { requests } = sim;
    this.entity = sim.meters.define('mover', host, { host }, MOVER_FIELDS);
    this.clients = new Array<MoverClient | undefined>(requests.handleLimit).fill(undefined);
    this.token = requests.column('mover.token', Int32Array);
    this.target = requests.column('xcopy.target', Float64Array);
    this.unit = requests.column('xcopy.unit', Int32Array);
    this.sentAt = requests.column('vmdk.sentAt', Float64Array);
  }

  /** Its host holds what guests ask for while there is no path, however long (stack-lower reference, APD). */
  readonly holdsGuests = (): boolean => !this.isDead && !this.settings.on('Scsi.FailVMIOonAPD');

  add(field: MoverField, amount: number): void {
    this.entity.values[MOVER_FIELDS.indexOf(field)] += amount;
  }

  /** Sends a command; `client` hears of its end, and of nothing before this call returns. */
  send(move: Move, client: MoverClient, token: number): void {
    if (this.isDead) {
      this.sim.timers.delay(0, () => client.moved(token, hostStatus(HOST_ABORT), 0));
      return;
    }
    const { requests, now } = this.sim;
    const io = requests.takeOwn(move.op, move.lba, move.blocks, now);
    if (io === NO_IO) {
      this.sim.timers.delay(ROW_RETRY_NS, () => this.send(move, client, token));
      return;
    }
    requests.data[io] = move.data;
    requests.file[io] = move.file;
    this.sentAt[io] = now;
    this.target[io] = move.target ?? 0;
    this.unit[io] = move.unit ?? 0;
    this.token[io] = token;
    this.clients[io] = client;
    this.enter(io);
    move.lower.submit(io);
  }

  /** The fabric has been spared so much, and the time that would have taken at the least. */
  private save(blocks: number): void {
    this.add('savedBlocks', blocks);
    this.add('savedNs', Math.round(blocks * this.blockNs));
  }

  override submit(): void {
    throw new Error(`${this.name} takes no rows`);
  }

  override complete(io: Io): void {
    const { op, blocks, status, sense } = this.sim.requests;
    const client = this.clients[io] as MoverClient;
    const ended = status[io];
    const why = sense[io];
    // Two ways over the fabric for a copy, one for zeros.
    if (ended === 0 && op[io] === XCOPY) this.save(2 * blocks[io]);
    if (ended === 0 && op[io] === ZERO) this.save(blocks[io]);
    this.clients[io] = undefined;
    this.sim.requests.give(io);
    client.moved(this.token[io], ended, why);
  }
}
