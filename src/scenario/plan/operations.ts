import type { Command } from '../../engine/plan/commands.js';
import type { ChangePlan, DatastorePlan, HostPlan } from '../../engine/plan/plan.js';
import type { OperationText, Scenario } from '../schema.js';
import type { Path } from '../source.js';
import type { LunPlace } from './arrays.js';
import type { Context } from './context.js';
import { DISK_CHANGES, planDiskChange } from './disk-changes.js';
import { findDisk } from './jobs.js';
import { checkTime } from './timeline.js';
import type { PlannedVm } from './vms.js';

const KINDS = [
  'clone',
  ...DISK_CHANGES,
  'create',
  'delete',
  'renameDisk',
  'cancelDisk',
  'reclaim',
  'power',
  'unmount',
  'mount',
  'takeOver',
  'growDatastore',
  'extendDatastore',
  'presentSnapshot',
  'mountCopy',
  'resignature',
  'rescan',
  'snapshot',
  'track',
  'cancelBackup',
  'restore',
] as const;
const SNAPSHOT_KINDS = ['create', 'revert', 'delete', 'deleteAll', 'consolidate'] as const;

/** What operations may name. */
export interface Operable {
  readonly vms: ReadonlyMap<string, PlannedVm>;
  readonly datastores: ReadonlyMap<string, DatastorePlan>;
  readonly hosts: ReadonlyMap<string, HostPlan>;
  readonly luns: ReadonlyMap<string, LunPlace>;
}

/** Clones, new disks, deleted ones, reclaimed space and power operations, in order of time. */
export function planOperations(
  context: Context,
  scenario: Scenario,
  around: Operable,
): ChangePlan[] {
  const made = new Set<string>();
  const entries = [...scenario.operations.entries()].sort(([, a], [, b]) => a.at - b.at);
  return entries.flatMap(([index, text]) => {
    const path: Path = ['operations', index];
    checkTime(context, text.at, scenario.duration, [...path, 'at']);
    const given = KINDS.filter((kind) => text[kind] !== undefined);
    if (given.length !== 1) {
      context.report(path, `says ${given.length} things to do`, `give one of ${KINDS.join(', ')}`);
      return [];
    }
    const command = commandOf(context, text, around, path, made);
    return command === undefined ? [] : [{ atNs: text.at, command }];
  });
}

function commandOf(
  context: Context,
  text: OperationText,
  around: Operable,
  path: Path,
  made: Set<string>,
): Command | undefined {
  const { clone, create, delete: gone, reclaim, power } = text;
  const { datastores } = around;
  if (clone !== undefined) return planClone(context, clone, around, [...path, 'clone'], made);
  if (create !== undefined) {
    const { datastore, name, size, kind } = create;
    context.find(datastores, datastore, [...path, 'create', 'datastore'], 'datastore');
    take(context, datastore, name, [...path, 'create', 'name'], made);
    return { kind: 'createDisk', datastore, name, sizeBytes: size, diskKind: kind };
  }
  if (gone !== undefined) {
    const { datastore, name } = gone;
    giveUp(context, datastore, name, [...path, 'delete'], made);
    return { kind: 'deleteDisk', datastore, name };
  }
  if (text.renameDisk !== undefined) {
    const { datastore, name, to } = text.renameDisk;
    giveUp(context, datastore, name, [...path, 'renameDisk'], made);
    take(context, datastore, to, [...path, 'renameDisk', 'to'], made);
    return { kind: 'renameDisk', datastore, name, to };
  }
  if (text.cancelDisk !== undefined) {
    const { vm, disk } = text.cancelDisk;
    const machine = context.find(around.vms, vm, [...path, 'cancelDisk', 'vm'], 'VM');
    if (machine === undefined) return undefined;
    const found = findDisk(context, machine.plan, disk, [...path, 'cancelDisk', 'disk']);
    return found && { kind: 'cancelDisk', disk: found.index };
  }
  if (power !== undefined) {
    context.find(around.vms, power.vm, [...path, 'power', 'vm'], 'VM');
    return { kind: 'power', vm: power.vm, state: power.state };
  }
  const { mount = text.unmount, takeOver } = text;
  if (mount !== undefined) {
    const kind = text.mount === undefined ? 'unmount' : 'mount';
    const { host, datastore } = mount;
    const at = [...path, kind];
    const plan = context.find(datastores, datastore, [...at, 'datastore'], 'datastore');
    checkHost(context, host, datastore, plan, [...at, 'host']);
    return { kind: 'mount', host, datastore, state: kind === 'mount' ? 'on' : 'off' };
  }
  const ofVolume =
    planEnlarged(context, text, around, path) ?? planCopy(context, text, around, path);
  if (ofVolume !== undefined) return ofVolume;
  if (takeOver !== undefined) {
    const { vm, host } = takeOver;
    const machine = context.find(around.vms, vm, [...path, 'takeOver', 'vm'], 'VM');
    const home = machine?.plan.home ?? '';
    checkHost(context, host, home, datastores.get(home), [...path, 'takeOver', 'host']);
    return { kind: 'takeOver', vm, host };
  }
  if (text.snapshot !== undefined) {
    return planSnapshot(context, text.snapshot, around, [...path, 'snapshot']);
  }
  const change = DISK_CHANGES.find((kind) => text[kind] !== undefined);
  if (change !== undefined) return planDiskChange(context, text, change, around, path);
  if (text.track !== undefined) {
    const { vm, disk } = text.track;
    const machine = context.find(around.vms, vm, [...path, 'track', 'vm'], 'VM');
    if (machine === undefined) return undefined;
    const tracked = findDisk(context, machine.plan, disk, [...path, 'track', 'disk']);
    return tracked && { kind: 'track', disk: tracked.index, state: 'on' };
  }
  if (text.cancelBackup !== undefined) {
    context.find(around.vms, text.cancelBackup, [...path, 'cancelBackup'], 'VM');
    return { kind: 'cancelBackup', vm: text.cancelBackup };
  }
  if (text.restore !== undefined) {
    return planRestore(context, text.restore, around, [...path, 'restore'], made);
  }
  const found = context.find(datastores, reclaim ?? '', [...path, 'reclaim'], 'datastore');
  if (found?.type === 'nfs') {
    context.report([...path, 'reclaim'], 'only VMFS gives space back with UNMAP');
  }
  return { kind: 'reclaim', datastore: reclaim ?? '' };
}

