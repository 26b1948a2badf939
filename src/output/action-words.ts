/** What an operator did, in words: for lists of actions, of branches, and for what is taken back. */
import { formatSize } from '../engine/core/units.js';
import type { Command } from '../engine/plan/commands.js';
import type { TimedCommand } from '../engine/simulation/recorded-simulation.js';

/** Virtual disks as commands number them. */
export interface NamedDisk {
  readonly index: number;
  readonly vm: string;
  readonly name: string;
}

export function actionWords({ command, undo }: TimedCommand, disks: readonly NamedDisk[]): string {
  return `${undo ? 'undo: ' : ''}${commandWords(command, disks)}`;
}

/** `inject path-down on esx1/vmhba1:C0:T0:L0`, `limit 500 for web1:scsi0:0`. */
export function commandWords(command: Command, disks: readonly NamedDisk[]): string {
  switch (command.kind) {
    case 'inject':
      return `inject ${command.fault} on ${command.target}`;
    case 'heal':
      return `heal fault #${command.id}`;
    case 'qos': {
      const values = Object.entries(command.qos).map(([key, value]) => `${key} ${value || 'none'}`);
      return `${values.join(', ')} for ${nameOf(command.disk, disks)}`;
    }
    case 'pace':
      return `another pace for ${command.job}`;
    case 'depth':
      return `another queue depth for ${command.host} ${command.device}`;
    case 'answer':
      return `answer ${command.answer} for ${command.vm}`;
    case 'power':
      return `${POWER_WORDS[command.state]} ${command.vm}`;
    case 'path':
      return `switch ${command.host} ${command.path} ${command.state}`;
    case 'rank':
      return `rank ${command.rank} for ${command.host} ${command.path}`;
    case 'device':
      return `${command.state === 'off' ? 'detach' : 'attach'} ${command.host} ${command.device}`;
    case 'perennial':
      return `perennially reserved ${command.state}: ${command.host} ${command.device}`;
    case 'rescan':
      return `rescan ${command.host}`;
    case 'clone':
      return `clone ${nameOf(command.disk, disks)} to ${command.datastore}`;
    case 'alterDisk':
      return `${command.action === 'punchZero' ? 'punch zero' : command.action} ${nameOf(command.disk, disks)}`;
    case 'createDisk':
      return `create ${command.name} on ${command.datastore}`;
    case 'cancelDisk':
      return `give up the clone or migration of ${nameOf(command.disk, disks)}`;
    case 'renameDisk':
      return `rename ${command.name} on ${command.datastore} to ${command.to}`;
    case 'deleteDisk':
      return `delete ${command.name} on ${command.datastore}`;
    case 'reclaim':
      return `reclaim space of ${command.datastore}`;
    case 'mount':
      return `${command.state === 'on' ? '' : 'un'}mount ${command.datastore} on ${command.host}`;
    case 'refresh':
      return `refresh ${command.datastore}`;
    case 'takeOver':
      return `${command.host} takes the locks of ${command.vm}`;
    case 'growLun':
      return `grow ${command.lun} to ${formatSize(command.sizeBytes)}`;
    case 'growDatastore':
      return `grow ${command.datastore} into its extents`;
    case 'extendDatastore':
      return `extend ${command.datastore} by ${command.lun}`;
    case 'presentSnapshot':
      return `present snapshot ${command.snapshot} of ${command.lun} as ${command.to}`;
    case 'mountCopy':
      return `mount the copy on ${command.lun} on ${command.host}`;
    case 'resignature':
      return `resignature ${command.lun} by ${command.host}`;
    case 'snapshot':
      return 'snapshot' in command
        ? `${command.action} snapshot ${command.snapshot} of ${command.vm}`
        : `${command.action === 'deleteAll' ? 'delete all snapshots' : 'consolidate'} of ${command.vm}`;
    case 'track':
      return `track changes of ${nameOf(command.disk, disks)}: ${command.state}`;
    case 'backup':
      return `${command.mode} backup of ${command.vm} by ${command.transport}`;
    case 'cancelBackup':
      return `cancel the backup or restore of ${command.vm}`;
    case 'restore':
      return `restore ${nameOf(command.disk, disks)} from ${command.backup ?? 'its last backup'}`;
    case 'lun-snapshot':
      return `${command.action} snapshot ${command.snapshot} of ${command.lun}`;
  }
}

const POWER_WORDS = {
  on: 'power on',
  off: 'power off',
  suspended: 'suspend',
  template: 'make a template of',
} as const;

function nameOf(number: number, disks: readonly NamedDisk[]): string {
  const disk = disks.find(({ index }) => index === number);
  return disk === undefined ? `disk ${number}` : `${disk.vm}:${disk.name}`;
}
