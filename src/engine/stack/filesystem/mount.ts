import type { Layer } from '../../core/layer.js';
import type { Traffic } from '../../core/traffic.js';
import type { FileHandle } from '../files.js';
import type { Datastore } from './datastore.js';

/** A datastore as one host has it mounted: takes rows addressed by file and block in the file. */
export interface Mount extends Layer {
  readonly datastore: Datastore;
  /** Where the switch counts what this host's files did here. */
  readonly traffic: Traffic;
  /** Takes the file's lock; rows for it are accepted from now on. */
  open(file: FileHandle): void;
  /** Gives the lock up; no row for the file may be in flight. */
  close(file: FileHandle): void;
}
