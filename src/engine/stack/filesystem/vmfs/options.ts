import type { OffloadSwitches } from './metadata-io.js';

export interface VmfsMountOptions {
  readonly host: string;
  /** Pointer blocks the host keeps in memory for this volume. */
  readonly pointerCacheEntries?: number;
  /** What the host leaves to arrays; all it can unless given. */
  readonly offload?: OffloadSwitches;
  /**
   * An UNMAP of a guest goes on to the device at once (VMFS 5 with VMFS3.EnableBlockDelete), or the
   * blocks are only free (VMFS 6, which reclaims them later); true unless given.
   */
  readonly passesUnmap?: boolean;
  /** VMFS3.UseATSForHBOnVMFS5; true unless given. */
  readonly atsHeartbeat?: boolean;
  /** Number of the extent a block of the volume is on, from 0; one extent unless given. */
  readonly extentAt?: (block: number) => number;
  /** Disk.DiskReservationThreshold, ns; its default unless given. */
  readonly reservationNs?: number;
}
