import { expect, it } from 'vitest';
import { planOf, Work } from '../../operations/work.js';
import { SECOND } from '../support.js';
import { SMALL_JOB } from './home-rig.js';
import { damage, imagesOf } from './rig.js';

/** What its machines ask of a host that is just back must wait until it has replayed its own journal. */
it.each([5, 6] as const)(
  'a machine is powered on in the instant its host is back: VMFS %i',
  (version) => {
    const array = { luns: [{ name: 'lun', count: 1, size: '2GiB', content: 'memory' }] };
    const datastores = [{ name: 'one', extents: 'array1/lun0', version }];
    const work = new Work(planOf({ array, datastores, job: SMALL_JOB }));
    const { simulation } = work;
    for (let crash = 0; crash < 2; crash++) {
      work.run(simulation.now + 0.5 * SECOND);
      simulation.command({ kind: 'inject', fault: 'host-crash', target: 'esx1', params: {} });
      work.run(simulation.now + 0.05 * SECOND);
      for (const { id } of simulation.activeFaults) simulation.command({ kind: 'heal', id });
      simulation.command({ kind: 'power', vm: 'vm1', state: 'on' });
      work.run(simulation.now + 2 * SECOND);
      expect(damage(imagesOf(simulation))).toEqual([]);
    }
    expect(simulation.violations).toEqual([]);
  },
);
