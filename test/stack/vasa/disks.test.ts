/** What a VASA provider says of an array's disks and cache. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { POLL_NS } from '../../../src/engine/stack/storage-apis/vasa/monitor.js';
import { parseScenario, planScenario } from '../../../src/scenario/load.js';
import { fieldOf, Run, SECOND } from '../../simulation/support.js';

/** A quiet VM on a group of small disks that is rebuilt within seconds. */
function runOf(pool: Record<string, unknown>): Run {
  const yaml = stringify({
    duration: '10m',
    arrays: [
      {
        name: 'array1',
        pools: [{ capacity: '3GiB', spares: 1, rebuildRate: '150MB/s', ...pool }],
        luns: [{ size: '2GiB' }],
      },
    ],
    hosts: [{ name: 'esx1' }],
    datastores: [{ name: 'one', extents: ['array1/lun'] }],
    policies: [
      { name: 'Protected', require: { protected: true } },
      { name: 'Healthy', require: { health: 'green' } },
    ],
    vms: [
      {
        name: 'vm1',
        memory: '16MiB',
        disks: ['Protected', 'Healthy'].map((policy) => ({ size: '16MiB', policy })),
        workloads: { rw: 'randread', iodepth: 1, thinktime: '500ms' },
      },
    ],
  });
  const { source, text } = parseScenario(yaml, 'vasa.yaml');
  return new Run(planScenario(source, text));
}

const words = (run: Run, kind: string, object: string): string[] =>
  run.of(kind, object).map(({ what }) => what);

function health(run: Run): number {
  const info = run.entity('vasa', 'array1');
  return fieldOf(run.simulation.sample(false), info, 'health');
}

describe('disks of a RAID group', () => {
  it('RAID 5: a failed disk is red, as the next would lose data; rebuilt it is green', () => {
    const run = runOf({ disks: 4, raid: 5 });
    run.simulation.runUntil(SECOND / 2);
    run.inject('disk-failure', 'array1:pool1:d1', { spareAfter: 15 * SECOND });
    run.simulation.runUntil(POLL_NS + SECOND);
    expect(health(run)).toBe(2);
    expect(words(run, 'vasa.compliance', 'scsi0:0')).toEqual(['nonCompliant: not protected']);
    expect(words(run, 'vasa.compliance', 'scsi0:1')).toEqual(['nonCompliant: not health green']);
    // 3 GiB over three disks of data at 150 MB/s: 7 s after the spare took over.
    run.simulation.runUntil(4 * POLL_NS + SECOND);
    expect(words(run, 'vasa.event', 'array1:pool1')).toEqual([
      'of 4 disks 1 missing',
      'of 4 disks 1 being rebuilt',
      'all disks whole',
    ]);
    expect(words(run, 'vasa.alarm', 'array1:pool1')).toEqual(['green to red', 'red to green']);
    for (const disk of ['scsi0:0', 'scsi0:1']) {
      expect(words(run, 'vasa.compliance', disk).at(-1)).toBe('compliant');
    }
    expect(health(run)).toBe(0);
  });

  it('RAID 6: one failed disk is yellow and still protected, the second red', () => {
    const run = runOf({ disks: 5, raid: 6, spares: 0 });
    const first = run.inject('disk-failure', 'array1:pool1:d0');
    run.simulation.runUntil(POLL_NS + SECOND);
    expect(words(run, 'vasa.compliance', 'scsi0:0')).toEqual([]);
    const second = run.inject('disk-failure', 'array1:pool1:d3');
    run.simulation.runUntil(2 * POLL_NS + SECOND);
    expect(words(run, 'vasa.alarm', 'array1:pool1')).toEqual(['green to yellow', 'yellow to red']);
    expect(words(run, 'vasa.compliance', 'scsi0:0')).toEqual(['nonCompliant: not protected']);
    first();
    second();
    run.simulation.runUntil(4 * POLL_NS + SECOND);
    expect(words(run, 'vasa.alarm', 'array1:pool1').at(-1)).toMatch(/to green/);
    expect(words(run, 'vasa.compliance', 'scsi0:0').at(-1)).toBe('compliant');
  });

  it('disks without copies or parity are never protected, and that is no alarm', () => {
    const run = runOf({ disks: 4 });
    run.simulation.runUntil(POLL_NS + SECOND);
    expect(words(run, 'vasa.compliance', 'scsi0:0')).toEqual(['nonCompliant: not protected']);
    expect(words(run, 'vasa.compliance', 'scsi0:1')).toEqual([]);
    expect(health(run)).toBe(0);
  });
});

describe('the cache', () => {
  it('is yellow while it is written through for want of a battery', () => {
    const run = runOf({ disks: 4, raid: 5 });
    run.simulation.runUntil(SECOND / 2);
    const heal = run.inject('cache-battery-loss', 'array1');
    run.simulation.runUntil(POLL_NS + SECOND);
    expect(words(run, 'vasa.event', 'array1:cache')).toEqual(['write-through']);
    expect(words(run, 'vasa.compliance', 'scsi0:1')).toEqual(['nonCompliant: not health green']);
    expect(health(run)).toBe(1);
    heal();
    run.simulation.runUntil(2 * POLL_NS + SECOND);
    expect(words(run, 'vasa.alarm', 'array1:cache')).toEqual([
      'green to yellow',
      'yellow to green',
    ]);
    expect(words(run, 'vasa.compliance', 'scsi0:1').at(-1)).toBe('compliant');
  });
});

describe('a controller', () => {
  it('that hangs is no second one', () => {
    const run = runOf({ disks: 4, raid: 5 });
    run.simulation.runUntil(SECOND / 2);
    const heal = run.inject('controller-hang', 'array1:A');
    run.simulation.runUntil(POLL_NS + SECOND);
    expect(words(run, 'vasa.event', 'array1:A')).toEqual(['hangs']);
    expect(words(run, 'vasa.alarm', 'array1:A')).toEqual(['green to yellow']);
    expect(words(run, 'vasa.compliance', 'scsi0:1')).toEqual(['nonCompliant: not health green']);
    heal();
    run.simulation.runUntil(2 * POLL_NS + SECOND);
    expect(words(run, 'vasa.event', 'array1:A').at(-1)).toBe('running');
  });
});
