import type { Layer } from '../../core/layer.js';
import type { FileHandle } from '../files.js';
import type { Datastore } from './datastore.js';

/** A datastore as one host has it mounted: takes rows addressed by file and block in the file. */
export interface Mount extends Layer {
  readonly datastore: Datastore;
  /**
   * Takes the file's lock; rows for it are accepted from now on.
   * @param traffic counters of TRAFFIC_FIELDS which whoever uses the file keeps of it
   */
  open(file: FileHandle, traffic?: Float64Array): void;
  /** Counters of TRAFFIC_FIELDS that are part of what this mount shows. */
  count(traffic: Float64Array): void;
  /** Gives the lock up; no row for the file may be in flight. */
  close(file: FileHandle): void;
}
