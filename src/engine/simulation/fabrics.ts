import type { ArrayPlan, HostPlan } from '../plan/plan.js';

/** An adapter of a host that a switch connects. */
export interface FabricEnd {
  readonly host: string;
  readonly adapter: string;
}

/**
 * The fabrics of a plan by name: as administrators cable two switches, the first, third, ... adapter
 * of a transport in each host goes to A, the others to B. Disks inside a host need no switch.
 */
export function fabricsOf(
  hosts: readonly HostPlan[],
  arrays: readonly Pick<ArrayPlan, 'name' | 'kind'>[],
): ReadonlyMap<string, readonly FabricEnd[]> {
  const shared = new Set(arrays.filter(({ kind }) => kind === 'array').map(({ name }) => name));
  const fabrics = new Map<string, FabricEnd[]>();
  for (const host of hosts) {
    const seen = new Map<string, number>();
    for (const { name, transport } of host.adapters) {
      const isCabled = host.paths.some(
        ({ adapter, array }) => adapter === name && shared.has(array),
      );
      if (!isCabled) continue;
      const number = seen.get(transport) ?? 0;
      seen.set(transport, number + 1);
      const fabric = `${transport}-${number % 2 === 0 ? 'A' : 'B'}`;
      const ends = fabrics.get(fabric) ?? [];
      ends.push({ host: host.name, adapter: name });
      fabrics.set(fabric, ends);
    }
  }
  return fabrics;
}
