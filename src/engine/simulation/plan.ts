import type { Requirements } from '../stack/storage-apis/vasa/monitor.js';
import type { AdapterType } from '../stack/vscsi/adapter-type.js';
import type { Command } from './commands.js';
import type { ContentPlan } from './content-plan.js';
import type { DatastorePlan, NfsServerPlan } from './datastore-plan.js';
import type { MirrorPlan, RaidPlan } from './redundancy-plan.js';

export type { ContentPlan, FileContentPlan } from './content-plan.js';
export type {
  AlarmPlan,
  DatastorePlan,
  NfsServerPlan,
  ReclaimPlan,
  SiocPlan,
} from './datastore-plan.js';
export type { MirrorPlan, RaidLevel, RaidPlan } from './redundancy-plan.js';

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

export type Transport = 'fc' | 'iscsi' | 'sas' | 'nvme';

/** A device model of the catalogue (`engine/devices`) with its settings. */
export interface ModelPlan {
  readonly model: string;
  readonly params: Readonly<Record<string, number>>;
}

export interface ArrayPlan {
  readonly name: string;
  readonly vendor: string;
  readonly product: string;
  /** `array`: controllers, cache and pools. `jbod`: every LUN is one device, no cache. */
  readonly kind: 'array' | 'jbod';
  readonly transport: Transport;
  readonly controllers: number;
  readonly portsPerController: number;
  /**
   * `alua`: one controller owns a LUN (active/optimized there); `active-active`: all equal;
   * `active-passive`: only the owner serves a LUN, the others stand by.
   */
  readonly access: 'alua' | 'active-active' | 'active-passive';
  /** How an `alua` array's states change: by itself, by SET TARGET PORT GROUPS, or both ways. */
  readonly tpgs: 'implicit' | 'explicit' | 'both';
  /** How long a change of ownership takes; commands meanwhile get 02/04/0A. */
  readonly transitionNs: number;
  readonly cacheBytes: number;
  /** Writes are in the caches of two controllers before they are answered; without it, in one. */
  readonly mirror?: MirrorPlan;
  /** VAAI primitives the array supports. */
  readonly vaai: {
    readonly ats: boolean;
    readonly clone: boolean;
    readonly zero: boolean;
    readonly unmap: boolean;
  };
  /** What it copies within itself (EXTENDED COPY), one command after the other. */
  readonly copyBytesPerSecond: number;
  readonly pools: readonly PoolPlan[];
  readonly luns: readonly LunPlan[];
  /** Commands a target port accepts at once; more get TASK SET FULL. */
  readonly portQueueDepth: number;
}

export interface PoolPlan {
  readonly name: string;
  readonly disk: ModelPlan;
  readonly disks: number;
  /** Each disk is a node of distributed storage, with a dmClock scheduler of its own. */
  readonly scaleOut?: boolean;
  /** Copies or parity; without it the disks are striped and nothing more (RAID 0). */
  readonly raid?: RaidPlan;
  /** Bytes on one disk before the next disk's turn; a multiple of 64 KiB. */
  readonly stripeBytes?: number;
  /** What LUNs can use: copies and parity come on top. */
  readonly capacityBytes: number;
  /** Share of the pool in use at which thin LUNs raise the soft threshold (06/38/07), 0..1. */
  readonly softThreshold: number;
}

export interface LunPlan {
  readonly name: string;
  /** `naa.6...`, unique over all arrays. */
  readonly uid: string;
  /** LUN number, the L in `vmhba1:C0:T0:L5`. */
  readonly number: number;
  readonly pool: string;
  readonly sizeBytes: number;
  readonly thin: boolean;
  /** Owning controller, from 0. */
  readonly owner: number;
  /** What it keeps of what is written to it; without it stamps in runs that verify, else nothing. */
  readonly content?: ContentPlan;
}

