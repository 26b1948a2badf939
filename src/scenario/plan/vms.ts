import { formatSize } from '../../engine/core/units.js';
import type {
  DatastorePlan,
  DiskPlan,
  HostPlan,
  PolicyPlan,
  Qos,
  VmPlan,
} from '../../engine/plan/plan.js';
import { bytesOf } from '../quantities.js';
import type { RegisteredDisk, RegisteredVm, RegisteredVms } from '../registered.js';
import { type DiskText, readDisk, type Scenario, type VmText } from '../schema.js';
import type { Path } from '../source.js';
import type { LunPlace } from './arrays.js';
import { type Context, type Copy, copies, Names } from './context.js';
import { systemBytes } from './datastores.js';
import { RawDevices } from './raw-devices.js';

/** Targets per virtual adapter (7 is the adapter itself) and adapters per VM (stack-upper, 19). */
const DISKS_PER_ADAPTER = 15;
const DISKS_MAX = 60;

/** The block of VMFS; files take whole ones. */
const MIB = 1024 * 1024;

/** What a VM's home holds besides disks and swap: logs, configuration, the VMX's own swap (model). */
const HOME_BYTES = 128 * MIB;

/** Settings of a virtual disk nobody changed: normal shares, nothing reserved, no limit. */
const QOS_DEFAULTS: Qos = { shares: 1000, reservation: 0, limit: 0 };

/** Disk time-outs of guests: their default, and what the tools set it to (stack-lower 4.4). */
const GUEST_TIMEOUTS = { linux: 30e9, windows: 60e9, tools: 180e9 } as const;

/** A VM with the entry it comes from. */
export interface PlannedVm extends Copy<VmText> {
  readonly plan: VmPlan;
  /** Name of the entry, which stands for all its copies. */
  readonly entry: string;
}

export function planVms(
  context: Context,
  scenario: Scenario,
  hosts: ReadonlyMap<string, HostPlan>,
  datastores: ReadonlyMap<string, DatastorePlan>,
  policies: ReadonlyMap<string, PolicyPlan>,
  registered: RegisteredVms,
  luns: ReadonlyMap<string, LunPlace>,
): Map<string, PlannedVm> {
  const vms = new Names<PlannedVm>(context, 'VM');
  const raw = new RawDevices(context, luns, datastores);
  let disks = 0;
  for (const vm of copies(scenario.vms, ['vms'], 1)) {
    const own = registered.get(vm.item.vmx ?? '');
    const plan = planVm(context, vm, vms.size + 1, disks, hosts, datastores, policies, raw, own);
    disks += plan.disks.length;
    vms.add(vm.name, { ...vm, plan, entry: vm.item.name }, [...vm.path, 'name']);
  }
  checkSpace(context, scenario, vms, datastores);
  return vms;
}

function planVm(
  context: Context,
  vm: Copy<VmText>,
  world: number,
  firstDisk: number,
  hosts: ReadonlyMap<string, HostPlan>,
  datastores: ReadonlyMap<string, DatastorePlan>,
  policies: ReadonlyMap<string, PolicyPlan>,
  raw: RawDevices,
  own: RegisteredVm | undefined,
): VmPlan {
  const { item, path } = vm;
  const hostNames = item.host ?? [[...hosts.keys()][(world - 1) % hosts.size] ?? ''];
  const turn = vm.copy % hostNames.length;
  const host = hostNames[turn] ?? '';
  if (item.host !== undefined) context.find(hosts, host, [...path, 'host', turn], 'host');
  if (item.queueDepth !== undefined && item.adapter !== 'pvscsi') {
    context.report([...path, 'queueDepth'], 'only pvscsi has queues of another depth');
  }
  if (item.reserved > item.memory) {
    context.report([...path, 'reserved'], 'more memory reserved than the VM has');
  }
  const mounted = [...datastores.values()].filter((datastore) => datastore.hosts.includes(host));
  const usual =
    item.datastore ??
    item.home ??
    item.disks.find((disk) => disk.datastore)?.datastore ??
    mounted[0]?.name ??
    [...datastores.keys()][0] ??
    '';
  const placed = (name: string, at: Path): void => {
    const datastore = context.find(datastores, name, at, 'datastore');
    if (datastore === undefined || !hosts.has(host) || datastore.hosts.includes(host)) return;
    // That no host reaches it has been said where the datastore stands.
    if (datastore.hosts.length === 0) return;
    context.report(
      at,
      `${vm.name} runs on ${host}, which does not mount ${name}`,
      `${name} is mounted by ${datastore.hosts.join(', ')}`,
    );
  };
  const home = item.home ?? usual;
  if (item.home !== undefined || item.datastore !== undefined) {
    placed(home, [...path, item.home === undefined ? 'datastore' : 'home']);
  } else if (item.disks.length === 0) {
    placed(home, path);
  }
  if (item.vmx !== undefined && item.disks.length > 0) {
    context.report([...path, 'disks'], 'the disks are those of the .vmx', 'leave "disks" out');
  }
  const given: readonly Partial<RegisteredDisk>[] =
    own?.disks ?? (item.disks.length === 0 ? [readDisk()] : item.disks).map((text) => ({ text }));
  const disks: DiskPlan[] = [];
  for (const [index, { text = readDisk(), name: slot, changeTracking }] of given.entries()) {
    const at = [...path, 'disks', index];
    const name = text.datastore ?? usual;
    if (text.datastore !== undefined || item.datastore === undefined) {
      placed(name, [...at, 'datastore']);
    }
    if (text.rdm === undefined) checkSize(context, text, datastores.get(name), at);
    const policy =
      text.policy === undefined
        ? undefined
        : context.find(policies, text.policy, [...at, 'policy'], 'storage policy');
    const qos = qosOf(item, text, policy);
    for (let copy = 0; copy < (text.count ?? 1); copy++) {
      disks.push({
        ...planDisk(text, qos, name, disks.length, firstDisk),
        ...raw.plan(text, vm.name, hosts.get(host), at),
        ...(policy && { policy }),
        ...(slot && { name: slot }),
        ...(changeTracking && { changeTracking }),
      });
    }
  }
  if (disks.length > DISKS_MAX) {
    context.report([...path, 'disks'], `${disks.length} disks; a VM has at most ${DISKS_MAX}`);
  }
  return {
    name: vm.name,
    host,
    world,
    memoryBytes: own?.memoryBytes ?? item.memory,
    memoryReservedBytes: own?.memoryReservedBytes ?? item.reserved,
    ...(item.power === 'off' ? { isOff: true } : {}),
    adapter: item.adapter,
    ...(own?.adapterTypes && { adapterTypes: own.adapterTypes }),
    home,
    disks,
    ...(item.queueDepth === undefined ? {} : { queueDepth: item.queueDepth }),
    ...timeoutOf(item),
  };
}