/** Larger datastores, and hosts that look at them; what is possible shows when the time comes. */
function planEnlarged(
  context: Context,
  { growDatastore, extendDatastore, rescan }: OperationText,
  { datastores, hosts, luns }: Operable,
  path: Path,
): Command | undefined {
  const enlarged = growDatastore ?? extendDatastore;
  if (enlarged !== undefined) {
    const at = [...path, growDatastore === undefined ? 'extendDatastore' : 'growDatastore'];
    const { datastore, host } = enlarged;
    const plan = context.find(datastores, datastore, [...at, 'datastore'], 'datastore');
    if (plan?.type === 'nfs') context.report([...at, 'datastore'], 'only VMFS has extents');
    if (host !== undefined) checkHost(context, host, datastore, plan, [...at, 'host']);
  }
  const by = enlarged?.host === undefined ? {} : { host: enlarged.host };
  if (growDatastore !== undefined) {
    return { kind: 'growDatastore', datastore: growDatastore.datastore, ...by };
  }
  if (extendDatastore !== undefined) {
    const { datastore, lun } = extendDatastore;
    context.find(luns, lun, [...path, 'extendDatastore', 'lun'], 'LUN');
    return { kind: 'extendDatastore', datastore, lun, ...by };
  }
  if (rescan === undefined) return undefined;
  context.find(hosts, rescan, [...path, 'rescan'], 'host');
  return { kind: 'rescan', host: rescan };
}

/** Snapshots of LUNs that become LUNs of their own, and volumes on them. */
function planCopy(
  context: Context,
  { presentSnapshot, mountCopy, resignature }: OperationText,
  { hosts, luns }: Operable,
  path: Path,
): Command | undefined {
  if (presentSnapshot !== undefined) {
    const at = [...path, 'presentSnapshot'];
    context.find(luns, presentSnapshot.lun, [...at, 'lun'], 'LUN');
    const to = context.find(luns, presentSnapshot.to, [...at, 'to'], 'LUN');
    if (to !== undefined && to.lun.copyOf === undefined) {
      const hint = 'give it "copyOf" with the name of the other LUN';
      context.report([...at, 'to'], `${to.lun.name} is not there to present a snapshot`, hint);
    }
    return { kind: 'presentSnapshot', ...presentSnapshot };
  }
  const copy = mountCopy ?? resignature;
  if (copy === undefined) return undefined;
  const kind = mountCopy === undefined ? 'resignature' : 'mountCopy';
  context.find(hosts, copy.host, [...path, kind, 'host'], 'host');
  context.find(luns, copy.lun, [...path, kind, 'lun'], 'LUN');
  return { kind, ...copy };
}

