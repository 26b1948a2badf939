import { join } from 'node:path';
import { InputError } from '../engine/core/errors.js';
import type { Plan } from '../engine/plan/plan.js';
import type { MachineFile } from '../engine/simulation/export/machine-files.js';
import { keepsBytes } from '../engine/simulation/run-media.js';
import type { Simulation } from '../engine/simulation/simulation.js';
import { NewFiles } from '../input/image/new-files.js';
import { makeFolder, requireEmptyFolder } from './folders.js';

/**
 * Looks before a run whether its disks can be exported afterwards, and makes the folder.
 * @throws InputError when it has something in it or cannot be written to, or the run does not keep
 * what disks hold
 */
export function requireExport(plan: Plan, folder: string): void {
  if (!keepsBytes(plan) && !plan.jobs.some(({ verify }) => verify === true)) {
    const hint = 'add "verify: true" to a workload, or "content: memory" to a LUN';
    throw InputError.of('--export-disks', 'the scenario does not keep what disks hold', hint);
  }
  requireEmptyFolder(folder);
}

/**
 * Writes the files of every machine into `folder`, as DATASTORE/MACHINE/FILE. Those of a machine on
 * one datastore get their names when all of them are there. Says on standard error where they are.
 */
export function exportDisks(simulation: Simulation, folder: string): void {
  for (const { name } of simulation.plan.vms) {
    const groups = new Map<string, MachineFile[]>();
    for (const file of simulation.filesOf(name)) {
      const path = join(folder, file.datastore, file.folder);
      groups.set(path, [...(groups.get(path) ?? []), file]);
    }
    for (const [path, group] of groups) {
      writeAll(path, group);
      process.stderr.write(`exported: ${path}\n`);
    }
  }
}

function writeAll(path: string, group: readonly MachineFile[]): void {
  makeFolder(path);
  const files = new NewFiles(path);
  files.reserve(
    group.map(({ name }) => name),
    false,
  );
  try {
    for (const file of group) file.write(files.create(file.name));
    files.commit();
  } finally {
    files.discard();
  }
}
