import type { Io } from '../../../core/io.js';
import type { Params, Values } from '../../../core/params.js';
import type { Sim } from '../../../core/sim.js';
import type { Path } from './path.js';

/** Storage array type plug-in: what the state of a path is, and how to get one that is usable. */
export interface Satp {
  readonly name: string;
  readonly summary: string;
  /** Policy devices of this type get when no rule says otherwise. */
  readonly psp: string;
  /** One answer tells the states behind all target ports (REPORT TARGET PORT GROUPS). */
  readonly reportsGroups: boolean;
  /** State of a path that answers, from the target's access state there. */
  stateOf(accessState: number): number;
  /** Asks the array to make a standby path usable; false when this type of array cannot. */
  activate(path: Path): boolean;
}

export function defineSatp(satp: Satp): Satp {
  return satp;
}

/** Path selection policy of one device. `select` is on the I/O path: it allocates nothing. */
export interface PathSelector {
  /** The path for this command; undefined when none is usable. */
  select(io: Io): Path | undefined;
  /** Path states have changed. */
  update(): void;
  /** True for paths commands are sent to. */
  uses(path: Path): boolean;
  /** The path the next command takes, without taking it. */
  readonly working: Path | undefined;
}

export interface Psp<P extends Params = Params> {
  readonly name: string;
  readonly summary: string;
  readonly params: P;
  /** @param paths all paths of the device, in the order in which they were found */
  create(sim: Sim, paths: readonly Path[], values: Values<P>): PathSelector;
}

export function definePsp<P extends Params>(psp: Psp<P>): Psp<P> {
  return psp;
}
