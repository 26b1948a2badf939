import type { DiskArray } from '../devices/array/disk-array.js';
import type { Lun } from '../devices/array/lun.js';
import type { Pool } from '../devices/array/pool.js';
import type { TargetPort } from '../devices/array/target-port.js';
import type { Disk } from '../devices/disk.js';
import type { Nexus } from '../devices/fabric/nexus.js';
import type { DataFault } from '../devices/media.js';
import type { NfsServer } from '../devices/nfs-server.js';
import type { Vmhba } from '../stack/adapter/vmhba.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import type { NfsVolume } from '../stack/filesystem/nfs/volume.js';
import type { VasaProvider } from '../stack/storage-apis/vasa/provider.js';

/** A path of a host: the connection it runs over and the LUN at its end. */
export interface PathSite {
  readonly nexus: Nexus;
  readonly lun: Lun;
}

/** A device of a host: all its paths. */
export interface DeviceSite {
  readonly paths: readonly PathSite[];
  readonly lun: Lun;
}

export interface AdapterSite {
  readonly vmhba: Vmhba;
}

/** A fabric: what a switch connects. */
export interface SwitchSite {
  readonly nexuses: readonly Nexus[];
}

/** An array with a VASA provider. */
export interface ArraySite {
  readonly provider: VasaProvider;
}

export interface ControllerSite {
  readonly array: DiskArray;
  readonly controller: number;
}

/** A disk of an array's pool. */
export interface SpindleSite {
  readonly disk: Disk;
  /** Its number in the pool. */
  readonly number: number;
  readonly pool: Pool;
}

export interface LunSite {
  readonly lun: Lun;
  /** The disks its data lies on, shared with other LUNs of the pool. */
  readonly disks: readonly Disk[];
  /** Every host looks again for the LUN: how a device comes back after permanent loss. */
  rescan(): void;
}

/** What data is stored on: a LUN, or the files of an NFS server. */
export interface MediumSite {
  /** @param rate share of the reads (bit rot) or writes that are spoilt; 0 ends it */
  setDataFault(fault: DataFault, rate: number): void;
}

/** Load a virtual machine makes on top of its own. */
export interface NoisyVmSite {
  /** Starts random reads and writes on the VM's first disk; the result stops them. */
  startNoise(noise: { iodepth: number; blockBytes: number; readPercent: number }): () => void;
}

/** A host as it dies and comes back. */
export interface HostSite {
  crash(why: string): void;
  reboot(why: string): void;
}

/** What backs the machines of a host up. */
export interface ProxySite {
  setProxy(up: boolean): void;
  setNetwork(up: boolean): void;
}

/** An address of an NFS server. */
export interface AddressSite {
  readonly server: NfsServer;
  readonly address: number;
}

/** Everything a fault may act on, by the name `vmtop check` and the screens use. */
export interface Sites {
  /** `esx1/vmhba1:C0:T0:L1` */
  readonly path: ReadonlyMap<string, PathSite>;
  /** `esx1/vmhba1` */
  readonly adapter: ReadonlyMap<string, AdapterSite>;
  /** `esx1/lun0` */
  readonly device: ReadonlyMap<string, DeviceSite>;
  /** `array1`; shelves of disks are none. */
  readonly array: ReadonlyMap<string, ArraySite>;
  /** `array1:A` */
  readonly controller: ReadonlyMap<string, ControllerSite>;
  /** `array1/lun0` */
  readonly lun: ReadonlyMap<string, LunSite>;
  /** `array1/lun0`, or the name of an NFS server. */
  readonly medium: ReadonlyMap<string, MediumSite>;
  /** `array1`: an array with a cache. */
  readonly cache: ReadonlyMap<string, DiskArray>;
  /** `array1:pool1:d0` */
  readonly spindle: ReadonlyMap<string, SpindleSite>;
  /** `array1/pool1` */
  readonly pool: ReadonlyMap<string, Pool>;
  /** `array1:A0`: the first port of controller A. */
  readonly port: ReadonlyMap<string, TargetPort>;
  /** `fc-A`: the fabric of every host's first Fibre Channel adapter, and the third, ... */
  readonly switch: ReadonlyMap<string, SwitchSite>;
  /** NFS server. */
  readonly server: ReadonlyMap<string, NfsServer>;
  /** `filer1/0`: the first address of an NFS server. */
  readonly address: ReadonlyMap<string, AddressSite>;
  /** Datastore on NFS. */
  readonly export: ReadonlyMap<string, NfsVolume>;
  readonly host: ReadonlyMap<string, HostSite>;
  /** `esx1`: the host whose machines are backed up. */
  readonly proxy: ReadonlyMap<string, ProxySite>;
  readonly datastore: ReadonlyMap<string, Datastore>;
  readonly vm: ReadonlyMap<string, NoisyVmSite>;
}
