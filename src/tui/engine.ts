/** What the screen and the engine say to each other. The engine runs in a worker; tests fake it. */
import type { LogEntry } from '../engine/core/event-log.js';
import type { EntityInfo } from '../engine/core/meters.js';
import type { Param } from '../engine/core/params.js';
import type { Command } from '../engine/plan/commands.js';
import type { Qos } from '../engine/plan/plan.js';
import type { ActiveFault } from '../engine/simulation/fault-controller.js';
import type { PathEvent } from '../engine/stack/storage-apis/psa/path.js';
import type { FromTimeline, ToTimeline } from './time/messages.js';

export type { ActiveFault, Command, PathEvent };

export interface StartMessage {
  readonly type: 'start';
  /** Name of a bundled scenario, or a file. */
  readonly scenario: string;
  readonly seed?: number | undefined;
  /** Trace to replay and how; only the worker looks inside. */
  readonly replay?: Readonly<Record<string, unknown>> | undefined;
  /** Batch file of esxtop to show instead of a simulation. */
  readonly recording?: string | undefined;
  /** File of a session to go on with; scenario, seed and trace are then those of the session. */
  readonly session?: string | undefined;
}

export type ToEngine =
  | StartMessage
  | ToTimeline
  /** Simulated seconds per real second; Infinity is as fast as possible, 0 is paused. */
  | { readonly type: 'pace'; readonly speed: number }
  | { readonly type: 'step'; readonly ns: number }
  /** To another sample of a recording, so many later or, below zero, earlier. */
  | { readonly type: 'seek'; readonly samples: number }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'frame-interval'; readonly ms: number }
  | { readonly type: 'path-history'; readonly host: string; readonly path: string }
  /** Follow commands through the stack, or no longer: entities of scope `breakdown`. */
  | { readonly type: 'breakdown'; readonly on: boolean }
  | { readonly type: 'stop' };

export interface FaultInfo {
  readonly name: string;
  readonly summary: string;
  /** Scope of what it acts on: path, adapter, controller, lun, device, datastore, pool, vm. */
  readonly target: string;
  /** Every target there is in this layout, as the engine wants it named. */
  readonly targets: readonly string[];
  readonly params: readonly (Param & { readonly name: string })[];
}

export interface PlanSummary {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly durationNs: number;
  /** Of a recording: the time of day it began, seconds since 1970. */
  readonly startsAt?: number;
  /** A drill tells what it does: lines of the event log of kind `narrative`. */
  readonly drill: boolean;
  /** A real machine: its time can be neither stepped nor sped up, and has no end. */
  readonly real?: boolean;
  readonly hosts: readonly string[];
  readonly vms: readonly { readonly name: string; readonly host: string }[];
  readonly datastores: readonly {
    readonly name: string;
    readonly type: string;
    /** Devices it lies on, by uid. */
    readonly devices: readonly string[];
  }[];
  readonly disks: readonly {
    readonly index: number;
    readonly vm: string;
    /** `scsi0:0`. */
    readonly name: string;
    readonly qos: Qos;
  }[];
}

export interface LayoutMessage {
  readonly type: 'layout';
  readonly version: number;
  readonly entities: readonly EntityInfo[];
  readonly plan: PlanSummary;
  readonly faults: readonly FaultInfo[];
}

export interface FrameMessage {
  readonly type: 'frame';
  readonly layoutVersion: number;
  /** Simulated time, ns. */
  readonly at: number;
  readonly values: Float64Array;
  readonly histograms: Uint32Array;
  /** Achieved, simulated seconds per real second. */
  readonly speed: number;
  /** Simulated I/Os per real second. */
  readonly ioPerSecond: number;
  /** The scenario has come to its end. */
  readonly done: boolean;
}

/** The last things that happened to a path, oldest first. */
export interface PathHistoryMessage {
  readonly type: 'path-history';
  readonly host: string;
  readonly path: string;
  readonly entries: readonly PathEvent[];
}

export type FromEngine =
  | FromTimeline
  | LayoutMessage
  | FrameMessage
  | PathHistoryMessage
  | { readonly type: 'events'; readonly entries: readonly LogEntry[] }
  | { readonly type: 'faults'; readonly active: readonly ActiveFault[] }
  /** A command or question that names something that is not there. */
  | { readonly type: 'refused'; readonly lines: readonly string[] }
  /** Bad input: what is wrong, line by line. */
  | { readonly type: 'problem'; readonly lines: readonly string[] }
  /** A bug. */
  | { readonly type: 'crash'; readonly message: string };

/** The engine as the screen sees it. */
export interface EngineLink {
  post(message: ToEngine): void;
  /** One listener; it also hears of the worker's own death, as a crash. */
  listen(listener: (message: FromEngine) => void): void;
  close(): Promise<void>;
}
