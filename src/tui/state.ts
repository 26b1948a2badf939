/** What the person at the screen has done. Everything shown follows from this and the world. */
import type { Param } from '../engine/core/params.js';
import type { Command, FaultInfo, PathEvent } from './engine.js';
import { OVERVIEW } from './screens.js';

/** Simulated seconds per real second. */
export const SPEEDS = [1, 2, 5, 10, 60, Number.POSITIVE_INFINITY] as const;

export const DELAY_MS = 1_000;

export interface UiState {
  readonly screen: string;
  /** Key of the selected object, per screen: the selection follows the object. */
  readonly selected: Readonly<Record<string, string>>;
  /** Sort key per screen; none is by name. */
  readonly sort: Readonly<Record<string, string>>;
  /** Keys of expanded objects. */
  readonly expanded: ReadonlySet<string>;
  /** First of the columns that do not stay, when not all fit. */
  readonly shift: number;
  readonly filter: string;
  readonly wideNames: boolean;
  /** Lines the event log is scrolled back. */
  readonly back: number;
  /** Key of the object the latency screen is about; empty for all virtual disks. */
  readonly about: string;
  /** Rows followed from screen to screen, first one first (trail.ts). */
  readonly trail: readonly Step[];
  readonly paused: boolean;
  /** Index into SPEEDS. */
  readonly speed: number;
  readonly delayMs: number;
  /** Innermost last. */
  readonly dialogs: readonly Dialog[];
  /** Answer to the last key, shown until the next one. */
  readonly notice: string;
  readonly readOnly: boolean;
  /** Set when it is over. */
  readonly exitCode: number | undefined;
}

/** A row that was followed to what it is related to. */
export interface Step {
  readonly screen: string;
  /** Key and name of the row. */
  readonly key: string;
  readonly name: string;
}

export type Dialog = Menu | Form | Help | History;

export interface Help {
  readonly kind: 'help';
  readonly scroll: number;
}

/** What happened to a path. */
export interface History {
  readonly kind: 'history';
  readonly host: string;
  readonly path: string;
  /** Undefined until the engine has answered. */
  readonly entries: readonly PathEvent[] | undefined;
  /** Lines it is scrolled back. */
  readonly back: number;
}

export interface Menu {
  readonly kind: 'menu';
  readonly title: string;
  readonly items: readonly MenuItem[];
  /** Among the items that match what was typed. */
  readonly index: number;
  /** Narrows the list. */
  readonly typed: string;
}

export interface MenuItem {
  /** Group; shown where it changes. */
  readonly group: string;
  readonly label: string;
  readonly detail: string;
  readonly choice: Choice;
}

export type Choice =
  | { readonly do: 'command'; readonly command: Command; readonly said: string }
  | { readonly do: 'target'; readonly fault: FaultInfo }
  | { readonly do: 'params'; readonly fault: FaultInfo; readonly target: string }
  | { readonly do: 'close' };

export interface Form {
  readonly kind: 'form';
  readonly title: string;
  readonly fields: readonly FormField[];
  readonly index: number;
  readonly problem: string;
  readonly purpose: Purpose;
}

export interface FormField {
  readonly name: string;
  readonly help: string;
  readonly text: string;
  /** Nothing typed yet: the first character replaces the text. */
  readonly fresh: boolean;
  /** Unit and limits; undefined for free text. */
  readonly param: Param | undefined;
}

export type Purpose =
  | { readonly do: 'inject'; readonly fault: FaultInfo; readonly target: string }
  | { readonly do: 'qos'; readonly disks: readonly number[]; readonly name: string }
  | {
      readonly do: 'rank';
      readonly host: string;
      readonly path: string;
      /** What the answer adds to the rank. */
      readonly note: string;
    }
  | { readonly do: 'delay' }
  | { readonly do: 'filter' };

export function initialState(readOnly: boolean): UiState {
  return {
    screen: OVERVIEW,
    selected: {},
    sort: {},
    expanded: new Set(),
    shift: 0,
    filter: '',
    wideNames: false,
    back: 0,
    about: '',
    trail: [],
    paused: false,
    speed: 0,
    delayMs: DELAY_MS,
    dialogs: [],
    notice: '',
    readOnly,
    exitCode: undefined,
  };
}
