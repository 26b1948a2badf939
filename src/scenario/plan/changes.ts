import type { Command } from '../../engine/plan/commands.js';
import type { ChangePlan, HostPlan, JobPlan, Pace, Qos } from '../../engine/plan/plan.js';
import type { ChangeText, Scenario } from '../schema.js';
import type { Path } from '../source.js';
import { suggest } from '../suggest.js';
import type { LunPlace } from './arrays.js';
import type { Context } from './context.js';
import { findDisk } from './jobs.js';
import { checkTime, selectVms } from './timeline.js';
import type { PlannedVm } from './vms.js';

/** What changes may name. */
export interface Changeable {
  readonly vms: ReadonlyMap<string, PlannedVm>;
  readonly jobs: readonly JobPlan[];
  readonly hosts: ReadonlyMap<string, HostPlan>;
  readonly luns: ReadonlyMap<string, LunPlace>;
}

/** What an administrator, or the guests' users, change while the run goes on; in order of time. */
export function planChanges(
  context: Context,
  scenario: Scenario,
  around: Changeable,
): ChangePlan[] {
  const plans: (ChangePlan & { readonly path: Path })[] = [];
  for (const [index, text] of scenario.changes.entries()) {
    const path: Path = ['changes', index];
    checkTime(context, text.at, scenario.duration, [...path, 'at']);
    const commands = [
      ...disksOf(context, text, around, path),
      ...pacesOf(context, text, around, path),
      ...depthsOf(context, text, around, path),
      ...lunsOf(context, text, around, path),
    ];
    plans.push(...commands.map((command) => ({ atNs: text.at, command, path })));
    if (!says(text, [...QOS_KEYS, ...PACE_KEYS, ...DEPTH_KEYS, ...LUN_KEYS])) {
      context.report(
        path,
        'changes nothing',
        `give one of ${[...QOS_KEYS, ...PACE_KEYS].join(', ')} with "vm", ${DEPTH_KEYS.join(', ')} with "device", or ${LUN_KEYS.join(', ')} with "lun"`,
      );
    }
  }
  plans.sort((a, b) => a.atNs - b.atNs);
  return plans.map(({ atNs, command }) => ({ atNs, command }));
}

const QOS_KEYS = ['shares', 'reservation', 'limit'] as const;
const PACE_KEYS = ['iodepth', 'thinktime', 'rate_iops'] as const;
const DEPTH_KEYS = ['queueDepth', 'schedNumReqOutstanding', 'perennial'] as const;

const LUN_KEYS = ['createSnapshot', 'deleteSnapshot', 'growTo'] as const;

const says = (text: ChangeText, keys: readonly (keyof ChangeText)[]): boolean =>
  keys.some((key) => text[key] !== undefined);

/** VMs the entry names; that it has to name some is reported once. */
function vmsOf(context: Context, text: ChangeText, { vms }: Changeable, path: Path): PlannedVm[] {
  if (text.vm === undefined) {
    context.report(path, 'says not of which VM', 'give "vm": a name, or a pattern with *');
    return [];
  }
  const found = text.vm.flatMap((wanted) => selectVms(context, wanted, vms, [...path, 'vm']));
  return [...new Set(found)];
}

/** Indices of the VM's disks the entry is about. */
function indicesOf(context: Context, text: ChangeText, { plan }: PlannedVm, path: Path): number[] {
  if (text.disk === undefined) return plan.disks.map(({ index }) => index);
  return text.disk.flatMap((wanted) => {
    const disk = findDisk(context, plan, wanted, [...path, 'disk']);
    return disk === undefined ? [] : [disk.index];
  });
}

function disksOf(context: Context, text: ChangeText, around: Changeable, path: Path): Command[] {
  if (!says(text, QOS_KEYS)) return [];
  const { shares, reservation, limit } = text;
  const qos: Partial<Qos> = {
    ...(shares === undefined ? {} : { shares }),
    ...(reservation === undefined ? {} : { reservation }),
    ...(limit === undefined ? {} : { limit }),
  };
  return vmsOf(context, text, around, path).flatMap((vm) =>
    indicesOf(context, text, vm, path).map((disk): Command => ({ kind: 'qos', disk, qos })),
  );
}

function pacesOf(context: Context, text: ChangeText, around: Changeable, path: Path): Command[] {
  if (!says(text, PACE_KEYS)) {
    if (text.job !== undefined) {
      context.report([...path, 'job'], 'has no new pace', `give one of ${PACE_KEYS.join(', ')}`);
    }
    return [];
  }
  const { iodepth, thinktime, rate_iops } = text;
  const pace: Pace = {
    ...(iodepth === undefined ? {} : { iodepth }),
    ...(thinktime === undefined ? {} : { thinkNs: thinktime }),
    ...(rate_iops === undefined ? {} : { rateIops: rate_iops }),
  };
  return vmsOf(context, text, around, path).flatMap((vm) =>
    jobsOf(context, text, vm, around, path).map((job): Command => {
      checkKind(context, text, job, path);
      return { kind: 'pace', job: job.name, pace };
    }),
  );
}

