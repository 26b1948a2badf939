import type { Io } from '../../core/io.js';
import { BLOCK_BYTES, NO_IO, READ } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Sim } from '../../core/sim.js';
import { ROW_RETRY_NS } from '../../stack/splitter.js';
import type { MoverClient } from '../data-mover.js';
import type { ManagementNetwork } from './network.js';

/** Pause between two attempts to send while the network is down (model). */
const NETWORK_LOOK_NS = 1_000_000_000;

export interface BackupWorldOptions {
  readonly name: string;
  /** What rows say they run for; never 0, which is the host itself. */
  readonly world: number;
  /** Number device queues know its commands by, as they do those of a virtual disk. */
  readonly disk: number;
  /** What is read is sent over it before it counts. */
  readonly network?: ManagementNetwork;
  readonly cpuNsPerByte: number;
}

/** Issues the reads of backups, by rows of a world of its own: the scheduler sees one VM more. */
export class BackupWorld extends Layer {
  private readonly clients: (MoverClient | undefined)[];
  private readonly token: Int32Array;

  constructor(
    sim: Sim,
    readonly options: BackupWorldOptions,
  ) {
    super(sim, options.name);
    this.clients = new Array<MoverClient | undefined>(sim.requests.handleLimit).fill(undefined);
    this.token = sim.requests.column('backup.token', Int32Array);
  }

  /** Reads a part of a disk; `client` hears of the end, and of nothing before this call returns. */
  read(
    lower: Layer,
    lba: number,
    blocks: number,
    data: number,
    client: MoverClient,
    token: number,
  ): void {
    const { requests, now } = this.sim;
    const io = requests.takeForGuest();
    if (io === NO_IO) {
      this.sim.timers.delay(ROW_RETRY_NS, () => this.read(lower, lba, blocks, data, client, token));
      return;
    }
    requests.op[io] = READ;
    requests.lba[io] = lba;
    requests.blocks[io] = blocks;
    requests.data[io] = data;
    requests.world[io] = this.options.world;
    requests.disk[io] = this.options.disk;
    requests.file[io] = -1;
    requests.arrivedAt[io] = now;
    requests.readyAt[io] = now;
    requests.deviceNs[io] = 0;
    this.token[io] = token;
    this.clients[io] = client;
    this.enter(io);
    lower.submit(io);
  }

  override submit(): void {
    throw new Error(`${this.name} takes no rows`);
  }

  override complete(io: Io): void {
    const { status, blocks } = this.sim.requests;
    const { network, cpuNsPerByte } = this.options;
    const { now } = this.sim;
    if (network === undefined || status[io] !== 0 || network.isBroken(now)) {
      this.fire(io);
      return;
    }
    if (!network.up) {
      this.sim.timers.delay(NETWORK_LOOK_NS, () => this.complete(io));
      return;
    }
    const at = network.send(now, blocks[io] * BLOCK_BYTES, cpuNsPerByte);
    this.sim.events.push(at, this.index, io);
  }

  override fire(io: Io): void {
    const { requests } = this.sim;
    const client = this.clients[io] as MoverClient;
    const status = requests.status[io];
    const sense = requests.sense[io];
    this.clients[io] = undefined;
    requests.give(io);
    client.moved(this.token[io], status, sense);
  }
}
