import { join } from 'node:path';
import { InputError } from '../engine/core/errors.js';
import { formatByName } from '../engine/formats/vmdk/formats.js';
import type { Plan } from '../engine/plan/plan.js';
import { keepsBytes } from '../engine/simulation/run-media.js';
import type { Simulation } from '../engine/simulation/simulation.js';
import { writeDisk } from './disk/write.js';
import { requireFolder } from './folders.js';

/** As disks are exchanged and kept: compressed, in one file. */
const FORMAT = 'streamOptimized';

/**
 * Asked for before a run whose backups are to be written.
 * @throws InputError when nothing can be written into the folder, or the run does not know what its disks hold
 */
export function checkBackupFolder(plan: Plan, folder: string): void {
  requireFolder(folder);
  if (keepsBytes(plan) || plan.jobs.some(({ verify }) => verify)) return;
  const hint = 'give a job "verify: true", or a LUN "content"';
  throw InputError.of('--backups', 'nobody keeps what the disks of this scenario hold', hint);
}

/**
 * Writes every disk as it was at each of its backups.
 * @returns paths of the files
 * @throws InputError when a file exists already
 */
export function writeBackups(simulation: Simulation, folder: string): string[] {
  const { backups } = simulation;
  return backups.backedUp.flatMap((disk) =>
    backups.pointsOf(disk).map(({ name }) => writeBackup(simulation, disk, name, folder, FORMAT)),
  );
}

/**
 * Writes a disk as it was at one backup, whole: `web1-scsi0-0-backup-2.vmdk`.
 * @param backup its name
 * @param format by the names of vmkfstools
 * @returns path of the file
 */
export function writeBackup(
  { backups, plan }: Simulation,
  disk: number,
  backup: string,
  folder: string,
  format: string,
): string {
  const vm = plan.vms.find(({ disks }) => disks.some(({ index }) => index === disk));
  const name = vm?.disks.find(({ index }) => index === disk)?.name ?? String(disk);
  const path = join(folder, `${vm?.name}-${name.replace(':', '-')}-${backup}.vmdk`);
  const source = backups.restorePoint(disk, backup);
  writeDisk(source, path, formatByName(format), { force: false, sectors: source.sectors });
  return path;
}
