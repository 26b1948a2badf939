import type { RestorePoint } from '../../src/engine/operations/backup/point.js';
import type { Command } from '../../src/engine/simulation/commands.js';
import type { Plan } from '../../src/engine/simulation/plan.js';
import { MS, SECOND } from '../simulation/support.js';
import { planOf, Work } from './work.js';

type Backup = Extract<Command, { kind: 'backup' }>;

/** A VM with a thin disk of 64 MiB, half of which it writes and verifies; two adapters, two LUNs. */
export function backupPlan(
  job: Record<string, unknown> = {},
  host: Record<string, unknown> = {},
): Plan {
  return planOf({
    array: { luns: [{ name: 'lun', count: 2, size: '4GiB', thin: true }] },
    host: { adapters: [{ driver: 'qlnativefc', count: 2 }], ...host },
    datastores: [
      { name: 'one', extents: 'array1/lun0' },
      { name: 'two', extents: 'array1/lun1' },
    ],
    job: {
      ...{ rw: 'randrw', rwmixread: 30, bs: '4k', iodepth: 2, size: '32MiB' },
      ...{ thinktime: '8ms', verify: true, ...job },
    },
  });
}

/** A run that notes what the disk holds on the LUN at the instant each of its snapshots is made. */
export class BackupWork extends Work {
  /** By name of the snapshot: a stamp for each 4 KiB. */
  readonly held = new Map<string, number[]>();

  constructor(plan: Plan) {
    super(plan);
    const { log } = this.simulation;
    const earlier = log.onEntry;
    log.onEntry = (entry) => {
      earlier?.(entry);
      // Every delta has been merged by then: the base is all of the disk, and at rest.
      if (entry.kind === 'vm.snapshot.created') {
        this.held.set(entry.what, this.stamps(this.source(), 'one'));
      }
    };
  }

  /** Makes a backup and waits for its end. */
  backup(options: Partial<Backup> = {}): void {
    this.simulation.command({
      kind: 'backup',
      vm: 'vm1',
      transport: 'nbd',
      mode: 'full',
      ...options,
    });
    this.settle();
  }

  /** Until no backup and no restore is under way; a minute at most. */
  settle(): void {
    const end = this.simulation.now + 60 * SECOND;
    while (this.simulation.backups.isBusy && this.simulation.now < end) {
      this.run(this.simulation.now + 20 * MS);
    }
  }

  /** What a backup gives back: a stamp for each 4 KiB. */
  restored(name?: string): number[] {
    return stampsOf(this.simulation.backups.restorePoint(0, name));
  }
}

export function stampsOf(point: RestorePoint): number[] {
  return Array.from({ length: point.sectors / 8 }, (_, index) => point.stampAt(index * 8));
}
