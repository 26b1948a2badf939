import type { DiskPlan, Qos } from './vms.js';
import type { Pace } from './workloads.js';

/** What an operator may make of a machine. A template is a machine that is off and stays so. */
export type PowerState = 'on' | 'off' | 'suspended' | 'template';

/** How a backup reads a disk. The programming interface calls these transport modes (VADP). */
export type BackupTransport = 'san' | 'hotadd' | 'nbd' | 'nbdssl';

/** The two redo-log formats of snapshots. */
export type DeltaFormatName = 'vmfsSparse' | 'seSparse';

/** What may be done with snapshots of a machine. */
export type SnapshotAction =
  | {
      readonly action: 'create';
      readonly snapshot: string;
      readonly memory?: boolean;
      readonly quiesce?: boolean;
      /** Of the deltas; the usual one of their datastore unless given. */
      readonly format?: DeltaFormatName;
    }
  | { readonly action: 'revert' | 'delete'; readonly snapshot: string }
  | { readonly action: 'deleteAll' | 'consolidate' };

/** What may be done to a virtual disk of a machine, while the machine runs but for `rename`. */
export type DiskAction =
  /** A thin or lazy-zeroed disk gets all of its space, zeroed: it is eager-zeroed then. */
  | { readonly action: 'inflate' }
  /** Blocks that hold only zeros are given back: the disk is thin then. */
  | { readonly action: 'punchZero' }
  | { readonly action: 'extend'; readonly sizeBytes: number }
  /** @see DiskPlan.name this is the name of its files: `web1_1` */
  | { readonly action: 'rename'; readonly name: string }
  /** Moves it to another datastore, or makes it another kind (Storage vMotion). */
  | {
      readonly action: 'migrate';
      readonly datastore: string;
      readonly diskKind?: DiskPlan['kind'];
    };

/**
 * What a person (or a script) may do to a running simulation. Commands are applied at a simulated
 * instant, between two calls of `runUntil`, so a recording of them replays exactly.
 */
