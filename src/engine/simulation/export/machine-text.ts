import { Dictionary } from '../../formats/dictionary/dictionary.js';
import { SnapshotList } from '../../formats/vmx/snapshot-list.js';
import type { DiskPlan, VmPlan } from '../../plan/plan.js';
import { EPOCH_SECONDS } from '../../stack/filesystem/vmfs/on-disk/volume-bytes.js';
import type { SnapshotInfo } from '../snapshots/snapshot.js';

/** A disk as the machine's text files name it. */
export interface ExportedDisk {
  readonly plan: DiskPlan;
  /** Descriptor of the running state. */
  readonly leaf: string;
  /** Descriptor each snapshot froze, in the order of the list. */
  readonly frozen: readonly string[];
}

/** Hardware version of the machines, the one their disks' descriptors name. */
const HARDWARE_VERSION = 14;
const MIB = 1024 * 1024;

/** The .vmx: what storage needs of a machine (stack-upper reference, 17). */
export function configurationOf(vm: VmPlan, disks: readonly ExportedDisk[]): Uint8Array {
  const text = empty(`${vm.name}.vmx`);
  const set = (key: string, value: string | number): void => text.set(key, String(value));
  set('.encoding', 'UTF-8');
  set('config.version', 8);
  set('virtualHW.version', HARDWARE_VERSION);
  set('displayName', vm.name);
  set('guestOS', 'other-64');
  set('memSize', Math.max(4, Math.floor(vm.memoryBytes / MIB)));
  if (vm.memoryReservedBytes > 0) set('sched.mem.min', Math.floor(vm.memoryReservedBytes / MIB));
  for (const { plan, leaf } of disks) {
    const [adapter] = plan.name.split(':');
    set(`${adapter}.present`, 'TRUE');
    const type = vm.adapterTypes?.[adapter] ?? vm.adapter;
    if (adapter.startsWith('scsi')) set(`${adapter}.virtualDev`, type);
    set(`${plan.name}.present`, 'TRUE');
    set(`${plan.name}.deviceType`, adapter.startsWith('scsi') ? 'scsi-hardDisk' : 'disk');
    set(`${plan.name}.fileName`, leaf);
  }
  return text.bytes();
}

/** The .vmsd: the tree of snapshots (stack-upper reference, 18). */
export function snapshotListOf(
  vm: VmPlan,
  snapshots: readonly SnapshotInfo[],
  current: number,
  disks: readonly ExportedDisk[],
  needsConsolidation: boolean,
): Uint8Array {
  const text = empty(`${vm.name}.vmsd`);
  const list = new SnapshotList(text, `${vm.name}.vmsd`);
  for (const [at, { name, uid, parent, createdAt, withMemory }] of snapshots.entries()) {
    const parentUid = snapshots.find((other) => other.name === parent)?.uid;
    list.add({
      uid,
      ...(parentUid !== undefined && { parent: parentUid }),
      displayName: name,
      description: '',
      file: `${vm.name}-Snapshot${uid}.vmsn`,
      createdAtUs: EPOCH_SECONDS * 1e6 + Math.floor(createdAt / 1000),
      withMemory,
      disks: disks.map(({ plan, frozen }) => ({ node: plan.name, file: frozen[at] })),
    });
  }
  if (snapshots.length > 0) text.set('snapshot.current', String(current));
  if (needsConsolidation) text.set('snapshot.needConsolidate', 'TRUE');
  return text.bytes();
}

function empty(place: string): Dictionary {
  return Dictionary.read(new Uint8Array(), place);
}
