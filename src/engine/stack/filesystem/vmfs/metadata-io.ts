import { ZERO_DATA } from '../../../core/data-arena.js';
import { ATS, BLOCK_BYTES, type Io, NO_IO, READ, WRITE, ZERO } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import { isPayload } from '../../../core/payloads.js';
import type { Sim } from '../../../core/sim.js';
import { SENSE_INVALID_OPCODE, SENSE_MISCOMPARE } from '../../../core/status.js';
import type { Traffic } from '../../../core/traffic.js';
import { ROW_RETRY_NS } from '../../splitter.js';
import { datastoreSlot } from '../datastore.js';
import type { VmfsVolume } from './volume.js';

const METADATA_READS = datastoreSlot('metadataReads');
const METADATA_WRITES = datastoreSlot('metadataWrites');
const ATS_OK = datastoreSlot('atsOk');
const ATS_MISS = datastoreSlot('atsMiss');

/** Who asked for an I/O of the file system's own; `token` is what it gave with it. */
export interface MetadataClient {
  metadataDone(token: number, status: number, sense: number): void;
}

/**
 * What may be asked of the volume's devices just now: the host has it switched on
 * (VMFS3.HardwareAcceleratedLocking, DataMover.HardwareAcceleratedInit) and none has refused it.
 */
export interface OffloadSwitches {
  readonly locking: boolean;
  readonly init: boolean;
}

/** A block of bytes that is to take the place of another, if that is still there. */
export interface Swap {
  readonly expected: Uint8Array;
  readonly bytes: Uint8Array;
}

interface Waiting {
  readonly op: number;
  readonly lba: number;
  readonly blocks: number;
  readonly client: MetadataClient;
  readonly token: number;
  readonly payload: Uint8Array | undefined;
}

/**
 * The I/Os VMFS makes for itself on one host: rows of the VMkernel's world, addressed in the volume.
 * An array without ATS or WRITE SAME gets plain writes instead, until a rescan asks it anew; nobody
 * above notices.
 */
export class MetadataIo extends Layer {
  private readonly clients: (MetadataClient | undefined)[];
  private readonly token: Int32Array;
  /** Address in the volume; the layers below rewrite `lba`. */
  private readonly address: Float64Array;
  private readonly expect: Float64Array;
  private readonly swap: Float64Array;
  /** What could not be asked for because the request table was full. */
  private waiting: Waiting[] = [];

  constructor(
    sim: Sim,
    host: string,
    private readonly volume: VmfsVolume,
    private readonly traffic: Traffic,
    private readonly lower: Layer,
    private readonly offload: OffloadSwitches = { locking: true, init: true },
  ) {
    super(sim, `${host} metadata of ${volume.name}`);
    const { requests } = sim;
    this.clients = new Array<MetadataClient | undefined>(requests.handleLimit).fill(undefined);
    this.token = requests.column('metadata.token', Int32Array);
    this.address = requests.column('metadata.address', Float64Array);
    this.expect = requests.column('ats.expect', Float64Array);
    this.swap = requests.column('ats.swap', Float64Array);
  }

  /** @param into what is read is there with the answer, on volumes that keep bytes */
  read(
    lba: number,
    blocks: number,
    client: MetadataClient,
    token: number,
    into?: Uint8Array,
  ): void {
    this.volume.values[METADATA_READS]++;
    this.issue(READ, lba, blocks, client, token, into);
  }

  /** @param payload the bytes, on volumes that keep them; not to be changed before the answer */
  write(
    lba: number,
    blocks: number,
    client: MetadataClient,
    token: number,
    payload?: Uint8Array,
  ): void {
    this.volume.values[METADATA_WRITES]++;
    this.issue(WRITE, lba, blocks, client, token, payload);
  }

  zero(lba: number, blocks: number, client: MetadataClient, token: number): void {
    this.issue(ZERO, lba, blocks, client, token);
  }

