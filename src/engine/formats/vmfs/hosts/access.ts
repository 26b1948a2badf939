/**
 * What a host does to the medium it shares with others, one step at a time: an operation is a generator
 * of accesses, and whoever drives it performs each and says how it went.
 */

/** What an access is for: those who count traffic keep these apart. */
export type Purpose = 'lock' | 'journal' | 'metadata' | 'heartbeat' | 'data';

export interface Read {
  readonly kind: 'read';
  /** Byte address on the volume, a multiple of 512 as `length` is. */
  readonly at: number;
  readonly length: number;
  readonly purpose: Purpose;
}

interface Change {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly purpose: Purpose;
  /**
   * Time (ns) from which on it must not be performed any more, but be answered with `late`: others may
   * then have broken this host's locks. Aborting the command is what keeps views from splitting. To be
   * asked when it is performed: it moves on with each heartbeat that arrives.
   */
  readonly until: number;
}

export interface Write extends Change {
  readonly kind: 'write';
  /** True where the operation's transaction takes effect with it, whatever becomes of the host. */
  readonly commits: boolean;
  /** True where it relies on this host's reservation: a reset in between is answered with `lost`. */
  readonly reserved: boolean;
}

/** COMPARE AND WRITE: the bytes are written if those on the medium are the expected ones. */
export interface CompareAndWrite extends Change {
  readonly kind: 'ats';
  readonly expected: Uint8Array;
}

/** SCSI-2 reservation of the whole volume, its end, and the reset that ends one of a dead host. */
export interface Reservation {
  readonly kind: 'reserve' | 'release' | 'reset';
}

export interface Wait {
  readonly kind: 'wait';
  readonly ns: number;
}

export type Access = Read | Write | CompareAndWrite | Reservation | Wait;

/**
 * `done`; `differs`: an ATS found other bytes (MISCOMPARE); `conflict`: another host has reserved the
 * volume; `late`: not performed, see `until`; `lost`: not performed, the reservation was reset (unit
 * attention); `failed`: the medium could not.
 */
export interface Answer {
  readonly outcome: 'done' | 'differs' | 'conflict' | 'late' | 'lost' | 'failed';
  /** What was read. */
  readonly bytes?: Uint8Array;
}

/** An operation, step by step. */
export type Steps<T> = Generator<Access, T, Answer>;

const SECOND_NS = 1e9;

/** Stack reference, section 6.1: a host rewrites the stamp of its heartbeat every 3 s. */
export const HEARTBEAT_NS = 3 * SECOND_NS;
/** Section 6.1: without a heartbeat for 16 s a host holds the volume for lost, and begins nothing more. */
export const LEASE_NS = 16 * SECOND_NS;
/**
 * Section 6.1: others break locks after 16 to 20 s. The 4 s between (the reclaim window of the VMFS 6
 * sample volume) are for what the host had begun.
 */
export const BREAK_NS = 20 * SECOND_NS;

/** Bytes of the heartbeat region that are read together. */
export const REGION_CHUNK = 64 * 1024;

/** A host that must not touch the volume any more: its place was taken, or the medium failed. */
export class HostStopped extends Error {
  override readonly name = 'HostStopped';
}
