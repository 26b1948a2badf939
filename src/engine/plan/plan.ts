import type { ArrayPlan } from './arrays.js';
import type { Command } from './commands.js';
import type { DatastorePlan, NfsServerPlan } from './datastores.js';
import type { ClaimRulePlan, HostPlan } from './hosts.js';
import type { VmPlan } from './vms.js';
import type { JobPlan, ReplayPlan } from './workloads.js';

export type * from './arrays.js';
export type * from './content.js';
export type * from './datastores.js';
export type * from './hosts.js';
export type * from './redundancy.js';
export type * from './vms.js';
export type * from './workloads.js';

/**
 * A plan is a scenario with every name, number and route decided: plain data, printable, complete.
 * `scenario/` makes plans from YAML; `simulation/` builds layers from plans. All times are ns, all
 * sizes bytes, all names unique within their kind.
 */
export interface Plan {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** 32-bit integer. */
  readonly seed: number;
  readonly durationNs: number;
  /** Capacity of the request table: the most I/Os that can be in flight at once. */
  readonly rows: number;
  readonly arrays: readonly ArrayPlan[];
  readonly nfsServers: readonly NfsServerPlan[];
  readonly hosts: readonly HostPlan[];
  readonly claimRules: readonly ClaimRulePlan[];
  readonly datastores: readonly DatastorePlan[];
  readonly vms: readonly VmPlan[];
  readonly jobs: readonly JobPlan[];
  readonly replays: readonly ReplayPlan[];
  readonly faults: readonly FaultPlan[];
  readonly changes: readonly ChangePlan[];
  readonly narrative: readonly NarrativePlan[];
  readonly expectations: readonly ExpectationPlan[];
  /** Expectations left out because the run ends before what they are about. */
  readonly expectationsSkipped: number;
}

export interface FaultPlan {
  readonly fault: string;
  readonly target: string;
  readonly params: Readonly<Record<string, number>>;
  readonly atNs: number;
  /** When it heals by itself; 0 is never. */
  readonly untilNs: number;
  /** Happens again and again between the two times, at random, and lasts so long each time. */
  readonly repeat?: { readonly perMinute: number; readonly lastsNs: number };
}

/** A setting changed while running: what an administrator would do at that time. */
export interface ChangePlan {
  readonly atNs: number;
  readonly command: Command;
}

export interface NarrativePlan {
  readonly atNs: number;
  readonly text: string;
}

/** What a drill promises; checked when the run ends. */
export interface ExpectationPlan {
  readonly text: string;
  /** A figure over a window of the run, or the time of an event. */
  readonly measure:
    | {
        readonly kind: 'metric';
        readonly metric: 'errors' | 'iops' | 'meanLatency' | 'p95Latency' | 'inFlight';
        /** VM names. */
        readonly vms: readonly string[];
        readonly fromNs: number;
        readonly toNs: number;
      }
    | {
        readonly kind: 'event';
        readonly event: string;
        /** Text the object's name must contain; empty is any. */
        readonly object: string;
        /** Event kind to count from; empty counts from the start of the run. */
        readonly after: string;
      }
    | { readonly kind: 'count'; readonly event: string; readonly object: string };
  /** Bounds of the figure: ns for latencies and times, per second for rates, else counts. */
  readonly min: number;
  readonly max: number;
}
