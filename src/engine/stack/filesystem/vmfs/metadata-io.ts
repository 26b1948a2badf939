import { ZERO_DATA } from '../../../core/data-arena.js';
import { ATS, BLOCK_BYTES, type Io, NO_IO, READ, WRITE, ZERO } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import { isPayload } from '../../../core/payloads.js';
import type { Sim } from '../../../core/sim.js';
import {
  PLUGIN_TRANSIENT,
  pluginStatus,
  SENSE_INVALID_OPCODE,
  SENSE_MISCOMPARE,
} from '../../../core/status.js';
import type { Traffic } from '../../../core/traffic.js';
import { ROW_RETRY_NS } from '../../splitter.js';
import { datastoreSlot } from '../datastore.js';
import { MOUNT_FIELDS, type MountState } from '../mount-state.js';
import { ExtentReservation, type MetadataRow, type RowMaker } from './extent-reservation.js';
import type { VmfsMountOptions } from './options.js';
import type { Purpose } from './purpose.js';
import type { VmfsVolume } from './volume.js';

const METADATA_READS = datastoreSlot('metadataReads');
const METADATA_WRITES = datastoreSlot('metadataWrites');
const ATS_OK = datastoreSlot('atsOk');
const ATS_MISS = datastoreSlot('atsMiss');

/** Disk.DiskReservationThreshold (stack-lower reference, section 12). */
const RESERVATION_NS = 45_000_000;

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

/**
 * The I/Os VMFS makes for itself on one host: rows of the VMkernel's world, addressed in the volume.
 * An array without WRITE SAME gets plain writes instead, until a rescan asks it anew; nobody above
 * notices. Without ATS what is written depends on the volume: everything goes under a SCSI-2 reservation
 * (extent-reservation.ts), unless no other host mounts it; a volume that is ATS-only waits until the
 * array takes ATS again (stack-lower reference, 6.1; that it waits is model).
 */
export class MetadataIo extends Layer implements RowMaker {
  private readonly clients: (MetadataClient | undefined)[];
  /** Place among MOUNT_FIELDS. */
  private readonly purpose: Uint8Array;
  private readonly token: Int32Array;
  /** Address in the volume; the layers below rewrite `lba`. */
  private readonly address: Float64Array;
  private readonly expect: Float64Array;
  private readonly swap: Float64Array;
  private readonly relies: Uint8Array;
  private readonly offload: OffloadSwitches;
  /** By number of the extent. */
  private readonly reservations = new Map<number, ExtentReservation>();
  /** The host is dead. */
  isDead = false;
  /** What could not be asked for because the request table was full. */
  private waiting: MetadataRow[] = [];
  private isRefused = false;

  constructor(
    sim: Sim,
    private readonly options: VmfsMountOptions,
    private readonly volume: VmfsVolume,
    private readonly traffic: Traffic,
    private readonly lower: Layer,
    private readonly state: MountState,
  ) {
    super(sim, `${options.host} metadata of ${volume.name}`);
    const { requests } = sim;
    this.offload = options.offload ?? { locking: true, init: true };
    this.clients = new Array<MetadataClient | undefined>(requests.handleLimit).fill(undefined);
    this.purpose = requests.column('metadata.purpose', Uint8Array);
    this.token = requests.column('metadata.token', Int32Array);
    this.address = requests.column('metadata.address', Float64Array);
    this.expect = requests.column('ats.expect', Float64Array);
    this.swap = requests.column('ats.swap', Float64Array);
    // Multipathing looks at it: such a row is not repeated once the reservation is gone.
    this.relies = requests.column('psa.reserved', Uint8Array);
  }

  /** The host is dead: it begins no change that would need a reservation. */
  die(): void {
    this.isDead = true;
    for (const reservation of this.reservations.values()) reservation.die();
  }

  reboot(): void {
    this.isDead = false;
    for (const reservation of this.reservations.values()) reservation.reboot();
  }

  /** @param into what is read is there with the answer, on volumes that keep bytes */
  read(
    lba: number,
    blocks: number,
    purpose: Purpose,
    client: MetadataClient,
    token: number,
    into?: Uint8Array,
  ): void {
    this.makeRow({ op: READ, lba, blocks, purpose, client, token, payload: into });
  }

  /** @param payload the bytes, on volumes that keep them; not to be changed before the answer */
  write(
    lba: number,
    blocks: number,
    purpose: Purpose,
    client: MetadataClient,
    token: number,
    payload?: Uint8Array,
  ): void {
    const change = { lba, blocks, purpose, client, token, payload };
    if (!this.reserves) this.makeRow({ op: WRITE, ...change });
    else this.reservationAt(lba).ask({ ...change, isSwap: false, swap: undefined });
  }

  zero(lba: number, blocks: number, client: MetadataClient, token: number): void {
    this.makeRow({ op: ZERO, lba, blocks, purpose: 'zeroIos', client, token });
  }

  /**
   * Sets the lock or heartbeat block at `lba` from what hosts believe it holds to the next value.
   * After a miscompare the host knows the true value, so asking again can succeed. Where bytes are kept
   * the device compares those, or without ATS the host itself.
   */
  testAndSet(
    lba: number,
    purpose: Purpose,
    client: MetadataClient,
    token: number,
    swap?: Swap,
  ): void {
    if (!this.offload.locking && !this.volume.atsOnly) {
      this.setWithoutAts(lba, purpose, client, token, swap);
      return;
    }
    let both: Uint8Array | undefined;
    if (swap !== undefined) {
      both = new Uint8Array(2 * BLOCK_BYTES);
      both.set(swap.expected);
      both.set(swap.bytes, BLOCK_BYTES);
    }
    this.makeRow({ op: ATS, lba, blocks: 1, purpose, client, token, payload: both });
  }