  /**
   * Sets the lock or heartbeat block at `lba` from what hosts believe it holds to the next value.
   * After a miscompare the host knows the true value, so asking again can succeed. Where bytes are kept
   * the device compares those.
   */
  testAndSet(lba: number, client: MetadataClient, token: number, swap?: Swap): void {
    if (!this.offload.locking) this.write(lba, 1, client, token, swap?.bytes);
    else if (swap === undefined) this.issue(ATS, lba, 1, client, token);
    else {
      const both = new Uint8Array(2 * BLOCK_BYTES);
      both.set(swap.expected);
      both.set(swap.bytes, BLOCK_BYTES);
      this.issue(ATS, lba, 1, client, token, both);
    }
  }

  override submit(io: Io): void {
    this.enter(io);
    this.lower.submit(io);
  }

  override complete(io: Io): void {
    const { op, status, sense, blocks, arrivedAt, data } = this.sim.requests;
    this.traffic.add(op[io], blocks[io], this.sim.now - arrivedAt[io], status[io]);
    if (sense[io] === SENSE_INVALID_OPCODE && op[io] > WRITE) {
      this.writeInstead(io);
      return;
    }
    if (op[io] === ATS) this.learnTag(io);
    const client = this.clients[io] as MetadataClient;
    const token = this.token[io];
    const ended = status[io];
    const why = sense[io];
    if (isPayload(data[io])) this.sim.payloads.give(data[io]);
    this.clients[io] = undefined;
    this.sim.requests.give(io);
    client.metadataDone(token, ended, why);
  }

  /** Rows may be free again. */
  override fire(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { op, lba, blocks, client, token, payload } of waiting) {
      this.issue(op, lba, blocks, client, token, payload);
    }
  }

  private issue(
    op: number,
    lba: number,
    blocks: number,
    client: MetadataClient,
    token: number,
    payload?: Uint8Array,
  ): void {
    const { requests, now, payloads } = this.sim;
    const command = op === ZERO && !this.offload.init ? WRITE : op;
    const io = requests.takeOwn(command, lba, blocks, now);
    if (io === NO_IO) {
      if (this.waiting.push({ op, lba, blocks, client, token, payload }) === 1) {
        this.after(ROW_RETRY_NS, NO_IO);
      }
      return;
    }
    if (op === ZERO) requests.data[io] = ZERO_DATA;
    else if (payload !== undefined) requests.data[io] = payloads.take(payload);
    this.address[io] = lba;
    this.token[io] = token;
    this.clients[io] = client;
    if (op === ATS) {
      const tag = this.volume.tags.get(lba) ?? 0;
      this.expect[io] = tag;
      this.swap[io] = tag + 1;
    }
    this.submit(io);
  }

  /** The array does not know the command: the same row once more as a plain write. */
  private writeInstead(io: Io): void {
    const { op, lba, status, sense, data } = this.sim.requests;
    if (op[io] === ATS) {
      this.volume.values[METADATA_WRITES]++;
      // Without comparing, of the two blocks it carries the second is written.
      if (isPayload(data[io])) data[io]--;
    }
    op[io] = WRITE;
    lba[io] = this.address[io];
    status[io] = 0;
    sense[io] = 0;
    this.submit(io);
  }

  /**
   * After a miscompare a host reads the block again. Either another host has been faster, which all
   * hosts know by now, or an earlier command did its work and only its answer was lost.
   */
  private learnTag(io: Io): void {
    const { status, sense } = this.sim.requests;
    const { tags, values } = this.volume;
    const lba = this.address[io];
    const known = tags.get(lba) ?? 0;
    if (status[io] === 0) {
      values[ATS_OK]++;
      tags.set(lba, Math.max(known, this.swap[io]));
    } else if (sense[io] === SENSE_MISCOMPARE) {
      values[ATS_MISS]++;
      if (known === this.expect[io]) tags.set(lba, this.swap[io]);
    }
  }
}
