import { InputError } from '../../core/errors.js';
import type { Sim } from '../../core/sim.js';
import { formatDuration, formatSize } from '../../core/units.js';
import { type BackupMode, BackupPoint } from '../../operations/backup/point.js';
import { ReadJob } from '../../operations/backup/read-job.js';
import { TRANSPORT } from '../../operations/backup/transport.js';
import type { BackupTransport } from '../../plan/commands.js';
import type { DiskArea } from '../../stack/vmfiles/change-tracker.js';
import type { BuiltDisk } from '../build-vms.js';
import type { SnapshotService } from '../snapshots/service.js';
import type { BackupMeter, Phase, Result } from './meter.js';
import type { BackupTransports } from './transports.js';

/** Pause between two attempts to begin deleting the snapshot while that is not possible (model). */
const LOOK_NS = 1e9;
/** Pause before a snapshot that could not be deleted is tried again (model). */
const REMOVE_NS = 5_000_000_000;

const CANCELLED = 'it was cancelled';

/** A disk that is backed up: what there is of it, and its figures. */
export interface BackedUp {
  readonly built: BuiltDisk;
  readonly points: BackupPoint[];
  readonly meter: BackupMeter;
}

export interface BackupRunParts {
  readonly name: string;
  readonly vm: string;
  readonly disks: readonly BackedUp[];
  readonly transport: BackupTransport;
  readonly mode: BackupMode;
  readonly quiesce: boolean;
  readonly snapshots: SnapshotService;
  readonly transports: BackupTransports;
  /** The snapshot is there: what the disks hold now is what will be backed up. */
  readonly taken: () => void;
  /** It has come to nothing. */
  readonly dropped: () => void;
  readonly ended: () => void;
  /** It is over, and its snapshot has yet to go (1), or is gone (-1). */
  readonly cleaning: (left: 1 | -1) => void;
}

/**
 * One backup of a VM (VADP): a snapshot, its disks read one after the other, the snapshot deleted.
 * All of its disks have a backup, or none: when a read fails for good, or it is cancelled, what was
 * read counts for nothing, and the next one asks for changes since the last good one. The snapshot
 * goes all the same.
 */