/** That a snapshot of the name is there shows when its time comes: an operation may fail. */
function planSnapshot(
  context: Context,
  text: NonNullable<OperationText['snapshot']>,
  { vms }: Operable,
  path: Path,
): Command | undefined {
  const { vm, memory, quiesce, format } = text;
  const given = SNAPSHOT_KINDS.filter((kind) => text[kind] !== undefined && text[kind] !== false);
  const machine = context.find(vms, vm, [...path, 'vm'], 'VM');
  if (given.length !== 1) {
    const hint = `give one of ${SNAPSHOT_KINDS.join(', ')}`;
    context.report(path, `says ${given.length} things to do with snapshots`, hint);
    return undefined;
  }
  const extra = { memory, quiesce, format };
  for (const [key, value] of Object.entries(extra)) {
    if (value === undefined || text.create !== undefined) continue;
    context.report([...path, key], 'is only for "create"');
  }
  const [kind] = given;
  if (machine === undefined || kind === undefined) return undefined;
  if (kind === 'create') {
    return {
      kind: 'snapshot',
      vm,
      action: 'create',
      snapshot: text.create as string,
      ...(memory === undefined ? {} : { memory }),
      ...(quiesce === undefined ? {} : { quiesce }),
      ...(format === undefined ? {} : { format }),
    };
  }
  if (kind === 'deleteAll' || kind === 'consolidate') return { kind: 'snapshot', vm, action: kind };
  return { kind: 'snapshot', vm, action: kind, snapshot: text[kind] as string };
}

/** Which backups there are shows when its time comes. */
function planRestore(
  context: Context,
  text: NonNullable<OperationText['restore']>,
  { vms, datastores }: Operable,
  path: Path,
  made: Set<string>,
): Command | undefined {
  const { vm, disk, backup, to } = text;
  const machine = context.find(vms, vm, [...path, 'vm'], 'VM');
  if (to !== undefined) {
    const plan = context.find(datastores, to.datastore, [...path, 'to', 'datastore'], 'datastore');
    take(context, to.datastore, to.name, [...path, 'to', 'name'], made);
    const host = machine?.plan.host;
    if (host !== undefined) checkHost(context, host, to.datastore, plan, [...path, 'to']);
  }
  const wanted = machine && findDisk(context, machine.plan, disk, [...path, 'disk']);
  if (wanted === undefined) return undefined;
  return {
    kind: 'restore',
    disk: wanted.index,
    ...(backup === undefined ? {} : { backup }),
    ...(to === undefined ? {} : { to }),
  };
}

function planClone(
  context: Context,
  text: NonNullable<OperationText['clone']>,
  { vms, datastores }: Operable,
  path: Path,
  made: Set<string>,
): Command | undefined {
  const { vm, disk, snapshot, to, name, kind } = text;
  const machine = context.find(vms, vm, [...path, 'vm'], 'VM');
  const datastore = context.find(datastores, to, [...path, 'to'], 'datastore');
  take(context, to, name, [...path, 'name'], made);
  if (machine === undefined || datastore === undefined) return undefined;
  if (!datastore.hosts.includes(machine.plan.host)) {
    context.report(
      [...path, 'to'],
      `${vm} runs on ${machine.plan.host}, which does not mount ${to}`,
      `${to} is mounted by ${datastore.hosts.join(', ')}`,
    );
  }
  const source = findDisk(context, machine.plan, disk, [...path, 'disk']);
  if (source === undefined) return undefined;
  return {
    kind: 'clone',
    disk: source.index,
    ...(snapshot === undefined ? {} : { snapshot }),
    datastore: to,
    name,
    ...(kind && { diskKind: kind }),
  };
}

function checkHost(
  context: Context,
  host: string,
  name: string,
  datastore: DatastorePlan | undefined,
  path: Path,
): void {
  if (datastore === undefined || datastore.hosts.includes(host)) return;
  const hint = `it is mounted by ${datastore.hosts.join(', ')}`;
  context.report(path, `${host} does not mount ${name}`, hint);
}

/** The name of a disk that an operation has made is free again. */
function giveUp(
  context: Context,
  datastore: string,
  name: string,
  path: Path,
  made: Set<string>,
): void {
  if (made.delete(`${datastore} ${name}`)) return;
  context.report(
    path,
    `no operation before has made a disk "${name}" on ${datastore}`,
    'only disks that "clone" or "create" have made can be deleted or renamed',
  );
}

function take(
  context: Context,
  datastore: string,
  name: string,
  path: Path,
  made: Set<string>,
): void {
  const key = `${datastore} ${name}`;
  if (made.has(key)) context.report(path, `there already is a disk "${name}" on ${datastore}`);
  made.add(key);
}
