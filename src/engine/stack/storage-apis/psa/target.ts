/**
 * What a path needs to know of its far side. The devices floor has classes that fit; the stack
 * imports none of them, so any other far side can stand in.
 */

/** The connection between a host's port and a target port (I_T nexus). */
export interface PathNexus {
  /** Layer index rows are sent to. */
  readonly index: number;
  readonly up: boolean;
  /** Calls `listener` after the connection, or one LUN's reachability over it, changed. */
  onChange(listener: () => void): void;
}

/** ALUA states of a LUN behind a controller, as REPORT TARGET PORT GROUPS numbers them. */
export const ACCESS_OPTIMIZED = 0;
export const ACCESS_NON_OPTIMIZED = 1;
export const ACCESS_STANDBY = 2;
export const ACCESS_TRANSITIONING = 15;

/** TPGS bits of standard INQUIRY data: how access states may change. */
export const TPGS_IMPLICIT = 1;
export const TPGS_EXPLICIT = 2;

export interface PathLun {
  /** Layer index the target port sends rows to. */
  readonly index: number;
  /** TPGS_IMPLICIT, TPGS_EXPLICIT, both, or 0 without target port groups. */
  readonly tpgs: number;
  /** What REPORT TARGET PORT GROUPS says of a controller's ports. */
  accessState(controller: number): number;
  /** Calls `listener` after access states or reachability changed. */
  onStateChange(listener: () => void): void;
}

/** The adapter a path starts at. */
export interface PathAdapter {
  readonly name: string;
  submit(io: number): void;
  /** Calls `listener` after the adapter's own link went down or came back. */
  onLinkChange(listener: () => void): void;
}
