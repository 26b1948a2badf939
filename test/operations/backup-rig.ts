import type { RestorePoint } from '../../src/engine/operations/backup/point.js';
import type { Command } from '../../src/engine/plan/commands.js';
import type { Plan } from '../../src/engine/plan/plan.js';
import { MS, SECOND } from '../simulation/support.js';
import { planOf, Work } from './work.js';

type Backup = Extract<Command, { kind: 'backup' }>;

/** A VM with a thin disk of 64 MiB, half of which it writes and verifies; two adapters, two LUNs. */
export function backupPlan(host: Record<string, unknown> = {}, verify = true): Plan {
  return planOf({
    array: { luns: [{ name: 'lun', count: 2, size: '4GiB', thin: true }] },
    host: { adapters: [{ driver: 'qlnativefc', count: 2 }], ...host },
    datastores: [
      { name: 'one', extents: 'array1/lun0' },
      { name: 'two', extents: 'array1/lun1' },
    ],
    job: {
      ...{ rw: 'randrw', rwmixread: 30, bs: '4k', iodepth: 2, size: '32MiB' },
      ...{ thinktime: '8ms', verify },
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
      if (entry.kind !== 'vm.snapshot.created') return;
      this.held.set(entry.what, this.stamps(this.source(), 'one'));
    };
  }

  /**
   * Makes a backup and waits for its end.
   * @param during called once the snapshot is there and reading has begun
   */
  backup(options: Partial<Backup> = {}, during: () => void = () => {}): void {
    const about = { kind: 'backup', vm: 'vm1', transport: 'nbd', mode: 'full' } as const;
    const { held } = this;
    const before = held.size;
    this.simulation.command({ ...about, ...options });
    this.until(() => held.size > before);
    during();
    this.until(() => !this.simulation.backups.isBusy);
  }

  /** Runs on until this is so; five minutes at most. */
  until(done: () => boolean): void {
    const end = this.simulation.now + 300 * SECOND;
    while (!done() && this.simulation.now < end) this.run(this.simulation.now + 5 * MS);
  }

  wait(ns: number): void {
    this.run(this.simulation.now + ns);
  }

  /** Counters of one scope, summed over the entities whose names begin with a text. */
  counters(scope: string, field: string, name = ''): number {
    const { simulation } = this;
    const { values } = simulation.sample(false);
    return simulation.entities
      .filter((info) => info.scope === scope && info.name.startsWith(name))
      .reduce((sum, { base, fields }) => sum + (values[base + fields.indexOf(field)] ?? 0), 0);
  }
}

/** A stamp for each 4 KiB. */
export function stampsOf(point: RestorePoint): number[] {
  return Array.from({ length: point.sectors / 8 }, (_, index) => point.stampAt(index * 8));
}
