import { it } from 'vitest';
import { FAULTS } from '../../src/engine/faults/index.js';
import { closeLedgers, Ledger } from './ledger.js';
import { weather } from './storm.js';
import { blameProblems, bookProblems, SECOND } from './support.js';

closeLedgers();
const from = Number(process.env.FROM ?? 0);
const n = Number(process.env.N ?? 20);
const names = (
  process.env.NAMES ??
  FAULTS.map(({ name }) => name)
    .filter((x) => x !== 'pdl')
    .join(',')
).split(',');
it('explores', () => {
  let max = 0;
  for (let seed = from; seed < from + n; seed++) {
    const ledger = new Ledger();
    let list: unknown;
    try {
      const storm = weather(seed, names);
      const { run } = storm;
      list = storm.list;
      const rested = run.drain(700 * SECOND);
      const p = [
        ...ledger.problems,
        ...blameProblems(run.simulation.entities, run.simulation.sample()),
        ...bookProblems(run, run.simulation.sample()),
      ];
      if (rested !== undefined && rested / 1e9 > max) max = rested / 1e9;
      if (
        rested === undefined ||
        rested > (1.5 * Number(process.env.SCALE ?? 1) + 7) * SECOND ||
        p.length ||
        ledger.missing ||
        ledger.failed
      )
        console.log(
          'SEED',
          seed,
          'rested',
          rested,
          'failed',
          ledger.failed,
          'missing',
          ledger.missing,
          'inflight',
          run.sim.requests.inFlight,
          p.slice(0, 3),
          JSON.stringify(list),
        );
    } catch (error) {
      console.log(
        'SEED',
        seed,
        'THROWS',
        (error as Error).message,
        (error as Error).stack?.split('\n').slice(1, 6).join('\n'),
        JSON.stringify(list),
      );
    }
    ledger.close();
  }
  console.log('max rest', max);
}, 900_000);