  override submit(io: Io): void {
    this.enter(io);
    this.lower.submit(io);
  }

  override complete(io: Io): void {
    const { op, status, sense, blocks, arrivedAt, data } = this.sim.requests;
    this.traffic.add(op[io], blocks[io], this.sim.now - arrivedAt[io], status[io]);
    if (sense[io] === SENSE_INVALID_OPCODE && op[io] === ZERO) {
      this.writeInstead(io);
      return;
    }
    if (op[io] === ATS) this.learnTag(io);
    const client = this.clients[io] as MetadataClient;
    const purpose = MOUNT_FIELDS[this.purpose[io]] as Purpose;
    const token = this.token[io];
    const wasAts = op[io] === ATS;
    const ended = status[io];
    const why = sense[io];
    const carried = data[io];
    const lba = this.address[io];
    this.clients[io] = undefined;
    this.relies[io] = 0;
    this.sim.requests.give(io);
    if (ended === 0) this.state.add(purpose, 1);
    const isRefused = wasAts && why === SENSE_INVALID_OPCODE;
    if (wasAts && this.volume.atsOnly) this.noteRefusal(isRefused);
    if (!isRefused) {
      if (isPayload(carried)) this.sim.payloads.give(carried);
      client.metadataDone(token, ended, why);
    } else if (this.volume.atsOnly) {
      if (isPayload(carried)) this.sim.payloads.give(carried);
      client.metadataDone(token, pluginStatus(PLUGIN_TRANSIENT), 0);
    } else {
      this.setWithoutAts(lba, purpose, client, token, this.takeSwap(carried));
    }
  }

  /** Rows may be free again. */
  override fire(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const row of waiting) this.makeRow(row);
  }

  makeRow(row: MetadataRow): void {
    const { requests, now, payloads } = this.sim;
    const { op, lba, blocks, payload } = row;
    const command = op === ZERO && !this.offload.init ? WRITE : op;
    const io = requests.takeOwn(command, lba, blocks, now);
    if (io === NO_IO) {
      if (this.waiting.push(row) === 1) this.after(ROW_RETRY_NS, NO_IO);
      return;
    }
    if (op === READ) this.volume.values[METADATA_READS]++;
    else if (op === WRITE) this.volume.values[METADATA_WRITES]++;
    if (op === ZERO) requests.data[io] = ZERO_DATA;
    else if (payload !== undefined) requests.data[io] = payloads.take(payload);
    this.address[io] = lba;
    this.token[io] = row.token;
    this.clients[io] = row.client;
    this.purpose[io] = MOUNT_FIELDS.indexOf(row.purpose);
    this.relies[io] = row.relies === true ? 1 : 0;
    if (op === ATS) {
      const tag = this.volume.tags.get(lba) ?? 0;
      this.expect[io] = tag;
      this.swap[io] = tag + 1;
    }
    this.submit(io);
  }

  /** Other hosts have to be kept out while metadata is written. */
  private get reserves(): boolean {
    return !this.offload.locking && this.volume.isShared && !this.volume.atsOnly;
  }

  private reservationAt(lba: number): ExtentReservation {
    const { extentAt, reservationNs = RESERVATION_NS } = this.options;
    const extent = extentAt?.(lba) ?? 0;
    let reservation = this.reservations.get(extent);
    if (reservation === undefined) {
      reservation = new ExtentReservation(this.sim, this, this.state, reservationNs);
      if (this.isDead) reservation.die();
      this.reservations.set(extent, reservation);
    }
    return reservation;
  }

  private setWithoutAts(
    lba: number,
    purpose: Purpose,
    client: MetadataClient,
    token: number,
    swap: Swap | undefined,
  ): void {
    if (!this.volume.isShared) {
      this.makeRow({ op: WRITE, lba, blocks: 1, purpose, client, token, payload: swap?.bytes });
      return;
    }
    const change = { lba, blocks: 1, purpose, client, token, payload: undefined };
    this.reservationAt(lba).ask({ ...change, isSwap: true, swap });
  }

  /** What an ATS was to do: it carries what it expects, and behind that what it writes. */
  private takeSwap(carried: number): Swap | undefined {
    if (!isPayload(carried)) return undefined;
    const { payloads } = this.sim;
    const expected = payloads.bytesOf(carried, 1).slice();
    const bytes = payloads.bytesOf(carried - 1, 1).slice();
    payloads.give(carried);
    return { expected, bytes };
  }

  /** As ESXi says of ATS-only volumes whose device takes no ATS (esx.problem.vmfs.ats.support.lost). */
  private noteRefusal(isRefused: boolean): void {
    if (isRefused === this.isRefused) return;
    this.isRefused = isRefused;
    const { host, datastore } = this.state;
    const { log } = this.sim;
    if (isRefused) {
      const what = `ATS-only volume: ${host} can take no locks and renew no heartbeat`;
      log.note('vmfs.ats.lost', datastore, what, 'the device refuses ATS (05/20/00)');
    } else {
      const what = `${host} takes locks again`;
      log.note('vmfs.ats.restored', datastore, what, 'the device takes ATS again');
    }
  }

  /** The array does not know WRITE SAME: the same row once more as a plain write. */
  private writeInstead(io: Io): void {
    const { op, lba, status, sense } = this.sim.requests;
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
