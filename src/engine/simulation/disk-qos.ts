import type { Sim } from '../core/sim.js';
import type { Qos } from '../plan/plan.js';
import type { BuiltVolume, HostFileSystems } from './build-datastores.js';
import type { BuiltHost } from './build-hosts.js';
import type { BuiltDisk } from './build-vms.js';

export interface DiskQosParts {
  readonly disks: ReadonlyMap<number, BuiltDisk>;
  readonly hosts: ReadonlyMap<string, BuiltHost>;
  readonly fileSystems: ReadonlyMap<string, HostFileSystems>;
  readonly volumes: ReadonlyMap<string, BuiltVolume>;
}

/** Shares, reservation and limit of each virtual disk, and every queue that has to know them. */
export class DiskQos {
  private readonly now = new Map<number, Qos>();
  /** Datastores that disks have been on their way to. */
  private readonly reached = new Map<number, Set<string>>();

  constructor(
    private readonly sim: Sim,
    private readonly parts: DiskQosParts,
  ) {
    for (const { plan } of parts.disks.values()) this.set(plan.index, plan.qos);
  }

  /** Settings of a disk now, by its index; undefined when there is no such disk. */
  of(disk: number): Qos | undefined {
    return this.now.get(disk);
  }

  /** Changes some of a disk's settings; a disk there is not is left alone. */
  change(disk: number, change: Partial<Qos>, why: string): void {
    const now = this.now.get(disk);
    const built = this.parts.disks.get(disk);
    if (now === undefined || built === undefined) return;
    const next = { ...now, ...change };
    const { shares, reservation, limit } = next;
    const what = `shares ${shares}, reservation ${reservation}, limit ${limit === 0 ? 'none' : limit}`;
    this.sim.log.note('qos.change', `${built.vm.name}:${built.plan.name}`, what, why);
    this.set(disk, next);
  }

  /** The disk's commands will pass the queues of another datastore, too. */
  reach(disk: number, datastore: string): void {
    const places = this.reached.get(disk) ?? new Set();
    this.reached.set(disk, places.add(datastore));
    this.set(disk, this.now.get(disk) as Qos);
  }

  /** The datastore has one more device: its disks' settings hold there, too. */
  extended(datastore: string): void {
    for (const [disk, qos] of this.now) {
      const { backing } = this.parts.disks.get(disk) as BuiltDisk;
      const isThere = backing.datastore.name === datastore;
      if (isThere || this.reached.get(disk)?.has(datastore)) this.set(disk, qos);
    }
  }

  /** Tells every queue the disk's commands may pass, on the host and in distributed storage. */
  private set(disk: number, qos: Qos): void {
    this.now.set(disk, qos);
    const { plan, vm, backing } = this.parts.disks.get(disk) as BuiltDisk;
    const devices = this.parts.hosts.get(vm.host)?.devices;
    const raw = plan.rawDevice && devices?.get(plan.rawDevice.uid);
    const places = new Set([backing.datastore.name, ...(this.reached.get(disk) ?? [])]);
    for (const datastore of places) {
      const names = { disk: plan.name, datastore };
      const files = this.parts.fileSystems.get(vm.host)?.queuesOf(datastore) ?? [];
      for (const queue of raw === undefined ? files : [raw.queue]) {
        queue.setQos(disk, vm.world, vm.name, qos, names);
      }
      const extents = this.parts.volumes.get(datastore)?.layout.devices;
      for (const uid of plan.rawDevice === undefined ? (extents ?? []) : [plan.rawDevice.uid]) {
        devices?.get(uid)?.array.setQos(disk, qos);
      }
    }
  }
}
