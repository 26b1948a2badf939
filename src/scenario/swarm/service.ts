import type { Draw } from '../../engine/simulation/swarm/draw.js';

type Text = Readonly<Record<string, unknown>>;

/** The parts of a drawn system that quality of service has a say in. */
export interface Served {
  readonly arrays: readonly Text[];
  readonly hosts: readonly Text[];
  readonly datastores: readonly Text[];
  readonly vms: readonly Text[];
}

const POLICIES = ['Low', 'Normal', 'High', 'capped'];

/**
 * Draws who schedules, and how, on top of a system. It has a stream of draws of its own, so that the
 * rest of a seed's system stays what it was.
 */
export function drawService(draw: Draw, { arrays, hosts, datastores, vms }: Served): Text {
  const settings = drawSettings(draw);
  return {
    arrays: arrays.map((array) =>
      draw.chance(0.15) ? { ...array, kind: 'scale-out', cache: '0B' } : array,
    ),
    hosts: hosts.map((host) => ({
      ...host,
      settings: { ...(host['settings'] as Text), ...settings },
    })),
    datastores: datastores.map((datastore) => {
      if (!draw.chance(0.2)) return datastore;
      const threshold = draw.one(['5ms', '30ms', '100ms']);
      return { ...datastore, sioc: { threshold, statisticsOnly: draw.chance(0.2) } };
    }),
    policies: [{ name: 'capped', shares: 2000, limit: 800 }],
    vms: vms.map((vm) => ({
      ...vm,
      disks: (vm['disks'] as readonly Text[]).map((disk) =>
        draw.chance(0.15) ? { ...disk, policy: draw.one(POLICIES) } : disk,
      ),
    })),
  };
}

function drawSettings(draw: Draw): Record<string, number> {
  const settings: Record<string, number> = {};
  const maybe = (chance: number, name: string, values: readonly number[]): void => {
    if (draw.chance(chance)) settings[name] = draw.one(values);
  };
  maybe(0.15, 'Disk.SchedulerWithReservation', [0]);
  maybe(0.1, 'Vmtop.FifoScheduler', [1]);
  maybe(0.15, 'isPerFileSchedModelActive', [0]);
  maybe(0.15, 'Vmtop.WorldQueueDepth', [1, 4]);
  maybe(0.1, 'Disk.IdleCredit', [1, 512]);
  maybe(0.3, 'Vmtop.SIOControlPeriod', [1000, 2000]);
  return settings;
}
