import type { ContentPlan } from './content.js';
import type { MirrorPlan, RaidPlan } from './redundancy.js';

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
  /** Name of the LUN of the same array of which it presents a snapshot, once it is told to. */
  readonly copyOf?: string;
  /** What it keeps of what is written to it; without it stamps in runs that verify, else nothing. */
  readonly content?: ContentPlan;
}