/** Without a word about the guest its disk driver waits for ever: the least that happens. */
function timeoutOf({ guest, diskTimeout }: VmText): Pick<VmPlan, 'diskTimeout'> {
  const timeoutNs = diskTimeout ?? (guest === undefined ? 0 : GUEST_TIMEOUTS[guest]);
  return timeoutNs === 0 ? {} : { diskTimeout: { guest: guest ?? 'guest', timeoutNs } };
}

/**
 * What a disk says for itself, else what its policy, else what its VM says. The policy's limit is its
 * filter's business.
 */
function qosOf(vm: VmText, { qos }: DiskText, policy: PolicyPlan | undefined): Qos {
  return {
    shares: qos.shares ?? policy?.shares ?? vm.shares ?? QOS_DEFAULTS.shares,
    reservation:
      qos.reservation ?? policy?.reservation ?? vm.reservation ?? QOS_DEFAULTS.reservation,
    limit: qos.limit ?? vm.limit ?? QOS_DEFAULTS.limit,
  };
}

function planDisk(
  text: DiskText,
  qos: Qos,
  datastore: string,
  number: number,
  first: number,
): DiskPlan {
  const target = number % DISKS_PER_ADAPTER;
  const sizeBytes = Math.floor(text.size / 512) * 512;
  return {
    name: `scsi${Math.floor(number / DISKS_PER_ADAPTER)}:${target < 7 ? target : target + 1}`,
    index: first + number,
    datastore,
    sizeBytes,
    kind: text.kind,
    writtenBytes: Math.min(sizeBytes, bytesOf(text.written, sizeBytes, 512)),
    qos,
  };
}

function checkSize(
  context: Context,
  text: DiskText,
  datastore: DatastorePlan | undefined,
  path: Path,
): void {
  if (datastore === undefined || datastore.capacityBytes === 0) return;
  if (text.size <= datastore.capacityBytes) return;
  context.report(
    [...path, 'size'],
    `the disk (${formatSize(text.size)}) is larger than ${datastore.name} (${formatSize(datastore.capacityBytes)})`,
  );
}

/** What must fit from the start: thick disks, what thin disks hold already, and swap files. */
function checkSpace(
  context: Context,
  scenario: Scenario,
  vms: ReadonlyMap<string, PlannedVm>,
  datastores: ReadonlyMap<string, DatastorePlan>,
): void {
  const taken = new Map<string, number>();
  const take = (name: string, bytes: number): void => {
    taken.set(name, (taken.get(name) ?? 0) + Math.ceil(bytes / MIB) * MIB);
  };
  for (const { plan } of vms.values()) {
    take(plan.home, HOME_BYTES + plan.memoryBytes - plan.memoryReservedBytes);
    for (const disk of plan.disks) {
      if (disk.rawDevice !== undefined) continue;
      take(disk.datastore, disk.kind === 'thin' ? disk.writtenBytes : disk.sizeBytes);
    }
  }
  for (const [index, { name }] of scenario.datastores.entries()) {
    const datastore = datastores.get(name);
    if (datastore === undefined || datastore.capacityBytes === 0) continue;
    const needed = (taken.get(name) ?? 0) + datastore.usedBytes + systemBytes(datastore);
    if (needed <= datastore.capacityBytes) continue;
    context.report(
      ['datastores', index],
      `${name} holds ${formatSize(datastore.capacityBytes)}, but ${formatSize(needed)} are placed on it at the start`,
      'thick disks, what thin disks have written, swap files (memory - reserved), the file system and "used" count',
    );
  }
}
