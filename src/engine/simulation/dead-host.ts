import type { TaskManager } from '../stack/task-management/task-manager.js';
import type { BuiltHost } from './build-hosts.js';
import type { BuiltDisk } from './build-vms.js';
import type { DiskOperations } from './disk-operations.js';

export interface MortalParts {
  readonly hosts: ReadonlyMap<string, BuiltHost>;
  readonly disks: ReadonlyMap<number, BuiltDisk>;
  readonly operations: DiskOperations;
  readonly tasksOf: (host: string) => TaskManager;
}

/**
 * What stops with a host, or comes back with it. Its machines' commands end: those that wait in the
 * VMkernel at once, those an array has when it takes note that the initiator is gone, for which the
 * ABORT TASK of task management stands (model). Its data mover sends nothing more, and no path is
 * probed until it boots and looks at all of them. Storage I/O Control and locks ask their mounts.
 */
export function setDead(parts: MortalParts, host: string, isDead: boolean): void {
  const { hosts, disks, operations, tasksOf } = parts;
  operations.moverOf(host).isDead = isDead;
  for (const { psa } of (hosts.get(host) as BuiltHost).devices.values()) psa.halt(isDead);
  if (!isDead) return;
  for (const { vm, plan } of disks.values()) {
    if (vm.host === host) tasksOf(host).reset(plan.index);
  }
}
