import type { Io } from '../../../core/io.js';
import type { Params, Values } from '../../../core/params.js';
import type { Sim } from '../../../core/sim.js';
import type { Settings } from '../../settings.js';
import type { Path } from './path.js';
import type { PathLun } from './target.js';

/** What a device knows of its array's type: what states mean, and how to get a usable path. */
export interface ArrayModel {
  /** One answer tells the states behind all target ports (REPORT TARGET PORT GROUPS). */
  readonly reportsGroups: boolean;
  /** Opcode of the command that makes a path active; undefined: the array moves by itself only. */
  readonly activation: number | undefined;
  /** A path that goes on failing with host errors is taken for dead (action_OnRetryErrors). */
  readonly deadOnRetryErrors: boolean;
  /** State of a path that answers, from the target's access state there. */
  stateOf(accessState: number): number;
  /** The LUN is moved for the sake of this path, which is the policy's favourite, not the only one. */
  takesBack(path: Path): boolean;
  /** Device configuration as `esxcli storage nmp device list` prints it. */
  config(paths: readonly Path[]): string;
}

/** Storage array type plug-in. */
export interface Satp<P extends Params = Params> {
  readonly name: string;
  readonly summary: string;
  /** Policy devices of this type get when no rule says otherwise. */
  readonly psp: string;
  readonly params: P;
  create(lun: PathLun, values: Values<P>): ArrayModel;
}

/** What a selector chooses from and may look at. */
export interface SelectorContext {
  readonly sim: Sim;
  /** All paths of the device, in the order in which they were found. */
  readonly paths: readonly Path[];
  readonly settings: Settings;
}

/** Path selection of one device. `select` is on the I/O path: it allocates nothing. */
export interface PathSelector {
  /** The path for this command; undefined when none is usable. */
  select(io: Io): Path | undefined;
  /** Path states have changed. */
  update(): void;
  /** True for paths commands are sent to. */
  uses(path: Path): boolean;
  /** The path the next command takes, without taking it. */
  readonly working: Path | undefined;
  /** The path the policy would rather use, usable or not. */
  readonly wanted?: Path | undefined;
  /** Device configuration as the host prints it. */
  config(): string;
}

/** A path selection policy of NMP (PSP) or a path selection scheme of HPP (PSS). */
export interface Psp<P extends Params = Params> {
  readonly name: string;
  readonly summary: string;
  readonly params: P;
  create(context: SelectorContext, values: Values<P>): PathSelector;
}

export function definePsp<P extends Params>(psp: Psp<P>): Psp<P> {
  return psp;
}
