import type { FileHandle } from '../../stack/files.js';
import type { Link } from '../../stack/vmfiles/chain/link.js';
import type { FrozenChanges } from '../../stack/vmfiles/change-tracker.js';

/** A snapshot of a virtual machine: for each disk the link it froze. */
export interface VmSnapshot {
  readonly name: string;
  /** Number in the snapshot list (`.vmsd`), from 1. */
  readonly uid: number;
  parent: VmSnapshot | undefined;
  readonly createdAt: number;
  readonly quiesced: boolean;
  /** State of the machine (`.vmsn`) and, when taken, its memory (`.vmem`). */
  readonly files: readonly FileHandle[];
  readonly withMemory: boolean;
  /** By number of the disk. */
  readonly disks: Map<number, Link>;
  /** By number of the disk, for those whose changes are tracked. */
  readonly changes: ReadonlyMap<number, FrozenChanges>;
}

/** A snapshot as whoever asks is told of it. */
export interface SnapshotInfo {
  readonly name: string;
  readonly uid: number;
  readonly parent: string | undefined;
  readonly createdAt: number;
  readonly withMemory: boolean;
  readonly quiesced: boolean;
}

/** What lists show of a snapshot. */
export function infoOf(snapshot: VmSnapshot): SnapshotInfo {
  const { name, uid, parent, createdAt, withMemory, quiesced } = snapshot;
  return { name, uid, parent: parent?.name, createdAt, withMemory, quiesced };
}

/** Guests that check their data: they are told that their disks have been set back. */
export interface Witness {
  saved(snapshot: string): void;
  restored(snapshot: string): void;
  /** Only parts of it have been set back. */
  mixed(snapshot: string): void;
  forgotten(snapshot: string): void;
}
