import { describe, expect, it } from 'vitest';
import { FreedSpace } from '../../src/engine/stack/filesystem/vmfs/freed-space.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import { fieldOf, Run, SECOND } from '../simulation/support.js';

const MB = 2048;

/** A thin LUN with a disk of 4 GiB that is made and deleted, and a small machine beside it. */
function planOf(
  datastore: string,
  { settings = '', workload = '{ rw: randread, thinktime: 1s }' } = {},
) {
  const text = `
duration: 600s
arrays:
  - { name: array1, pools: [{ capacity: 64GiB }], luns: [{ name: lun0, size: 32GiB, thin: true }] }
hosts:
  - { name: esx1, settings: { ${settings} } }
datastores:
  - { name: ds, extents: array1/lun0, ${datastore} }
vms:
  - { name: web, memory: 1GiB, disks: [{ size: 2GiB, kind: thin, written: 100% }], workloads: ${workload} }
operations:
  - { at: 1s, create: { datastore: ds, name: big, size: 4GiB, kind: eagerThick } }
  - { at: 60s, delete: { datastore: ds, name: big } }
`;
  const { source, text: parsed } = parseScenario(text, 'reclaim.yaml');
  return planScenario(source, parsed);
}

function usedMb(run: Run): number {
  const [pool] = run.entities('pool');
  return fieldOf(run.simulation.sample(), pool!, 'usedBlocks') / MB;
}

describe('automatic UNMAP', () => {
  it('gives the blocks of a deleted file back, at 25 to 50 MB/s, once they have been free long enough', () => {
    const run = new Run(planOf('version: 6, reclaim: { priority: low, after: 40s }'));
    const { simulation } = run;
    simulation.runUntil(61 * SECOND);
    const full = usedMb(run);
    simulation.runUntil(95 * SECOND);
    expect(usedMb(run)).toBe(full);
    simulation.runUntil(400 * SECOND);
    const [begin] = run.of('reclaim.begin');
    const [end] = run.of('reclaim.end');
    expect(begin?.at).toBeGreaterThanOrEqual(95 * SECOND);
    expect(begin?.at).toBeLessThan(115 * SECOND);
    // The machine reads once a second, so the reclaimer goes at its least or its most.
    const rate = 4096 / ((end!.at - begin!.at) / SECOND);
    expect(rate).toBeGreaterThan(24);
    expect(rate).toBeLessThan(52);
    expect(end?.what).toBe('4 GB unmapped');
    expect(full - usedMb(run)).toBeGreaterThan(4000);
  });

  it('begins within two seconds where blocks are due at once', () => {
    const run = new Run(planOf('version: 6, reclaim: { priority: high, after: 0s }'));
    const { simulation } = run;
    simulation.runUntil(150 * SECOND);
    const [deleted] = run.of('disk.delete');
    const [begin] = run.of('reclaim.begin');
    expect(begin!.at - deleted!.at).toBeLessThanOrEqual(2 * SECOND);
    expect(run.of('reclaim.end').map(({ what }) => what)).toEqual(['4 GB unmapped']);
  });

  it('ends where the array refuses it, and goes on after a rescan once it does no more', () => {
    const run = new Run(planOf('version: 6, reclaim: { priority: high, after: 10s }'));
    const { simulation } = run;
    simulation.runUntil(61 * SECOND);
    const target = 'array1/lun0';
    simulation.command({ kind: 'inject', fault: 'vaai-refused', target, params: {} });
    simulation.runUntil(200 * SECOND);
    const full = usedMb(run);
    expect(run.of('reclaim.end').map(({ what, why }) => `${what}: ${why}`)).toEqual([
      '0 B unmapped: the array does not know UNMAP',
    ]);
    simulation.command({ kind: 'heal', id: 0 });
    simulation.runUntil(220 * SECOND);
    expect(usedMb(run)).toBe(full);
    simulation.command({ kind: 'rescan', host: 'esx1' });
    simulation.runUntil(300 * SECOND);
    expect(full - usedMb(run)).toBeGreaterThan(4000);
  });

  it('does not exist on VMFS 5, nor with priority none', () => {
    for (const datastore of ['version: 5', 'version: 6, reclaim: none']) {
      const run = new Run(planOf(datastore));
      run.simulation.runUntil(100 * SECOND);
      expect(run.of('reclaim.begin'), datastore).toEqual([]);
    }
  });

  it('forgets blocks that are used again', () => {
    const freed = new FreedSpace(100);
    for (let block = 10; block < 20; block++) freed.note(block);
    freed.forget(15);
    for (let step = 0; step < 4; step++) freed.age();
    expect(freed.nextRun(50)).toBeUndefined();
    freed.age();
    expect(freed.nextRun(3)).toEqual({ first: 10, count: 3 });
    expect(freed.nextRun(50)).toEqual({ first: 13, count: 2 });
    for (let step = 0; step < 1000; step++) freed.age();
    expect(freed.nextRun(50)).toEqual({ first: 16, count: 4 });
  });
});

describe('UNMAP of a guest on VMFS 5', () => {
  const workload = '{ rw: unmap, bs: 1m, thinktime: 5ms }';

  it('frees the blocks, and reaches the array with VMFS3.EnableBlockDelete only', () => {
    const used = ['VMFS3.EnableBlockDelete: 0', 'VMFS3.EnableBlockDelete: 1'].map((settings) => {
      const run = new Run(planOf('version: 5', { settings, workload }));
      run.simulation.runUntil(30 * SECOND);
      const [store] = run.entities('datastore');
      expect(fieldOf(run.simulation.sample(), store!, 'freeBlocks') / MB).toBeGreaterThan(25_000);
      return usedMb(run);
    });
    expect((used[0] as number) - (used[1] as number)).toBeGreaterThan(1900);
  });
});
