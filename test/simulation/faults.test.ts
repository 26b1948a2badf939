import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/engine/faults/index.js';
import { closeLedgers, Ledger } from './ledger.js';
import { blameProblems, bookProblems, lightPlan, MS, Run, SECOND } from './support.js';

closeLedgers();

/** One of each kind of path: optimized and not, of a thick and a thin LUN, iSCSI, local; two hosts. */
const PATHS = [
  'esx1/vmhba1:C0:T0:L0',
  'esx1/vmhba2:C0:T2:L0',
  'esx2/vmhba1:C0:T1:L1',
  'esx1/vmhba2:C0:T3:L3',
  'esx2/vmhba2:C0:T0:L4',
  'esx1/vmhba64:C0:T0:L0',
  'esx1/vmhba0:C0:T0:L0',
];

/** Longest time after the last fault is healed until everything is done, s: model, see each. */
const REST: Readonly<Record<string, number>> = {};
const USUAL_REST = 3 * SECOND;

const ON_NS = 120 * MS;
const OFF_NS = 60 * MS;

/** What guests may see: only a LUN that the array itself says is gone makes their commands fail. */
const FAILING: ReadonlySet<string> = new Set(['pdl']);

describe.each(FAULTS)('$name', ({ name, target }) => {
  it('loses nothing on any kind of target', () => {
    const ledger = new Ledger();
    const probe = new Run(lightPlan(SECOND));
    const targets = target === 'path' ? PATHS : probe.simulation.faultTargets(target);
    const stopNs = 100 * MS + targets.length * (ON_NS + OFF_NS);
    const run = new Run(lightPlan(stopNs));
    const { simulation } = run;
    simulation.runUntil(100 * MS);
    for (const where of targets) {
      const heal = run.inject(name, where);
      simulation.runUntil(simulation.now + ON_NS);
      heal();
      simulation.runUntil(simulation.now + OFF_NS);
    }
    expect(simulation.activeFaults).toEqual([]);
    const restedAt = run.drain(stopNs + (REST[name] ?? USUAL_REST));
    console.log(
      name,
      targets.length,
      stopNs / 1e9,
      restedAt,
      ledger.issued,
      ledger.missing,
      ledger.failed,
      simulation.inFlight,
      run.sim.requests.inFlight,
    );
    expect(restedAt).toBeDefined();
    expect(ledger.problems).toEqual([]);
    expect(ledger.missing).toBe(0);
    expect(ledger.completed).toBe(ledger.issued);
    expect(ledger.issued).toBeGreaterThan(1_000);
    const { reads, writes, others, errors } = simulation.totals();
    expect(reads + writes + others).toBe(ledger.completed);
    expect(errors).toBe(ledger.failed);
    if (FAILING.has(name)) expect(errors).toBeGreaterThan(0);
    else expect(errors).toBe(0);
    const sample = simulation.sample();
    expect(blameProblems(simulation.entities, sample)).toEqual([]);
    expect(bookProblems(run, sample)).toEqual([]);
  });
});
