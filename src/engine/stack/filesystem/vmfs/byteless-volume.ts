import { Datastore } from '../datastore.js';
import type { Swap } from './metadata-io.js';

/**
 * What hosts ask a volume about its bytes, as one answers that keeps none: then what they write for locks
 * and heartbeats says nothing, and of a dead host nothing is left but its locks.
 */
export abstract class BytelessVolume extends Datastore {
  /** What a host writes to take or give up the lock of a file, where bytes are kept. */
  lockBytes(_descriptor: number, _slot: number): Swap | undefined {
    return undefined;
  }

  /** Where bytes are kept: the file comes or goes just now, and its lock with it. */
  isMoving(_descriptor: number): boolean {
    return false;
  }

  /** What a host writes as its heartbeat now, where bytes are kept. */
  heartbeatBytes(_slot: number): Swap | undefined {
    return undefined;
  }

  /** A host has died. */
  crash(_slot: number): void {
    // Where no bytes are kept nothing of it is left but its locks.
  }

  /** A host that died is back. */
  reboot(_slot: number): void {
    // As above.
  }

  /**
   * Brings what a dead host left behind on the volume to its end, by way of another.
   * @returns false where no bytes are kept: there is nothing to do
   */
  recover(_slot: number, _by: number, _done: () => void): boolean {
    return false;
  }
}
