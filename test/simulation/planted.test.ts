/** Bugs put in on purpose: each must be noticed by a check the other tests of this folder rely on. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/engine/core/io.js';
import type { Sim } from '../../src/engine/core/sim.js';
import { Station } from '../../src/engine/core/station.js';
import { Traffic } from '../../src/engine/core/traffic.js';
import { Nexus } from '../../src/engine/devices/fabric/nexus.js';
import { Vmhba } from '../../src/engine/stack/adapter/vmhba.js';
import { NmpDevice } from '../../src/engine/stack/storage-apis/psa/nmp.js';
import { VirtualDisk } from '../../src/engine/stack/vmfiles/virtual-disk.js';
import { closeLedgers, Ledger } from './ledger.js';
import { blameProblems, bookProblems, lightPlan, MS, Run } from './support.js';

closeLedgers();

const restores: (() => void)[] = [];
afterEach(() => {
  for (const restore of restores.splice(0)) restore();
});

/** The insides of a layer or station that bugs are made of. */
interface Inside {
  readonly sim: Sim;
  readonly arrivedAt: Float64Array;
  readonly sentAt: Float64Array;
  readonly diskLba: Float64Array;
}

/**
 * Replaces a method of every instance until the test is over.
 * @param bug gets the object, the row, the method as it was, and the number of the call
 */
function plant(
  type: { readonly prototype: object },
  method: string,
  bug: (self: Inside, io: Io, proceed: () => void, call: number) => void,
): void {
  const methods = type.prototype as Record<string, (this: Inside, io: Io) => void>;
  const original = methods[method];
  let calls = 0;
  methods[method] = function (io) {
    bug(this, io, () => original.call(this, io), ++calls);
  };
  restores.push(() => {
    methods[method] = original;
  });
}

/** Runs a light scenario to its rest; everything that seems wrong, exceptions too. */
function problemsOfRun(): string {
  const ledger = new Ledger();
  const problems: string[] = [];
  try {
    const run = new Run(lightPlan(200 * MS));
    for (let at = 20 * MS; at <= 200 * MS; at += 20 * MS) {
      run.simulation.runUntil(at);
      const sample = run.simulation.sample();
      problems.push(...blameProblems(run.simulation.entities, sample));
      problems.push(...bookProblems(run, sample));
    }
    if (run.drain(5_000 * MS) === undefined) problems.push('the run does not come to rest');
  } catch (error) {
    problems.push((error as Error).message);
  }
  if (ledger.missing > 0) problems.push(`${ledger.missing} commands are missing`);
  return [...problems, ...ledger.problems].join('\n');
}

/** The call that goes wrong where just one does. */
const UNLUCKY = 200;

describe('planted bugs are noticed', () => {
  it('none is seen when none is planted', () => {
    expect(problemsOfRun()).toBe('');
  });

  it('a command dropped on its way up', () => {
    plant(NmpDevice, 'complete', (_self, _io, proceed, call) => {
      if (call !== UNLUCKY) proceed();
    });
    expect(problemsOfRun()).toContain('the run does not come to rest\n1 commands are missing');
  });

  it('a command dropped on its way down', () => {
    plant(Nexus, 'submit', (_self, _io, proceed, call) => {
      if (call !== UNLUCKY) proceed();
    });
    expect(problemsOfRun()).toContain('the run does not come to rest');
  });

  it('a command completed twice', () => {
    plant(VirtualDisk, 'complete', ({ sim }, io, proceed, call) => {
      const { route, depth } = sim.requests;
      const kept = { depth: depth[io], route: route.slice() };
      proceed();
      if (call !== UNLUCKY) return;
      depth[io] = kept.depth;
      route.set(kept.route);
      proceed();
    });
    expect(problemsOfRun()).toMatch(/without having been issued|given back|left a station/);
  });

  it('a command that comes back with another address', () => {
    plant(VirtualDisk, 'complete', ({ diskLba }, io, proceed, call) => {
      if (call === UNLUCKY) diskLba[io]++;
      proceed();
    });
    expect(problemsOfRun()).toMatch(/lba \d+ came back as \d+/);
  });

  it('an adapter that counts device time twice', () => {
    plant(Vmhba, 'complete', ({ sim, sentAt }, io, proceed) => {
      sim.requests.deviceNs[io] += sim.now - sentAt[io];
      proceed();
    });
    expect(problemsOfRun()).toMatch(/KAVG -\d+/);
  });

  it('a meter that forgets a command now and then', () => {
    let calls = 0;
    const { add } = Traffic.prototype;
    Traffic.prototype.add = function (op, blocks, latencyNs, status) {
      if (++calls % 101 !== 0) add.call(this, op, blocks, latencyNs, status);
    };
    restores.push(() => {
      Traffic.prototype.add = add;
    });
    expect(problemsOfRun()).toMatch(/(reads|writes) at \d+: \d+ and \d+/);
  });

  it('a station that takes a command for later than it came', () => {
    plant(Station, 'arrive', ({ arrivedAt }, io, proceed) => {
      proceed();
      arrivedAt[io]++;
    });
    expect(problemsOfRun()).toContain('changed a time of arrival');
  });
});
