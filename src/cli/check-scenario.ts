import { formatDuration, formatSize } from '../engine/core/units.js';
import type { Plan } from '../engine/plan/plan.js';
import { formatTable } from '../output/table.js';
import { loadScenario } from '../scenario/load.js';

/** `vmtop check`. */
export async function checkScenario(scenario: string): Promise<void> {
  const plan = loadScenario(scenario);
  process.stdout.write(`${describePlan(plan)}\n`);
}

/** What a plan holds, a line per kind of thing. */
export function describePlan(plan: Plan): string {
  const disks = plan.vms.flatMap((vm) => vm.disks);
  const paths = plan.hosts.flatMap((host) => host.paths);
  const luns = plan.arrays.flatMap((array) => array.luns);
  const bytes = (sizes: readonly number[]): string =>
    formatSize(sizes.reduce((sum, size) => sum + size, 0));
  const rows: readonly (readonly [string, number, string])[] = [
    ['hosts', plan.hosts.length, plan.hosts.map(({ name }) => name).join(' ')],
    ['arrays', plan.arrays.length, plan.arrays.map(({ name }) => name).join(' ')],
    ['NFS servers', plan.nfsServers.length, plan.nfsServers.map(({ name }) => name).join(' ')],
    ['LUNs', luns.length, bytes(luns.map(({ sizeBytes }) => sizeBytes))],
    ['paths', paths.length, ''],
    ['datastores', plan.datastores.length, plan.datastores.map(({ name }) => name).join(' ')],
    ['VMs', plan.vms.length, plan.vms.map(({ name }) => name).join(' ')],
    ['virtual disks', disks.length, bytes(disks.map(({ sizeBytes }) => sizeBytes))],
    ['workloads', plan.jobs.length + plan.replays.length, ''],
    ['faults', plan.faults.length, unlike(plan.faults.map(({ fault }) => fault))],
    ['changes', plan.changes.length, unlike(plan.changes.map(({ command }) => command.kind))],
    ['expectations', plan.expectations.length, ''],
  ];
  const table = formatTable(rows, [
    { title: 'kind', align: 'left', text: ([kind]) => kind },
    { title: 'count', text: ([, count]) => String(count) },
    { title: '', align: 'left', text: ([, , detail]) => cut(detail) },
  ]);
  return `${plan.name}: ok (${formatDuration(plan.durationNs)}, seed ${plan.seed})\n${table}`;
}

function unlike(names: readonly string[]): string {
  return [...new Set(names)].join(' ');
}

function cut(text: string): string {
  return text.length > 70 ? `${text.slice(0, 67)}...` : text;
}
