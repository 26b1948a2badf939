import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
import { formatDuration } from '../core/units.js';
import type { Command } from '../plan/commands.js';
import type { BackupService } from './backups/service.js';
import type { DatastoreAdmin } from './datastore-admin.js';
import type { DiskChanges } from './disk-changes.js';
import type { DiskClones } from './disk-clones.js';
import type { DiskOperations } from './disk-operations.js';
import type { DiskQos } from './disk-qos.js';
import type { FaultController } from './fault-controller.js';
import type { Guests } from './guests.js';
import type { Machines } from './machines.js';
import type { SnapshotService } from './snapshots/service.js';
import type { StorageAdmin } from './storage-admin.js';
import type { VolumeAdmin } from './volume-admin.js';
import type { VolumeCopies } from './volume-copies.js';

type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>;
type Handlers = { readonly [K in Command['kind']]: (command: CommandOf<K>, why: string) => void };

/** Who does what commands ask for. */
export interface OperatorParts {
  readonly backups: BackupService;
  readonly changes: DiskChanges;
  readonly clones: DiskClones;
  readonly copies: VolumeCopies;
  readonly faults: FaultController;
  readonly guests: Guests;
  readonly machines: Machines;
  readonly operations: DiskOperations;
  readonly qos: DiskQos;
  readonly snapshots: SnapshotService;
  readonly storage: StorageAdmin;
  readonly stores: DatastoreAdmin;
  readonly volumes: VolumeAdmin;
}

/** Carries commands out: a kind of command is one line here. */
export class Operator {
  private readonly handlers: Handlers;

  constructor(
    private readonly sim: Sim,
    private readonly parts: OperatorParts,
  ) {
    const { backups, changes, clones, faults, machines, operations, qos, snapshots } = parts;
    const { copies, storage, stores, volumes } = parts;
    this.handlers = {
      inject: (command, why) => this.inject(command, why),
      heal: ({ id }, why) => void faults.heal(id, why),
      qos: (command, why) => qos.change(command.disk, command.qos, why),
      pace: (command, why) => this.changePace(command, why),
      depth: (command, why) => this.changeDepth(command, why),
      answer: (command) => machines.answer(command),
      power: (command, why) => machines.power(command, why),
      path: ({ host, path, state }) => storage.setPath(host, path, state),
      rank: ({ host, path, rank }) => storage.setPathRank(host, path, rank),
      device: ({ host, device, state }) => storage.setDevice(host, device, state),
      perennial: ({ host, device, state }) => storage.setPerennial(host, device, state === 'on'),
      clone: (command, why) => clones.clone(command, why),
      alterDisk: (command, why) => changes.apply(command, why),
      cancelDisk: ({ disk }) => this.cancel(disk),
      renameDisk: (command, why) => operations.rename(command, why),
      createDisk: (command, why) => operations.create(command, why),
      deleteDisk: (command, why) => operations.delete(command, why),
      reclaim: (command, why) => operations.reclaim(command, why),
      mount: (command, why) => stores.apply(command, why),
      refresh: (command, why) => stores.apply(command, why),
      takeOver: (command, why) => stores.apply(command, why),
      growLun: (command, why) => volumes.growLun(command, why),
      growDatastore: (command, why) => volumes.growDatastore(command, why),
      extendDatastore: (command, why) => volumes.extendDatastore(command, why),
      presentSnapshot: (command, why) => copies.present(command, why),
      mountCopy: (command, why) => copies.forceMount(command, why),
      resignature: (command, why) => copies.resignature(command, why),
      'lun-snapshot': (command, why) => storage.snapshotLun(command, why),
      snapshot: (command, why) => snapshots.command(command, why),
      track: (command, why) => snapshots.command(command, why),
      backup: (command, why) => backups.backup(command, why),
      cancelBackup: ({ vm }, why) => backups.cancel(vm, why),
      restore: (command, why) => backups.restore(command, why),
      rescan: ({ host }) => storage.rescan(host),
    };
  }

  /** @throws InputError when it or what it names does not exist, or is not possible now */
  apply<K extends Command['kind']>(command: CommandOf<K>, why: string): void {
    // Programs in plain JavaScript may ask for anything.
    if (!Object.hasOwn(this.handlers, command.kind)) {
      const hint = `one of ${Object.keys(this.handlers).join(', ')}`;
      throw InputError.of(`command ${JSON.stringify(command.kind)}`, 'is not known', hint);
    }
    const handle = this.handlers[command.kind as K] as (command: CommandOf<K>, why: string) => void;
    handle(command, why);
  }

  /** What was planned may have become impossible: a disk to delete that could never be made. */
  applyPlanned(command: Command): void {
    try {
      this.apply(command, 'timeline');
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const [{ place, message }] = error.problems;
      this.sim.log.note('command.refused', place, message, `${command.kind}, timeline`);
    }
  }

  private cancel(disk: number): void {
    const { clones, changes } = this.parts;
    const why = 'it was given up';
    if (clones.cancel(disk, why) || changes.cancel(disk, why)) return;
    throw InputError.of(`disk ${disk}`, 'is neither cloned nor migrated', 'nothing is under way');
  }

  private inject({ fault, target, params }: CommandOf<'inject'>, why: string): void {
    const { faults } = this.parts;
    const refusal = faults.refusal(fault, target);
    if (refusal !== undefined) throw InputError.of(`fault ${fault}`, `${target}: ${refusal}`);
    faults.inject(fault, target, params, why);
  }

  private changePace({ job, pace }: CommandOf<'pace'>, why: string): void {
    this.parts.guests.setPace(job, pace);
    const { iodepth, thinkNs, rateIops } = pace;
    const what = [
      ...(iodepth === undefined ? [] : [`${iodepth} in flight`]),
      ...(thinkNs === undefined ? [] : [`thinks ${formatDuration(thinkNs)}`]),
      ...(rateIops === undefined ? [] : [`${rateIops} per second`]),
    ];
    this.sim.log.note('job.pace', job, what.join(', '), why);
  }

  private changeDepth({ host, device, dqlen, dsnro }: CommandOf<'depth'>, why: string): void {
    this.parts.storage.setDepth(host, device, dqlen, dsnro);
    const what = [
      ...(dqlen === undefined ? [] : [`queue depth is ${dqlen}`]),
      ...(dsnro === undefined ? [] : [`${dsnro} with competing worlds`]),
    ];
    this.sim.log.note('device.depth', `${host} ${device}`, what.join(', '), why);
  }
}