export class BackupRun {
  private beganAt = 0;
  private readonly made: BackupPoint[] = [];
  private reading: ReadJob | undefined;
  private phase: Phase = '';
  /** Who ended it. */
  private cancelledBy: string | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly parts: BackupRunParts,
  ) {}

  /** @throws InputError when the VM's host is dead, or another operation on its snapshots is under way */
  begin(why: string): void {
    const { snapshots, name, vm, mode, transport, disks, quiesce, transports } = this.parts;
    this.beganAt = this.sim.now;
    const action = { action: 'create', snapshot: name, quiesce } as const;
    for (const { built } of disks) {
      const reason = transports.unmanaged(built) ?? transports.trouble(built, transport);
      if (reason !== undefined) throw InputError.of(vm, reason, 'wait until it is back');
    }
    const task = snapshots.taskOf(vm);
    if (task !== undefined)
      throw InputError.of(vm, `${task} is under way`, 'wait until it is done');
    const what = `${mode}, ${transport}, ${disks.length} ${disks.length === 1 ? 'disk' : 'disks'}${quiesce ? ', quiesced' : ''}`;
    this.sim.log.note('backup.begin', vm, `${name}: ${what}`, why);
    this.enter('snapshot');
    for (const { built } of disks) {
      const command = { kind: 'track', disk: built.plan.index, state: 'on' } as const;
      snapshots.command(command, `backup ${name}`);
    }
    try {
      snapshots.apply(vm, action, `backup ${name}`, (problem) => this.snapshotted(problem));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.fail(`no snapshot: ${error.problems[0].message}`);
    }
  }

  /** @throws InputError when all has been read */
  cancel(why: string): void {
    const { vm, name } = this.parts;
    if (this.phase === 'deleting') {
      throw InputError.of(vm, `${name} is over, its snapshot is being deleted`);
    }
    if (this.cancelledBy !== undefined) throw InputError.of(vm, `${name} is being cancelled`);
    this.cancelledBy = why;
    this.enter('stopping');
    this.reading?.stop(CANCELLED);
  }

  private snapshotted(problem: string | undefined): void {
    if (problem !== undefined) {
      this.fail(`no snapshot: ${problem}`);
      return;
    }
    this.parts.snapshots.hold(this.parts.vm, `backup ${this.parts.name}`);
    this.parts.taken();
    if (this.cancelledBy === undefined) this.readDisk(0);
    else this.removeSnapshot(CANCELLED);
  }

  private readDisk(position: number): void {
    const { disks, transports, transport } = this.parts;
    const disk = disks[position];
    if (disk === undefined) {
      for (const [index, { points, meter }] of disks.entries()) {
        points.push(this.made[index]);
        meter.points = points.length;
      }
      this.removeSnapshot(undefined);
      return;
    }
    const { built, meter } = disk;
    const point = this.pointOf(disk);
    const { readBytes, parallel } = TRANSPORT[transport];
    const { world, lower, setLinks } = transports.wayOf(built, transport);
    const links = this.parts.snapshots.linksOf(built.plan.index, this.parts.name);
    setLinks(links);
    const trouble = (): string | undefined => transports.trouble(built, transport);
    this.enter('waiting');
    meter.phase = 'reading';
    meter.toReadBlocks = point.areaBytes / 512;
    this.reading = new ReadJob(
      this.sim,
      { world, lower, point, links, readBytes, parallel, trouble },
      (problem) => {
        this.reading = undefined;
        meter.stopReading();
        if (problem !== undefined) {
          this.removeSnapshot(`${built.vm.name}:${built.plan.name}: ${problem}`);
          return;
        }
        this.made.push(point);
        this.readDisk(position + 1);
      },
    );
    meter.reading = this.reading;
  }

  /** What is to be read of a disk: what has changed since its last backup, or all it holds. */
  private pointOf({ built, points }: BackedUp): BackupPoint {
    const { snapshots, name } = this.parts;
    const { index } = built.plan;
    const last = points.at(-1);
    let { mode } = this.parts;
    let areas: readonly DiskArea[] = [];
    if (mode === 'incremental') {
      try {
        if (last === undefined) throw InputError.of('', 'there is no backup before it');
        areas = snapshots.changedAreas(index, last.changeId, name);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        mode = 'full';
        const title = `${built.vm.name}:${built.plan.name}`;
        const what = `${name} reads all of the disk`;
        this.sim.log.note('backup.full', title, what, error.problems[0].message);
      }
    }
    if (mode === 'full') areas = snapshots.changedAreas(index, '*', name);
    const id = snapshots.changeIdOf(index, name);
    const { sizeBlocks } = built.backing.file;
    const granule = built.backing.tracker?.granuleBlocks as number;
    return new BackupPoint(name, mode, this.sim.now, id, areas, sizeBlocks, granule);
  }

  private removeSnapshot(problem: string | undefined): void {
    const { snapshots, vm, name } = this.parts;
    this.enter('deleting');
    const end = (unmerged: string | undefined): void => {
      if (this.isListed()) {
        this.parts.cleaning(1);
        this.removeLater();
      }
      if (problem !== undefined) this.fail(problem);
      else this.succeed(unmerged);
    };
    snapshots.hold(vm, undefined);
    if (this.unmanaged !== undefined) {
      end(this.unmanaged);
      return;
    }
    const action = { action: 'delete', snapshot: name } as const;
    try {
      snapshots.apply(vm, action, `backup ${name}`, end);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.sim.timers.delay(LOOK_NS, () => this.removeSnapshot(problem));
    }
  }

  /** Why nobody can change the snapshots of the machine now. */
  private get unmanaged(): string | undefined {
    const { disks, transports } = this.parts;
    return disks.map(({ built }) => transports.unmanaged(built)).find(Boolean);
  }

  private isListed(): boolean {
    const { snapshots, vm, name } = this.parts;
    return snapshots.list(vm).some((snapshot) => snapshot.name === name);
  }

  /** Its host, or the device that holds the list of snapshots, is away: the backup is over, the snapshot is not. */
  private removeLater(): void {
    const { snapshots, vm, name } = this.parts;
    this.sim.timers.delay(REMOVE_NS, () => {
      if (!this.isListed()) {
        this.parts.cleaning(-1);
        return;
      }
      if (this.unmanaged !== undefined) {
        this.removeLater();
        return;
      }
      const action = { action: 'delete', snapshot: name } as const;
      try {
        snapshots.apply(vm, action, `backup ${name}`, () => {
          if (this.isListed()) this.removeLater();
          else this.parts.cleaning(-1);
        });
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        this.removeLater();
      }
    });
  }

  private succeed(unmerged: string | undefined): void {
    const { vm, name } = this.parts;
    const span = formatDuration(this.sim.now - this.beganAt);
    const left = unmerged === undefined ? '' : `; its snapshot is not merged: ${unmerged}`;
    const readBytes = this.made.reduce((sum, point) => sum + point.readBytes, 0);
    const what = `${name}: ${formatSize(readBytes)} read`;
    this.end('good');
    this.sim.log.note('backup.end', vm, what, `took ${span}${left}`);
    this.parts.ended();
  }

  private fail(problem: string): void {
    const { vm, name, dropped, ended } = this.parts;
    const { log, now } = this.sim;
    const by = this.cancelledBy;
    dropped();
    this.end(by === undefined ? 'failed' : 'cancelled');
    if (by === undefined) log.note('backup.failed', vm, name, problem);
    else {
      const span = formatDuration(now - this.beganAt);
      log.note('backup.cancelled', vm, `${name}: nothing is kept, after ${span}`, by);
    }
    ended();
  }

  private enter(phase: Phase): void {
    const { transport } = this.parts;
    this.phase = phase;
    for (const { meter } of this.parts.disks) {
      meter.phase = phase;
      meter.transport = transport;
    }
  }

  private end(result: Result): void {
    for (const { meter } of this.parts.disks) meter.end(result);
  }
}