export interface HostPlan {
  readonly name: string;
  /** ESXi advanced settings that differ from the defaults, by name: `Misc.APDTimeout`. */
  readonly settings: Readonly<Record<string, number>>;
  /** Of its management network, which backups may go over; 1 Gbit/s when left out. */
  readonly managementBytesPerSecond?: number;
  readonly adapters: readonly AdapterPlan[];
  readonly paths: readonly PathPlan[];
}

export interface AdapterPlan {
  /** `vmhba1`; unique on its host. */
  readonly name: string;
  /** Module name: `qlnativefc`, `iscsi_vmk`, `lpfc820`, ... */
  readonly driver: string;
  readonly family: 'native' | 'vmklinux';
  readonly transport: Transport;
  readonly aqlen: number;
  readonly lunQueueDepth: number;
  /** How waiting commands are ordered. */
  readonly order: OrderPlan;
  /** How large a command contiguous waiting ones may be merged into; false leaves them apart. */
  readonly merge: MergePlan | false;
  /** When the adapter interrupts; the driver's way when left out. */
  readonly coalesce?: CoalescePlan;
  /** Timers of the adapter's protocol that differ from their defaults, ns. */
  readonly timers?: Readonly<Record<string, number>>;
  /** One-way latency of the fabric between this adapter and its targets. */
  readonly linkLatencyNs: number;
  readonly linkBytesPerSecond: number;
}

/** An order of the catalogue `adapter/orders` with its settings. */
export interface OrderPlan {
  readonly order: string;
  readonly params: Readonly<Record<string, number>>;
}

export interface MergePlan {
  readonly maxBytes: number;
  readonly maxSegments: number;
}

/** Interrupt once `maxCount` answers wait or the oldest has waited `maxNs`. */
export interface CoalescePlan {
  readonly maxNs: number;
  readonly maxCount: number;
  /** Interrupt at once when idle; answers within `maxNs` of an interrupt share it. */
  readonly adaptive: boolean;
}

export interface PathPlan {
  /** `vmhba1:C0:T0:L5`; unique on its host. */
  readonly name: string;
  readonly adapter: string;
  readonly array: string;
  readonly controller: number;
  /** Port of that controller, from 0. */
  readonly port: number;
  readonly lun: string;
}

/** A claim rule of class MP or a SATP rule, in evaluation order. */
export interface ClaimRulePlan {
  readonly number: number;
  readonly vendor: string;
  readonly model: string;
  readonly transport: Transport | '*';
  /** `NMP`, `HPP`, `MASK_PATH`, or the name of another multipathing plug-in. */
  readonly plugin: string;
  readonly satp: string | undefined;
  readonly satpParams: Readonly<Record<string, number>>;
  /** Path selection policy of NMP, or scheme of HPP. */
  readonly psp: string | undefined;
  /** Settings of the policy, the scheme, or the other plug-in. */
  readonly pspParams: Readonly<Record<string, number>>;
  /** HPP: below this latency commands pass the I/O scheduler by. */
  readonly latencyThresholdNs?: number;
}

/** A storage policy of I/O filter style: what the virtual disks that follow it get. */
export interface PolicyPlan extends Qos {
  readonly name: string;
  /** What the storage below has to be like; a VASA provider says whether it is. */
  readonly require?: Requirements;
}

export interface VmPlan {
  readonly name: string;
  readonly host: string;
  /** World index, from 1; 0 is the VMkernel itself. */
  readonly world: number;
  readonly memoryBytes: number;
  readonly memoryReservedBytes: number;
  readonly adapter: 'pvscsi' | 'lsilogic';
  /** Types of single adapters, by name (`nvme0`); others are `adapter`. */
  readonly adapterTypes?: Readonly<Record<string, AdapterType['name']>>;
  /** Datastore of the VM's home. */
  readonly home: string;
  readonly disks: readonly DiskPlan[];
  /** Commands the guest may have in each disk's queue; without it, the adapter's default. */
  readonly queueDepth?: number;
  /** How long the guest's disk driver waits for a command; without it, for ever. */
  readonly diskTimeout?: { readonly guest: string; readonly timeoutNs: number };
}

