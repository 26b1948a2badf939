import type { Command } from '../../engine/plan/commands.js';
import type { ChangePlan, DiskPlan } from '../../engine/plan/plan.js';
import type { Scenario } from '../schema.js';
import type { Path } from '../source.js';
import type { Context } from './context.js';
import { findDisk } from './jobs.js';
import type { Operable } from './operations.js';
import { checkTime } from './timeline.js';

/** Backups of one entry at most. */
const BACKUPS_MAX = 1000;

/** Every backup the schedules of a scenario ask for within its run. */
export function planBackups(
  context: Context,
  { backups, duration }: Scenario,
  { vms, datastores }: Operable,
): ChangePlan[] {
  return backups.flatMap((text, index) => {
    const path: Path = ['backups', index];
    const { vm, disk, transport, at, every, fullEvery, quiesce } = text;
    checkTime(context, at, duration, [...path, 'at']);
    for (const key of ['fullEvery', 'count'] as const) {
      if (text[key] === undefined || every !== undefined) continue;
      context.report([...path, key], 'is for backups that are repeated', 'give "every"');
    }
    const machine = context.find(vms, vm, [...path, 'vm'], 'VM');
    if (machine === undefined) return [];
    const one =
      disk === undefined ? [] : [findDisk(context, machine.plan, disk, [...path, 'disk'])];
    const read = disk === undefined ? machine.plan.disks : one.flatMap((found) => found ?? []);
    if (read.length === 0) return [];
    if (disk === undefined && read.every(({ rawDevice }) => rawDevice !== undefined)) {
      context.report([...path, 'vm'], 'has no disk that can be backed up', 'raw devices cannot');
    }
    for (const { name, datastore } of transport === 'san' ? read : []) {
      if (datastores.get(datastore)?.type !== 'nfs') continue;
      const hint = 'use hotadd, nbd or nbdssl';
      context.report([...path, 'transport'], `${vm}:${name} lies on NFS, san reads VMFS`, hint);
    }
    const fitting = every === undefined ? 1 : Math.floor((duration - at) / every) + 1;
    const count = Math.min(text.count ?? fitting, fitting);
    if (count > BACKUPS_MAX) {
      context.report([...path, 'every'], `${count} backups, at most ${BACKUPS_MAX}`);
      return [];
    }
    return Array.from({ length: Math.max(0, count) }, (_, number): ChangePlan => {
      const isFull = number % (fullEvery ?? BACKUPS_MAX) === 0;
      const command: Command = {
        kind: 'backup',
        vm,
        ...(disk === undefined ? {} : { disk: (read[0] as DiskPlan).index }),
        transport,
        mode: isFull ? 'full' : 'incremental',
        ...(quiesce ? { quiesce } : {}),
      };
      return { atNs: at + number * (every ?? 0), command };
    });
  });
}
