import type { VmPlan } from '../plan/plan.js';
import type { Vm } from '../stack/vmfiles/vm.js';
import type { BuiltVolume } from './build-datastores.js';
import type { BuiltDevice } from './build-hosts.js';

export interface DeviceUsersParts {
  readonly volumes: ReadonlyMap<string, BuiltVolume>;
  readonly plans: readonly VmPlan[];
  readonly vms: ReadonlyMap<string, Vm>;
  /** `34 files open, of db1`: what a host has open on a datastore; nothing when it has not. */
  readonly filesOn: (host: string, datastore: string) => string | undefined;
}

/**
 * Who has a device open on a host: each volume it is an extent of, while that is mounted, and each raw
 * device map of a machine that is not off. A device that is open cannot be detached (stack-lower
 * reference, 4.6: unmount, then detach). Swap of machines lies in files, and counts with their volume.
 */
export class DeviceUsers {
  constructor(private readonly parts: DeviceUsersParts) {}

  /** The devices show how often they are open. */
  countOn(host: string, devices: Iterable<BuiltDevice>): void {
    for (const { disk, lun } of devices) disk.opens = () => this.usersOf(host, lun.uid).length;
  }

  /** In words, with what is to be done about it; nothing when nobody has it open. */
  reasonFor(
    host: string,
    uid: string,
  ): { readonly what: string; readonly hint: string } | undefined {
    const [what] = this.usersOf(host, uid);
    if (what === undefined) return undefined;
    return { what, hint: 'power these machines off, and unmount the datastore first' };
  }

  private usersOf(host: string, uid: string): string[] {
    const { volumes, plans, vms, filesOn } = this.parts;
    const users: string[] = [];
    for (const [name, { layout, hosts }] of volumes) {
      if (hosts.get(host)?.mount.mounted !== true || !layout.devices.includes(uid)) continue;
      const files = filesOn(host, name);
      const rest = files === undefined ? '' : `, with ${files}`;
      users.push(`datastore ${name} on it is mounted${rest}`);
    }
    for (const { name, disks } of plans) {
      const vm = vms.get(name);
      if (vm === undefined || vm.host !== host || vm.state === 'off') continue;
      for (const disk of disks) {
        if (disk.rawDevice?.uid === uid)
          users.push(`${name}:${disk.name} is a raw device map of it`);
      }
    }
    return users;
  }
}