export interface DiskPlan {
  /** `scsi0:0`. */
  readonly name: string;
  /** Index over all virtual disks of the plan, from 0. */
  readonly index: number;
  readonly datastore: string;
  readonly sizeBytes: number;
  readonly kind: 'thin' | 'lazyThick' | 'eagerThick';
  /** Bytes already written when the run starts; counts for thin and lazy disks. */
  readonly writtenBytes: number;
  readonly qos: Qos;
  /** Changed blocks are tracked: the disk has a `-ctk.vmdk`. */
  readonly changeTracking?: boolean;
  /** The LUN a raw device map stands for, and whether its commands pass to it (physical). */
  readonly rawDevice?: { readonly uid: string; readonly physical: boolean };
  /** Storage policy; its limit is enforced by a filter above the file system. */
  readonly policy?: PolicyPlan;
}

/** Logical I/O scheduler settings of one virtual disk. */
export interface Qos {
  /** Low 500, normal 1000, high 2000. */
  readonly shares: number;
  /** I/Os per second, normalised to 32 KB; 0 is none. */
  readonly reservation: number;
  /** I/Os per second, normalised to 32 KB; 0 is unlimited. */
  readonly limit: number;
}

export interface JobPlan {
  readonly name: string;
  readonly vm: string;
  /** Index of the virtual disk. */
  readonly disk: number;
  readonly rw: 'read' | 'write' | 'randread' | 'randwrite' | 'rw' | 'randrw' | 'unmap';
  /** Percentage of reads in rw and randrw. */
  readonly rwmixread: number;
  /** Percentage of the writes that are UNMAPs instead; 0. */
  readonly trimPercent?: number;
  /** A SYNCHRONIZE CACHE follows so many writes; 0 for none. */
  readonly fsync?: number;
  /** Block sizes in bytes with their weights. */
  readonly bs: readonly { readonly bytes: number; readonly weight: number }[];
  readonly iodepth: number;
  /** Open arrivals per second; 0 is a closed loop of `iodepth`. */
  readonly rateIops: number;
  /** Open arrivals: independent of one another (the default), or all the same time apart. */
  readonly rateProcess?: 'poisson' | 'linear';
  /** Open loop instead of a rate: so many commands at one instant, again and again. */
  readonly burst?: { readonly count: number; readonly everyNs: number };
  readonly thinkNs: number;
  readonly distribution: 'random' | 'zipf';
  readonly zipfTheta: number;
  /** Part of the disk the job touches, bytes from `offset`. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly startNs: number;
  /** 0 is the end of the run. */
  readonly stopNs: number;
  /** Checks every read against what was written; the part of the disk is the job's alone. */
  readonly verify?: boolean;
}

/** A closed loop's commands in flight and pause, or an open one's rate. */
export interface Pace {
  readonly iodepth?: number;
  readonly thinkNs?: number;
  readonly rateIops?: number;
}

export interface ReplayPlan {
  readonly name: string;
  readonly vm: string;
  /** Virtual disks the trace's units are mapped onto, in order. */
  readonly disks: readonly number[];
  readonly timing: ReplayTiming;
  /** Records of the trace, ready to issue. */
  readonly records: TraceTable;
}

/** `scale` 1 is the original timing, 2 twice as fast; `asap` keeps `iodepth` in flight. */
export type ReplayTiming =
  | { readonly kind: 'scaled'; readonly scale: number }
  | { readonly kind: 'asap'; readonly iodepth: number };

/** A whole trace in columns, in time order, times from 0. */
export interface TraceTable {
  readonly count: number;
  /** ns from the first record. */
  readonly at: Float64Array;
  readonly op: Uint8Array;
  /** 512-byte blocks. */
  readonly lba: Float64Array;
  readonly blocks: Int32Array;
  /** Unit (volume, LUN) of the trace, from 0. */
  readonly unit: Int32Array;
  readonly units: number;
  /** Measured service time of each record, ns; only where the trace has them. Replays do not use it. */
  readonly serviceNs?: Float64Array;
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
