import { writeFileSync } from 'node:fs';
import { InputError } from '../engine/core/errors.js';
import { Simulation } from '../engine/simulation/simulation.js';
import { loadScenario } from '../scenario/load.js';

/** `--export-entity`: the scenario's objects, to be edited and given back with `--import-entity`. */
export async function exportEntities(scenario: string, file: string): Promise<void> {
  const { formatEntities } = await import('../tui/config/entities.js');
  const { entities } = new Simulation(loadScenario(scenario));
  try {
    writeFileSync(file, formatEntities(entities));
  } catch (error) {
    throw InputError.of(file, `cannot be written: ${(error as Error).message}`);
  }
}
