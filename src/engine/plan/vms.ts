export interface VmPlan {
  readonly name: string;
  readonly host: string;
  /** World index, from 1; 0 is the VMkernel itself. */
  readonly world: number;
  readonly memoryBytes: number;
  readonly memoryReservedBytes: number;
  /** It is off until it is powered on. */
  readonly isOff?: boolean;
  readonly adapter: 'pvscsi' | 'lsilogic';
  /** Types of single adapters, by name (`nvme0`); others are `adapter`. */
  readonly adapterTypes?: Readonly<Record<string, AdapterTypeName>>;
  /** Datastore of the VM's home. */
  readonly home: string;
  readonly disks: readonly DiskPlan[];
  /** Commands the guest may have in each disk's queue; without it, the adapter's default. */
  readonly queueDepth?: number;
  /** How long the guest's disk driver waits for a command; without it, for ever. */
  readonly diskTimeout?: { readonly guest: string; readonly timeoutNs: number };
}

/** A virtual storage adapter, as the guest's driver finds it. */
export type AdapterTypeName =
  | 'pvscsi'
  | 'lsilogic'
  | 'lsisas1068'
  | 'buslogic'
  | 'nvme'
  | 'ahci'
  | 'ide';

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

/** A storage policy of I/O filter style: what the virtual disks that follow it get. */
export interface PolicyPlan extends Qos {
  readonly name: string;
  /** What the storage below has to be like; a VASA provider says whether it is. */
  readonly require?: Requirements;
}

/** A storage policy's demands on where a disk lies; what is left out is not asked for. */
export interface Requirements {
  readonly thin?: boolean;
  /** Device model, such as ssd. */
  readonly disk?: string;
  readonly redundant?: boolean;
  readonly protected?: boolean;
  readonly offload?: boolean;
  /** The worst alarm that will do. */
  readonly health?: 'green' | 'yellow' | 'red';
}