export type Command =
  | {
      readonly kind: 'inject';
      readonly fault: string;
      /** Name of the target, one of `Simulation.faultTargets`. */
      readonly target: string;
      /** Its settings: times in ns, sizes in bytes; those left out are as `vmtop list faults` says. */
      readonly params: Readonly<Record<string, number>>;
    }
  /** Ends a fault, by its number among `Simulation.activeFaults`. */
  | { readonly kind: 'heal'; readonly id: number }
  /** Changes the logical I/O scheduler's settings of one virtual disk. */
  | { readonly kind: 'qos'; readonly disk: number; readonly qos: Partial<Qos> }
  /** Changes the pace of a job, by name: `web1/oltp`. What it was (closed or open loop) it stays. */
  | { readonly kind: 'pace'; readonly job: string; readonly pace: Pace }
  /**
   * Sets how many commands a device, by uid or LUN name, may have at once: its maximum queue depth,
   * and the depth while several worlds compete (DSNRO).
   */
  | {
      readonly kind: 'depth';
      readonly host: string;
      readonly device: string;
      readonly dqlen?: number;
      readonly dsnro?: number;
    }
  /** Answers the question of a stunned VM. */
  | { readonly kind: 'answer'; readonly vm: string; readonly answer: 'retry' | 'cancel' }
  /** Power operations: on also resumes, off also ends what is suspended, and makes a template a VM. */
  | { readonly kind: 'power'; readonly vm: string; readonly state: PowerState }
  /** Switches a path on or off; the last usable one of a device stays on. */
  | {
      readonly kind: 'path';
      readonly host: string;
      readonly path: string;
      readonly state: 'on' | 'off';
    }
  /** Sets a path's rank: higher ones come first under MRU. */
  | { readonly kind: 'rank'; readonly host: string; readonly path: string; readonly rank: number }
  /** Detaches (off) or attaches a device, by uid or LUN name: planned removal. */
  | {
      readonly kind: 'device';
      readonly host: string;
      readonly device: string;
      readonly state: 'on' | 'off';
    }
  /**
   * Flags a device, by uid or LUN name, as perennially reserved (`esxcli storage core device
   * setconfig`): a rescan leaves it alone.
   */
  | {
      readonly kind: 'perennial';
      readonly host: string;
      readonly device: string;
      readonly state: 'on' | 'off';
    }
  /** Copies a virtual disk to a new one of the same kind, unless another is given. */
  | {
      readonly kind: 'clone';
      readonly disk: number;
      /** As this snapshot of its VM keeps it; as it is now when left out. */
      readonly snapshot?: string;
      readonly datastore: string;
      /** What it is called there, such as `copy`; `copy.vmdk` and its extent. */
      readonly name: string;
      readonly diskKind?: DiskPlan['kind'];
    }
  /** Makes a new virtual disk, which belongs to no VM; an eager-zeroed one is zeroed. */
  | {
      readonly kind: 'createDisk';
      readonly datastore: string;
      readonly name: string;
      readonly sizeBytes: number;
      readonly diskKind: DiskPlan['kind'];
    }
  /** Changes a virtual disk of a machine. */
  | ({ readonly kind: 'alterDisk'; readonly disk: number } & DiskAction)
  /** Gives up the clone or migration of a virtual disk that is under way: nothing is left of it. */
  | { readonly kind: 'cancelDisk'; readonly disk: number }
  /** Gives a disk that `clone` or `createDisk` has made another name. */
  | {
      readonly kind: 'renameDisk';
      readonly datastore: string;
      readonly name: string;
      readonly to: string;
    }
  /** Deletes a disk that `clone` or `createDisk` has made. */
  | { readonly kind: 'deleteDisk'; readonly datastore: string; readonly name: string }
  /** Gives the free space of a VMFS datastore back to its arrays (UNMAP). */
  | { readonly kind: 'reclaim'; readonly datastore: string }
  /** Mounts a datastore on a host again, or unmounts it. */
  | {
      readonly kind: 'mount';
      readonly host: string;
      readonly datastore: string;
      readonly state: 'on' | 'off';
    }
  /** Looks at a datastore's free space now; its alarm may change. */
  | { readonly kind: 'refresh'; readonly datastore: string }
  /** Another host takes the locks of a VM's files, once that of a dead one has run out. */
  | { readonly kind: 'takeOver'; readonly vm: string; readonly host: string }
  /** Creates or deletes a snapshot of a LUN, `array1/lun0`, in its array. */
  | {
      readonly kind: 'lun-snapshot';
      readonly lun: string;
      readonly action: 'create' | 'delete';
      readonly snapshot: string;
    }
  /** The array makes a LUN, `array1/lun0`, larger; hosts see it after a rescan. */
  | { readonly kind: 'growLun'; readonly lun: string; readonly sizeBytes: number }
  /** A VMFS datastore takes what its extents have grown by; by way of a host, any unless named. */
  | { readonly kind: 'growDatastore'; readonly datastore: string; readonly host?: string }
  /** Another LUN becomes an extent of a VMFS datastore. */
  | {
      readonly kind: 'extendDatastore';
      readonly datastore: string;
      readonly lun: string;
      readonly host?: string;
    }
  /** The array presents a snapshot of a LUN as another, which the plan has for it (LunPlan.copyOf). */
  | {
      readonly kind: 'presentSnapshot';
      readonly lun: string;
      readonly snapshot: string;
      readonly to: string;
    }
  /** A host mounts the copy of a volume whose head is on a LUN, with the signature of the original. */
  | { readonly kind: 'mountCopy'; readonly host: string; readonly lun: string }
  /** A host gives such a copy a signature of its own, and mounts it. */
  | { readonly kind: 'resignature'; readonly host: string; readonly lun: string }
  /** Creates, reverts to, deletes or consolidates snapshots of a VM. */
  | ({ readonly kind: 'snapshot'; readonly vm: string } & SnapshotAction)
  /** Tracks the changes of a virtual disk (CBT), or no longer. */
  | { readonly kind: 'track'; readonly disk: number; readonly state: 'on' | 'off' }
  /**
   * Backs up virtual disks of a VM, all or one: snapshot, read, delete the snapshot. An incremental one
   * reads what has changed since the last; all, where that is not known.
   */
  | {
      readonly kind: 'backup';
      readonly vm: string;
      readonly disk?: number;
      readonly transport: BackupTransport;
      readonly mode: 'full' | 'incremental';
      readonly quiesce?: boolean;
    }
  /** Ends the backup of a VM that is under way, without a backup: its snapshot goes all the same. */
  | { readonly kind: 'cancelBackup'; readonly vm: string }
  /** Writes a backup back to its disk, whose VM is off, or to a new one; the last one unless named. */
  | {
      readonly kind: 'restore';
      readonly disk: number;
      readonly backup?: string;
      readonly to?: { readonly datastore: string; readonly name: string };
    }
  /** Looks for paths again, also of devices that were permanently lost. */
  | { readonly kind: 'rescan'; readonly host: string };