function jobsOf(
  context: Context,
  text: ChangeText,
  vm: PlannedVm,
  around: Changeable,
  path: Path,
): JobPlan[] {
  const disks = indicesOf(context, text, vm, path);
  const own = around.jobs.filter((job) => job.vm === vm.name && disks.includes(job.disk));
  const short = ({ name }: JobPlan): string => name.slice(vm.name.length + 1);
  if (text.job === undefined) {
    if (own.length === 0) context.report(path, `${vm.name} has no job there to change`);
    return own;
  }
  return text.job.flatMap((wanted) => {
    const found = own.filter((job) => short(job) === wanted || job.name === wanted);
    if (found.length > 0) return found;
    const known = own.map(short);
    context.report(
      [...path, 'job'],
      `${vm.name} has no job "${wanted}" there`,
      suggest(wanted, known),
    );
    return [];
  });
}

/** Closed loops have a depth, open ones a rate; bursts have neither. */
function checkKind(context: Context, text: ChangeText, job: JobPlan, path: Path): void {
  if (job.burst !== undefined) {
    context.report(path, `${job.name} comes in bursts, which do not change`);
  } else if (job.rateIops > 0 && (text.iodepth !== undefined || text.thinktime !== undefined)) {
    context.report(path, `${job.name} comes at a rate`, 'change its rate_iops');
  } else if (job.rateIops === 0 && text.rate_iops !== undefined) {
    const hint = 'change its iodepth or thinktime, or give the job a rate_iops';
    context.report([...path, 'rate_iops'], `${job.name} keeps commands in flight`, hint);
  }
}

function lunsOf(context: Context, text: ChangeText, { luns }: Changeable, path: Path) {
  const { lun, createSnapshot, deleteSnapshot, growTo } = text;
  if (!says(text, LUN_KEYS)) {
    const hint = `give ${LUN_KEYS.join(' or ')}`;
    if (lun !== undefined) context.report([...path, 'lun'], 'nothing of it changes', hint);
    return [];
  }
  if (lun === undefined) {
    context.report(path, 'says not of which LUN', 'give "lun": array/lun');
    return [];
  }
  const commands: Command[] = [];
  for (const wanted of lun) {
    context.find(luns, wanted, [...path, 'lun'], 'LUN');
    const about = { kind: 'lun-snapshot', lun: wanted } as const;
    if (deleteSnapshot) commands.push({ ...about, action: 'delete', snapshot: deleteSnapshot });
    if (createSnapshot) commands.push({ ...about, action: 'create', snapshot: createSnapshot });
    if (growTo) commands.push({ kind: 'growLun', lun: wanted, sizeBytes: growTo });
  }
  return commands;
}

function depthsOf(context: Context, text: ChangeText, around: Changeable, path: Path): Command[] {
  const { queueDepth, schedNumReqOutstanding, perennial, device, host } = text;
  if (!says(text, DEPTH_KEYS)) {
    const stray = device !== undefined ? 'device' : host !== undefined ? 'host' : undefined;
    if (stray !== undefined)
      context.report([...path, stray], 'nothing of it changes', `give ${DEPTH_KEYS.join(' or ')}`);
    return [];
  }
  if (device === undefined) {
    context.report(path, 'says not of which device', 'give "device": a LUN');
    return [];
  }
  const depths = {
    ...(queueDepth === undefined ? {} : { dqlen: queueDepth }),
    ...(schedNumReqOutstanding === undefined ? {} : { dsnro: schedNumReqOutstanding }),
  };
  const commandsFor = (about: { readonly host: string; readonly device: string }): Command[] => [
    ...(Object.keys(depths).length === 0 ? [] : [{ kind: 'depth', ...about, ...depths } as const]),
    ...(perennial === undefined
      ? []
      : [{ kind: 'perennial', ...about, state: perennial ? 'on' : 'off' } as const]),
  ];
  const names = host ?? [...around.hosts.keys()];
  for (const wanted of host ?? []) context.find(around.hosts, wanted, [...path, 'host'], 'host');
  return device.flatMap((wanted) => {
    const luns = [...around.luns].filter(
      ([full, { lun }]) => full === wanted || lun.name === wanted || lun.uid === wanted,
    );
    const found = luns.flatMap(([, { lun }]) =>
      names
        .filter((name) => around.hosts.get(name)?.paths.some((own) => own.lun === lun.uid))
        .flatMap((name) => commandsFor({ host: name, device: lun.uid })),
    );
    if (found.length === 0) {
      const known = [...around.luns.keys()];
      context.report([...path, 'device'], `no host sees a "${wanted}"`, suggest(wanted, known));
    }
    return found;
  });
}
