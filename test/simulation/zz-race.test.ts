import { it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.js';
import { Run, SECOND } from './support.js';

it('race', () => {
  for (const [fault, target, kind, vm] of [
    ['fill-pool', 'array1/thin', 'pool.full', 'tenant'],
    ['fill-datastore', 'small', 'datastore.full', 'grower'],
  ]) {
    const run = new Run({ ...loadScenario('datastore-full'), faults: [] });
    run.simulation.runUntil(0.1 * SECOND);
    const heal = run.inject(fault, target);
    while (run.of(kind).length === 0) run.simulation.runUntil(run.simulation.now + 1000);
    console.log(run.simulation.now, run.of('vm.question').length);
    heal();
    run.simulation.runUntil(run.simulation.now + 5 * SECOND);
    const a = run.simulation.totals().writes;
    const s1 = run.simulation.sample();
    run.simulation.runUntil(run.simulation.now + 1 * SECOND);
    const s2 = run.simulation.sample();
    const d = run.entity('disk', `${vm}:scsi0:0`);
    console.log(run.of('vm.question').length, s2.values[d.base + 1] - s1.values[d.base + 1], a);
    for (const e of run.entries.slice(-6)) console.log(JSON.stringify(e).slice(0, 150));
  }
});
