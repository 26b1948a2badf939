import { BLOCK_BYTES, READ, RELEASE, RESERVE, WRITE } from '../../../core/io.js';
import type { Sim } from '../../../core/sim.js';
import {
  CHECK,
  deviceOf,
  PLUGIN_RESERVATION_LOST,
  pluginOf,
  RESERVATION_CONFLICT,
  SENSE_LUN_NOT_SUPPORTED,
  SENSE_MISCOMPARE,
} from '../../../core/status.js';
import { sameBytes } from '../../../formats/vmfs/bytes.js';
import type { MountState } from '../mount-state.js';
import type { MetadataClient, Swap } from './metadata-io.js';
import type { Purpose } from './purpose.js';
import { RETRY_NS, refused } from './retry.js';

/** A change of metadata that may happen only under the reservation of its device. */
export interface ReservedChange {
  readonly lba: number;
  readonly blocks: number;
  readonly purpose: Purpose;
  readonly client: MetadataClient;
  readonly token: number;
  /** It replaces a lock or a heartbeat: that is read before it is written. */
  readonly isSwap: boolean;
  /** Where bytes are kept: what is expected there, and what is to be. */
  readonly swap: Swap | undefined;
  /** What a plain write carries, where bytes are kept. */
  readonly payload: Uint8Array | undefined;
}

/** An I/O of the file system's own that is to become a row. */
export interface MetadataRow {
  readonly op: number;
  readonly lba: number;
  readonly blocks: number;
  readonly purpose: Purpose;
  readonly client: MetadataClient;
  readonly token: number;
  /** What a write carries, or where what is read is to be, on volumes that keep bytes. */
  readonly payload?: Uint8Array | undefined;
  /** Carried out only while the reservation stands. */
  readonly relies?: boolean;
}

/** Who makes rows of them. */
export interface RowMaker {
  makeRow(row: MetadataRow): void;
}

const FREE = 0;
const ASKING = 1;
const HELD = 2;
const RELEASING = 3;

/** Tokens of the commands that are no change. */
const TAKEN = -1;
const GIVEN = -2;

interface Running {
  readonly change: ReservedChange;
  /** Of a swap that is being read: what is there. */
  readonly found: Uint8Array | undefined;
  readonly isRead: boolean;
}

/**
 * A host's SCSI-2 reservation of one extent of a volume (stack-upper reference, 6.2 and 6.3): taken
 * when there is metadata to change, given up when nothing more is asked for. Changes that follow one
 * another without a pause share it, as the steps of a commit do, until it is
 * Disk.DiskReservationThreshold old; the device is then left to others for as long before it is
 * reserved again (model). A lock is read again under the reservation before it is written.
 *
 * A reservation that is reset on the way takes what was not carried out yet with it: that is begun anew.
 */
export class ExtentReservation implements MetadataClient {
  private state = FREE;
  private isDead = false;
  /** It was reset: nothing more may begin under it. */
  private isLost = false;
  private since = 0;
  private notBefore = 0;
  private waking = false;
  private queue: ReservedChange[] = [];
  private readonly running: (Running | undefined)[] = [];
  private users = 0;
  /** Some place on the extent, by which rows find it. */
  private place = 0;

  /** @param shareNs Disk.DiskReservationThreshold */
  constructor(
    private readonly sim: Sim,
    private readonly rows: RowMaker,
    private readonly mount: MountState,
    private readonly shareNs: number,
  ) {}

  ask(change: ReservedChange): void {
    this.queue.push(change);
    this.pump();
  }

  /** The host is dead: what it has reserved stays so, and nothing more is sent. */
  die(): void {
    this.isDead = true;
    this.pump();
  }

  /** Its new login ends what it had reserved (model: as RELEASE). */
  reboot(): void {
    this.isDead = false;
    this.pump();
  }

  metadataDone(token: number, status: number, sense: number): void {
    if (token === TAKEN) this.taken(status, sense);
    else if (token === GIVEN) this.given(status);
    else this.changed(token, status, sense);
  }

  private taken(status: number, sense: number): void {
    if (status === 0) {
      this.state = HELD;
      this.isLost = false;
      this.since = this.sim.now;
      if (!this.isDead) this.admit();
      this.pump();
      return;
    }
    this.state = FREE;
    if (deviceOf(status) === RESERVATION_CONFLICT) this.mount.add('conflicts', 1);
    if (refused(status)) {
      this.failAll(status, sense);
      return;
    }
    this.notBefore = this.sim.now + RETRY_NS;
    this.pump();
  }

