import type { Command } from '../../engine/plan/commands.js';
import type { OperationText } from '../schema.js';
import type { Path } from '../source.js';
import type { Context } from './context.js';
import { findDisk } from './jobs.js';
import type { Operable } from './operations.js';

/** What may be done to a disk of a VM, as scenarios say it. */
export const DISK_CHANGES = ['inflate', 'punchZero', 'extend', 'rename', 'migrate'] as const;

type Kind = (typeof DISK_CHANGES)[number];

/** Whether the disk can be changed so shows when its time comes: an operation may fail. */
export function planDiskChange(
  context: Context,
  text: OperationText,
  kind: Kind,
  { vms, datastores }: Operable,
  path: Path,
): Command | undefined {
  const { vm, disk } = text[kind] as NonNullable<OperationText[Kind]>;
  const machine = context.find(vms, vm, [...path, kind, 'vm'], 'VM');
  if (machine === undefined) return undefined;
  const found = findDisk(context, machine.plan, disk, [...path, kind, 'disk']);
  if (found === undefined) return undefined;
  const about = { kind: 'alterDisk', disk: found.index } as const;
  if (text.extend !== undefined) {
    return { ...about, action: 'extend', sizeBytes: text.extend.size };
  }
  if (text.rename !== undefined) return { ...about, action: 'rename', name: text.rename.name };
  if (text.migrate === undefined) return { ...about, action: kind as 'inflate' | 'punchZero' };
  const { to, kind: diskKind } = text.migrate;
  const at = [...path, 'migrate', 'to'];
  const target = context.find(datastores, to, at, 'datastore');
  const { host } = machine.plan;
  if (target !== undefined && !target.hosts.includes(host)) {
    const hint = `${to} is mounted by ${target.hosts.join(', ')}`;
    context.report(at, `${vm} runs on ${host}, which does not mount ${to}`, hint);
  }
  return { ...about, action: 'migrate', datastore: to, ...(diskKind && { diskKind }) };
}
