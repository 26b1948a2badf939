import type { Layer } from '../../core/layer.js';
import type { FileHandle } from '../files.js';
import type { Datastore } from './datastore.js';

/** Told how it ended to take a lock: what is in the way, or nothing. */
export type LockAnswer = (problem: string | undefined) => void;

/** A datastore as one host has it mounted: takes rows addressed by file and block in the file. */
export interface Mount extends Layer {
  readonly datastore: Datastore;
  /** Files the host has open on it. */
  readonly openFiles: number;
  /** False between `unmount` and `remount`, and while the host is dead. */
  readonly mounted: boolean;
  /**
   * Takes the file's lock; rows for it are accepted from now on.
   * @param traffic counters of TRAFFIC_FIELDS which whoever uses the file keeps of it
   */
  open(file: FileHandle, traffic?: Float64Array): void;
  /** Counters of TRAFFIC_FIELDS that are part of what this mount shows. */
  count(traffic: Float64Array): void;
  /** The same of counters that have counted elsewhere, from now on; and no longer. */
  countFrom(traffic: Float64Array): void;
  countTo(traffic: Float64Array): void;
  /** A file it has open is longer now. */
  lengthened(): void;
  /** Whether no other host has the file's lock. */
  isFree(file: FileHandle): boolean;
  /** Gives the lock up; no row for the file may be in flight. */
  close(file: FileHandle): void;
  /**
   * Takes the lock of a file that another host may hold. That of a host which is dead is broken once
   * its lease has run out; one that is alive keeps its lock. I/O to the file may begin after `open`.
   */
  takeLock(file: FileHandle, answer: LockAnswer): void;
  /** The host is dead: it renews and closes nothing any more, and its locks stay. */
  crash(): void;
  /** The host is back with nothing open: what it still holds it gives up. */
  reboot(): void;
  /** The host lets the datastore go. @returns why it cannot, or nothing */
  unmount(): string | undefined;
  remount(): void;
}