  private given(status: number): void {
    if (status === 0 || refused(status)) {
      this.state = FREE;
      this.pump();
      return;
    }
    this.state = HELD;
    this.isLost = true;
    this.sim.timers.delay(RETRY_NS, () => this.pump());
  }

  private changed(token: number, status: number, sense: number): void {
    const { change, found, isRead } = this.running[token] as Running;
    this.running[token] = undefined;
    if (pluginOf(status) === PLUGIN_RESERVATION_LOST) {
      this.lose();
      this.queue.unshift(change);
    } else if (isRead && status === 0 && this.isLost) {
      // Another row has met the reset: what was read is to be read again.
      this.queue.unshift(change);
    } else if (isRead && this.isDead) {
      this.end(change, CHECK, SENSE_LUN_NOT_SUPPORTED);
    } else if (isRead && status === 0) {
      const { swap } = change;
      if (swap === undefined || sameBytes(found as Uint8Array, swap.expected)) {
        this.send(token, change, false);
        return;
      }
      this.end(change, CHECK, SENSE_MISCOMPARE);
    } else {
      this.end(change, status, sense);
    }
    this.users--;
    this.pump();
  }

  /** What the client asks for next is under the same reservation. */
  private end({ client, token }: ReservedChange, status: number, sense: number): void {
    client.metadataDone(token, status, sense);
  }

  private lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    const { host, datastore } = this.mount;
    const what = `reservation of ${host} was reset`;
    this.sim.log.note('vmfs.reservation.lost', datastore, what, 'its metadata I/O is begun anew');
  }

  private pump(): void {
    if (this.isDead) {
      this.sim.timers.delay(0, () => {
        if (this.isDead) this.failAll(CHECK, SENSE_LUN_NOT_SUPPORTED);
      });
    } else if (this.state === FREE && this.queue.length > 0) {
      this.reserve();
    } else if (this.state === HELD) {
      const isShared = !this.isLost && this.sim.now - this.since < this.shareNs;
      if (isShared) this.admit();
      if (this.users > 0) return;
      const pauseNs = this.queue.length > 0 && !this.isLost ? this.shareNs : 0;
      this.notBefore = this.sim.now + pauseNs;
      this.release();
    }
  }

  private reserve(): void {
    const { now, timers } = this.sim;
    if (now < this.notBefore) {
      if (this.waking) return;
      this.waking = true;
      timers.delay(this.notBefore - now, () => {
        this.waking = false;
        this.pump();
      });
      return;
    }
    this.state = ASKING;
    this.place = this.queue[0].lba;
    this.command(RESERVE, TAKEN);
  }

  private release(): void {
    this.state = RELEASING;
    this.command(RELEASE, GIVEN);
  }

  private command(op: number, token: number): void {
    const { place: lba, rows } = this;
    rows.makeRow({ op, lba, blocks: 0, purpose: 'reserveIos', client: this, token });
  }

  /** Begins what waits, except for what meets a swap on its way, or one before it that waits. */
  private admit(): void {
    const { queue } = this;
    this.queue = [];
    for (const change of queue) {
      const meets = (other: ReservedChange): boolean => isOrdered(change, other);
      if (this.running.some((own) => own && meets(own.change)) || this.queue.some(meets)) {
        this.queue.push(change);
        continue;
      }
      this.users++;
      const free = this.running.indexOf(undefined);
      this.send(free < 0 ? this.running.length : free, change, change.isSwap);
    }
  }

  private send(token: number, change: ReservedChange, isRead: boolean): void {
    const { lba, blocks, purpose, swap, payload } = change;
    const found = isRead && swap !== undefined ? new Uint8Array(BLOCK_BYTES) : undefined;
    this.running[token] = { change, found, isRead };
    const op = isRead ? READ : WRITE;
    const carried = isRead ? found : (swap?.bytes ?? payload);
    const row = { op, lba, blocks, purpose, client: this, token };
    this.rows.makeRow({ ...row, payload: carried, relies: true });
  }

  private failAll(status: number, sense: number): void {
    const { queue } = this;
    this.queue = [];
    for (const change of queue) this.end(change, status, sense);
  }
}

/**
 * A swap is a read and a write: what is written between them, under the same reservation, would be lost.
 * It is for one thing at a time.
 */
function isOrdered(one: ReservedChange, other: ReservedChange): boolean {
  if (!one.isSwap && !other.isSwap) return false;
  return one.lba < other.lba + other.blocks && other.lba < one.lba + one.blocks;
}
