/** Hosts that die while volumes are worked on: what they had begun is handed on, and they do nothing more. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/engine/core/errors.js';
import type { MemoryImage } from '../../../src/engine/devices/memory-image.js';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import type { Command } from '../../../src/engine/plan/commands.js';
import { endCleanly } from '../on-disk/rig.js';
import { fieldOf, Run } from '../support.js';
import { planOf } from './rig.js';

const MEMORY = '{ name: a, size: 2GiB, content: memory }';
const PLAIN = '{ name: a, size: 2GiB }';

function runOf(lun: string, hosts: number): Run {
  return new Run(planOf({ hosts, luns: [lun], extents: ['a'] }));
}

function field(run: Run, host: string, name: string): number {
  const [mount] = run.entities('mount', { host });
  return fieldOf(run.simulation.sample(false), mount, name);
}

const refused = (run: Run, command: Command): string => {
  try {
    run.simulation.command(command);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return '';
};

describe('a host that takes locks over', () => {
  it('is told to have failed when it dies itself, and waits for nothing any more', () => {
    const run = runOf(PLAIN, 3);
    const { simulation } = run;
    simulation.runUntil(1e9);
    run.inject('host-crash', 'esx0');
    simulation.command({ kind: 'takeOver', vm: 'vm0', host: 'esx1' });
    simulation.runUntil(6e9);
    expect(field(run, 'esx1', 'waiting')).toBeGreaterThan(0);
    run.inject('host-crash', 'esx1');
    simulation.runUntil(12e9);
    expect(run.of('vm.locked', 'vm0').map(({ why }) => why)).toEqual(['esx1 is dead']);
    expect(field(run, 'esx1', 'waiting')).toBe(0);
    // Another one gets them after the lease of 16 s.
    simulation.command({ kind: 'takeOver', vm: 'vm0', host: 'esx2' });
    simulation.runUntil(40e9);
    expect(run.of('vm.takenOver', 'vm0').map(({ what }) => what)).toEqual([
      'esx2 has the locks of all its files',
    ]);
  });

  it('keeps the files: what would delete them is refused, or leaves them where they are', () => {
    const run = runOf(PLAIN, 2);
    const { simulation } = run;
    simulation.runUntil(1e9);
    const heal = run.inject('host-crash', 'esx0');
    simulation.runUntil(2e9);
    heal();
    simulation.command({ kind: 'takeOver', vm: 'vm0', host: 'esx1' });
    simulation.runUntil(3e9);
    expect(run.of('vm.takenOver')).toHaveLength(1);
    const extend = { kind: 'alterDisk', disk: 0, action: 'extend', sizeBytes: 2 ** 29 } as const;
    expect(refused(run, extend)).toContain('another host has the lock');
    const snapshot = { kind: 'snapshot', vm: 'vm0' } as const;
    simulation.command({ ...snapshot, action: 'create', snapshot: 's' });
    simulation.runUntil(6e9);
    refused(run, { ...snapshot, action: 'delete', snapshot: 's' });
    simulation.runUntil(9e9);
    expect(simulation.violations).toEqual([]);
  });

  it('has to have mounted what they lie on', () => {
    const run = runOf(PLAIN, 2);
    const { simulation } = run;
    simulation.runUntil(1e9);
    simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    simulation.runUntil(4e9);
    simulation.command({ kind: 'mount', host: 'esx1', datastore: 'ds1', state: 'off' });
    run.inject('host-crash', 'esx0');
    expect(refused(run, { kind: 'takeOver', vm: 'vm0', host: 'esx1' })).toContain('not mounted');
  });
});

it('another host goes on where the one that recovers a dead one dies too', () => {
  const vaai = '{ ats: false }';
  const run = new Run(planOf({ hosts: 3, luns: [MEMORY], extents: ['a'], vaai }));
  const { simulation } = run;
  simulation.runUntil(1e9);
  simulation.stopJobs();
  run.inject('host-crash', 'esx0');
  simulation.command({ kind: 'takeOver', vm: 'vm0', host: 'esx1' });
  // Slow disks: the recovery takes long enough to die in the middle of.
  const mend = run.inject('latency-spike', 'array1/a', { delay: 4e8, period: 60e9, length: 30e9 });
  simulation.runUntil(19.5e9);
  const heal = run.inject('host-crash', 'esx1');
  mend();
  simulation.command({ kind: 'takeOver', vm: 'vm0', host: 'esx2' });
  simulation.runUntil(45e9);
  expect(run.of('vm.takenOver', 'vm0').map(({ what }) => what)).toEqual([
    'esx2 has the locks of all its files',
  ]);
  heal();
  simulation.runUntil(48e9);
  expect(simulation.violations).toEqual([]);
});

it('a dead host dies no second time, looks at nothing, and beats no more; back, it leaves nothing behind', () => {
  const run = runOf(MEMORY, 1);
  const { simulation } = run;
  simulation.runUntil(1e9);
  const heals = [run.inject('host-crash', 'esx0')];
  heals.push(run.inject('host-crash', 'esx0'));
  expect(run.of('host.crashed')).toHaveLength(1);
  expect(refused(run, { kind: 'rescan', host: 'esx0' })).toContain('is dead');
  // It fails, but files were opened for it.
  const snapshot = { kind: 'snapshot', vm: 'vm0', action: 'create', snapshot: 's' } as const;
  refused(run, snapshot);
  const beats = field(run, 'esx0', 'beats');
  simulation.runUntil(10e9);
  expect(field(run, 'esx0', 'beats')).toBe(beats);
  for (const heal of heals) heal();
  expect(run.of('host.back')).toHaveLength(1);
  simulation.runUntil(15e9);
  endCleanly(simulation);
  const images = [...simulation.images.values()] as MemoryImage[];
  const kinds = checkVolume(images).findings.list.map(({ kind }) => kind);
  expect(kinds).not.toContain('journal-replayed');
});

it('a host that is back keeps what it is asked for while it cannot replay its journal yet', () => {
  const run = runOf(MEMORY, 1);
  const { simulation } = run;
  simulation.runUntil(1e9);
  simulation.stopJobs();
  // An ATS-only volume, whose slots and locks cannot be changed.
  const takeAts = run.inject('vaai-refused', 'array1/a');
  const heal = run.inject('host-crash', 'esx0');
  simulation.runUntil(2e9);
  heal();
  simulation.runUntil(3e9);
  const names = Array.from({ length: 8 }, (_, number) => `made${number}`);
  const made = { datastore: 'ds1', sizeBytes: 2 ** 23, diskKind: 'lazyThick' } as const;
  for (const name of names) simulation.command({ kind: 'createDisk', ...made, name });
  simulation.runUntil(5e9);
  takeAts();
  simulation.runUntil(15e9);
  for (const name of names) simulation.command({ kind: 'deleteDisk', datastore: 'ds1', name });
  simulation.runUntil(17e9);
  endCleanly(simulation);
  const images = [...simulation.images.values()] as MemoryImage[];
  expect(checkVolume(images).findings.list.map(({ kind }) => kind)).not.toContain('lost');
});
