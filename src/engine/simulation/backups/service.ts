import { InputError } from '../../core/errors.js';
import type { Sim } from '../../core/sim.js';
import type { ProxySite } from '../../faults/sites.js';
import { type BackupPoint, RestorePoint } from '../../operations/backup/point.js';
import type { Command } from '../../plan/commands.js';
import type { BuiltDisk } from '../build-vms.js';
import type { DiskOperations } from '../disk-operations.js';
import type { SnapshotService } from '../snapshots/service.js';
import type { Witness } from '../snapshots/snapshot.js';
import { BackupMeter } from './meter.js';
import { Restore } from './restore.js';
import { type BackedUp, BackupRun } from './run.js';
import { BackupTransports, type TransportParts } from './transports.js';

export interface BackupServiceParts extends TransportParts {
  readonly snapshots: SnapshotService;
  readonly operations: DiskOperations;
  /** Those of some of its disks. */
  readonly witnessOf: (vm: string, disks: readonly number[]) => Witness;
}

/** Backups of virtual disks, what they hold, and restores from them. */
export class BackupService {
  private readonly disks = new Map<number, BackedUp>();
  /** By VM what is under way. */
  private readonly running = new Map<string, BackupRun | Restore>();
  private readonly transports: BackupTransports;
  private number = 0;
  /** Snapshots of backups that are over. */
  private leftovers = 0;

  constructor(
    private readonly sim: Sim,
    private readonly parts: BackupServiceParts,
  ) {
    this.transports = new BackupTransports(sim, parts);
  }

  /** True while a backup or a restore is under way, or the snapshot of one has yet to go. */
  get isBusy(): boolean {
    return this.running.size > 0 || this.leftovers > 0;
  }

  /** A datastore has one more device. */
  extended(datastore: string): void {
    this.transports.extended(datastore);
  }

  /** Backups of a disk, oldest first. */
  pointsOf(disk: number): readonly BackupPoint[] {
    return this.disks.get(disk)?.points ?? [];
  }

  /** Numbers of the disks that have backups. */
  get backedUp(): readonly number[] {
    return [...this.disks].filter(([, { points }]) => points.length > 0).map(([index]) => index);
  }

  /**
   * A disk as it was at a backup, from the full one before it and all up to it.
   * @param name of the backup; the last one when left out
   * @throws InputError when there is no such backup
   */
  restorePoint(disk: number, name?: string): RestorePoint {
    const points = this.pointsOf(disk);
    const at = name === undefined ? points.length - 1 : points.findIndex((p) => p.name === name);
    if (at < 0) {
      const known = points.map((point) => point.name).join(', ') || 'none';
      throw InputError.of(
        'backup',
        `there is no backup ${name ?? ''} of disk ${disk}`,
        `known: ${known}`,
      );
    }
    const upTo = points.slice(0, at + 1);
    const full = upTo.map(({ mode }) => mode).lastIndexOf('full');
    return new RestorePoint(upTo.slice(full));
  }

  /** @throws InputError when there is no such VM or disk, or it cannot be read this way, or now */
  backup(command: Extract<Command, { kind: 'backup' }>, why: string): void {
    const { vm, transport, mode, quiesce = false } = command;
    this.requireIdle(vm);
    const all = [...this.parts.disks.values()].filter((disk) => disk.vm.name === vm);
    const wanted =
      command.disk === undefined
        ? all.filter(({ plan }) => plan.rawDevice === undefined)
        : all.filter(({ plan }) => plan.index === command.disk);
    if (wanted.length === 0) {
      throw InputError.of(`VM ${vm}`, 'has no such disk to back up', 'name a VM and a disk of it');
    }
    for (const built of wanted) this.transports.check(built, transport);
    const name = `backup-${this.number + 1}`;
    const numbers = wanted.map(({ plan }) => plan.index);
    const witness = this.parts.witnessOf(vm, numbers);
    const run = new BackupRun(this.sim, {
      name,
      vm,
      disks: wanted.map((built) => this.backedUpOf(built)),
      transport,
      mode,
      quiesce,
      snapshots: this.parts.snapshots,
      transports: this.transports,
      taken: () => witness.saved(witnessed(name)),
      dropped: () => witness.forgotten(witnessed(name)),
      ended: () => this.running.delete(vm),
      cleaning: (left) => {
        this.leftovers += left;
      },
    });
    this.running.set(vm, run);
    this.number++;
    try {
      run.begin(why);
    } catch (error) {
      this.running.delete(vm);
      throw error;
    }
  }

  /** Of a restore too. @throws InputError when none is under way, or it is over but for its snapshot */
  cancel(vm: string, why: string): void {
    const run = this.running.get(vm);
    if (run === undefined)
      throw InputError.of(`VM ${vm}`, 'no backup of it is under way, and no restore');
    run.cancel(why);
  }

  /** What the backups of each host's machines need, by host. */
  get sites(): ReadonlyMap<string, ProxySite> {
    const { transports } = this;
    return new Map(
      [...this.parts.hosts.keys()].map((host) => [
        host,
        {
          setProxy: (up) => transports.setProxy(host, up),
          setNetwork: (up) => transports.setNetwork(host, up),
        },
      ]),
    );
  }

  /** @throws InputError when there is no such backup, the VM is not off, or the new disk cannot be made */
  restore(command: Extract<Command, { kind: 'restore' }>, why: string): void {
    const { disk, backup, to } = command;
    const known = this.disks.get(disk);
    const point = this.restorePoint(disk, backup);
    const { built, meter } = known as BackedUp;
    const { name: vm, host } = built.vm;
    this.requireIdle(vm);
    const { name } = point.points.at(-1) as BackupPoint;
    const { operations, moverOf, snapshots, fileSystems } = this.parts;
    const restore = new Restore(this.sim, { point, name, built, meter, mover: moverOf(host) }, () =>
      this.running.delete(vm),
    );
    if (to !== undefined) {
      const made = operations.makeFor(host, to, {
        sizeBytes: point.sectors * 512,
        kind: built.backing.kind,
      });
      restore.toNew(made, why);
    } else {
      if (built.vm.state !== 'off') {
        throw InputError.of(vm, 'a disk is restored in place only while it is off', 'power it off');
      }
      if (snapshots.hasDeltas(disk)) {
        throw InputError.of(vm, 'has snapshots', 'delete them first, or restore to a new disk');
      }
      const systems = fileSystems.get(host)!;
      const witness = this.parts.witnessOf(vm, [disk]);
      restore.inPlace(systems, why, (whole) => {
        if (whole) witness.restored(witnessed(name));
        else witness.mixed(witnessed(name));
      });
    }
    this.running.set(vm, restore);
  }

  private requireIdle(vm: string): void {
    if (!this.running.has(vm)) return;
    throw InputError.of(vm, 'a backup or restore of it is under way', 'wait until it is done');
  }

  private backedUpOf(built: BuiltDisk): BackedUp {
    const { plan, vm } = built;
    const known = this.disks.get(plan.index);
    if (known !== undefined) return known;
    const name = `${vm.name}:${plan.name}`;
    const network = this.transports.network(vm.host);
    const meter = new BackupMeter(this.sim, name, vm.name, vm.host, network);
    const made = { built, points: [], meter };
    this.disks.set(plan.index, made);
    return made;
  }
}

/** What guests that verify remember a backup by; its snapshot of the same name is forgotten. */
export function witnessed(name: string): string {
  return `${name} kept`;
}
