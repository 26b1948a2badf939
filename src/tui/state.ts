/** What the person at the screen has done. Everything shown follows from this and the world. */
import type { Param } from '../engine/core/params.js';
import type { Command, FaultInfo, PathEvent, ToEngine } from './engine.js';
import type { ThemeName } from './palettes.js';
import { OVERVIEW } from './screens.js';
import type { ColumnChoice } from './table/choice.js';

/** Simulated seconds per real second. */
export const SPEEDS = [1, 2, 5, 10, 60, Number.POSITIVE_INFINITY] as const;

/** Speeds as people write them: `1x`, `60x`, `max`. */
export function speedName(speed: number): string {
  return Number.isFinite(speed) ? `${speed}x` : 'max';
}

export const DELAY_MS = 1_000;

export interface UiState {
  readonly screen: string;
  /** Key of the selected object, per screen: the selection follows the object. */
  readonly selected: Readonly<Record<string, string>>;
  /** Column and direction per screen, `KAVG/cmd desc`; none is by name. */
  readonly sort: Readonly<Record<string, string>>;
  /** Keys of expanded objects. */
  readonly expanded: ReadonlySet<string>;
  /** First of the columns that do not stay, when not all fit. */
  readonly shift: number;
  readonly filter: string;
  /** Which columns, in which order, per screen. */
  readonly columns: Readonly<Record<string, ColumnChoice>>;
  /** Width of the name column; 0: as wide as there is room for. */
  readonly nameLength: number;
  /** Names of LUNs and datastores beside the ids of devices. */
  readonly friendly: boolean;
  /** Limits that replace those of the columns with these titles. */
  readonly thresholds: Readonly<Record<string, readonly [warn: number, critical: number]>>;
  /** Lines the event log is scrolled back. */
  readonly back: number;
  /** The moment the screens show, ns of simulated time; undefined is now. */
  readonly lookAt: number | undefined;
  /** The last fault injected from here, to be injected again. */
  readonly lastInject: Extract<Command, { readonly kind: 'inject' }> | undefined;
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
  /** Names of the objects to show, per scope, as esxtop's entity file lists them; all of other scopes. */
  readonly entities: Readonly<Record<string, ReadonlySet<string>>> | undefined;
  /** Where settings are saved unless another file is named. */
  readonly settingsFile: string;
  readonly readOnly: boolean;
  readonly theme: ThemeName;
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

export type Dialog = Menu | Form | Help | History | Report | FieldsDialog;

/** Text over the whole screen that follows what happens. */
export interface Report {
  readonly kind: 'report';
  readonly about: 'goals' | 'comparison';
  readonly scroll: number;
}

/** Field groups of a screen by their letters. */
export interface FieldsDialog {
  readonly kind: 'fields';
  readonly screen: string;
  /** Letters show and hide groups, or move them. */
  readonly purpose: 'toggle' | 'order';
}

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
  | { readonly do: 'ask'; readonly form: Form }
  /** Said to the engine; the screen shows what is now again. */
  | { readonly do: 'send'; readonly message: ToEngine; readonly pause: boolean }
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

/** What was typed into a form, by name of the field. */
export interface TypedForm {
  /** Of fields with units and limits. */
  readonly values: Readonly<Record<string, number>>;
  readonly texts: Readonly<Record<string, string>>;
  /** False for what was left as it was. */
  isTyped(name: string): boolean;
}

export interface MadeCommand {
  readonly command: Command;
  readonly said: string;
}

export type Purpose =
  | {
      readonly do: 'command';
      /** The command, or what is wrong. */
      readonly make: (typed: TypedForm) => MadeCommand | string;
    }
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
  | { readonly do: 'save' }
  | { readonly do: 'filter'; readonly screen: string }
  | { readonly do: 'name-length' }
  | { readonly do: 'save-settings' };

export function initialState(readOnly: boolean): UiState {
  return {
    screen: OVERVIEW,
    selected: {},
    sort: {},
    expanded: new Set(),
    shift: 0,
    filter: '',
    columns: {},
    nameLength: 0,
    friendly: false,
    thresholds: {},
    entities: undefined,
    settingsFile: '',
    back: 0,
    lookAt: undefined,
    lastInject: undefined,
    about: '',
    trail: [],
    paused: false,
    speed: 0,
    delayMs: DELAY_MS,
    dialogs: [],
    notice: '',
    readOnly,
    theme: 'dark',
    exitCode: undefined,
  };
}
