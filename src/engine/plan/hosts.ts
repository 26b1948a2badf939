import type { Transport } from './arrays.js';

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
