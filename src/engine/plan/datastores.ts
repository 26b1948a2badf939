import type { ModelPlan } from './arrays.js';

export interface NfsServerPlan {
  readonly name: string;
  readonly capacityBytes: number;
  /** Commands served at once. */
  readonly threads: number;
  readonly disk: ModelPlan;
  readonly rttNs: number;
  readonly bytesPerSecond: number;
  /** How fast it clones files. */
  readonly copyBytesPerSecond: number;
  /** The vendor's NAS plug-in is on the hosts: full file clone, reserve space. */
  readonly plugin?: boolean;
  /** Addresses it is reached at, each over a link of its own; 1 unless given. */
  readonly addresses?: number;
  /** Largest READ and WRITE it takes; longer ones become several calls. */
  readonly transferBytes?: number;
  /** NFS 4.1: calls of a session it takes at once. */
  readonly slots?: number;
  /** NFS 4.1: how long it keeps what a client that says nothing has open. */
  readonly leaseNs?: number;
  /** NFS 4.1: how long after a restart clients may claim again what they had open. */
  readonly graceNs?: number;
}

export interface DatastorePlan {
  readonly name: string;
  readonly type: 'vmfs' | 'nfs';
  readonly capacityBytes: number;
  /** LUN uids in extent order; empty for NFS. */
  readonly extents: readonly string[];
  /** NFS server name; empty for VMFS. */
  readonly server: string;
  /** Hosts that mount it. */
  readonly hosts: readonly string[];
  /** Space taken at start by files that are not modelled one by one. */
  readonly usedBytes: number;
  /** Storage I/O Control, where it is on. */
  readonly sioc?: SiocPlan;
  /** Generation of the file system, 3, 5 or 6, or version of NFS, 3 or 4.1; 5 and 3 unless given. */
  readonly version?: DatastoreVersion;
  /**
   * How hosts lock a VMFS volume: by ATS alone, or by SCSI-2 reservations where a device takes no ATS
   * (`esxcli storage vmfs lockmode`); unless given, as a host would have formatted it.
   */
  readonly locking?: LockMode;
  readonly alarms?: AlarmPlan;
  /** Automatic UNMAP of a VMFS 6 datastore, where it is on. */
  readonly reclaim?: ReclaimPlan;
}

export type DatastoreVersion = 3 | 4.1 | 5 | 6;

export type LockMode = 'ats-only' | 'ats+scsi';

/** When the usage of a datastore is cause for alarm. */
export interface AlarmPlan {
  /** Percent of the capacity in use that turn the alarm yellow, and red. */
  readonly yellow: number;
  readonly red: number;
  /** So many percent below its threshold an alarm ends. */
  readonly hysteresis: number;
  /** Time between two looks at the datastore. */
  readonly refreshNs: number;
}

/** Automatic UNMAP (VMFS 6): freed blocks go back to the arrays in the background. */
export interface ReclaimPlan {
  /** As `esxcli storage vmfs reclaim config` names it. */
  readonly priority: 'low' | 'medium' | 'high' | 'fixed';
  /** Least and most of the rate: guests at work get the least. */
  readonly busyBytesPerSecond: number;
  readonly idleBytesPerSecond: number;
  /** How long a block is free before its turn comes. */
  readonly afterNs: number;
}

/** Storage I/O Control of a datastore. */
export interface SiocPlan {
  /** False measures without lowering any host's queue depth. */
  readonly enforced: boolean;
  /** Latency above which the datastore is congested; in automatic mode where none can be measured. */
  readonly thresholdNs: number;
  /** Automatic mode: the threshold is the latency at this part of peak throughput, percent; else 0. */
  readonly percentOfPeak: number;
}
