/** Power lost while the disks of a machine are changed on LUNs that keep bytes: its home opens. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Command, DiskAction, SnapshotAction } from '../../../src/engine/plan/commands.js';
import { hasTool, run } from '../../formats/vmdk/tools.js';
import { planOf, Work } from '../../operations/work.js';
import { SECOND } from '../support.js';
import { homeOf, interrupted, problemOf, SMALL_JOB, wrongIn } from './home-rig.js';
import { damage, imagesOf } from './rig.js';

const MIB = 1024 * 1024;

function started(version: 5 | 6): Work {
  const work = new Work(
    planOf({
      array: { luns: [{ name: 'lun', count: 2, size: '2GiB', thin: true, content: 'memory' }] },
      datastores: ['one', 'two'].map((name, at) => ({ name, extents: `array1/lun${at}`, version })),
      job: SMALL_JOB,
    }),
  );
  work.run(0.1 * SECOND);
  return work;
}

const alter = (action: DiskAction): Command => ({ kind: 'alterDisk', disk: 0, ...action });
const snapshot = (action: SnapshotAction): Command => ({ kind: 'snapshot', vm: 'vm1', ...action });

interface Step {
  readonly command: Command;
  /** Kind of the event that says it is over; of what needs no time undefined. */
  readonly end: string | undefined;
  /** After how many writes of texts and metadata each look is taken; none unless given. */
  readonly every?: number;
}

/** Guests and copies write whole blocks of 4 KiB, as seldom texts and metadata do. */
const isOdd = (blocks: number): boolean => blocks % 8 !== 0;

function expectHomes(work: Work, steps: readonly Step[]): number {
  let looks = 0;
  const { simulation } = work;
  const images = [...simulation.images.values()];
  for (const { command, end, every } of steps) {
    const ended = end === undefined ? 0 : work.events(end).length;
    const begunAt = simulation.now;
    simulation.command(command);
    const isOver = (): boolean =>
      end === undefined ? simulation.now > begunAt + 0.2 * SECOND : work.events(end).length > ended;
    const look = () => (every === undefined ? undefined : problemOf(work, images));
    const outcome = interrupted(work, every ?? 1000, look, isOver, isOdd);
    expect({ command, problem: outcome.problem }).toEqual({ command, problem: undefined });
    // Nothing of it is left then.
    work.run(simulation.now + 0.2 * SECOND);
    expect(problemOf(work, images)).toBeUndefined();
    looks += outcome.looks;
  }
  expect(work.simulation.violations).toEqual([]);
  for (const image of imagesOf(work.simulation)) expect(damage([image])).toEqual([]);
  return looks;
}

const altered = 'disk.alter.end';

const OFF: Step = { command: { kind: 'power', vm: 'vm1', state: 'off' }, end: 'vm.poweredOff' };
const RENAME: Step = {
  command: alter({ action: 'rename', name: 'data' }),
  end: 'disk.renamed',
  every: 3,
};

describe('power lost while a disk is changed leaves a home that opens', () => {
  it('extended, migrated, renamed, on VMFS 6', () => {
    const work = started(6);
    const thick = { action: 'migrate', datastore: 'two', diskKind: 'lazyThick' } as const;
    const looks = expectHomes(work, [
      { command: { kind: 'track', disk: 0, state: 'on' }, end: undefined, every: 5 },
      { command: { kind: 'track', disk: 0, state: 'off' }, end: undefined, every: 5 },
      { command: alter({ action: 'extend', sizeBytes: 80 * MIB }), end: altered, every: 4 },
      { command: alter(thick), end: altered, every: 7 },
      OFF,
      RENAME,
      { command: { kind: 'power', vm: 'vm1', state: 'template' }, end: undefined, every: 6 },
    ]);
    expect(looks).toBeGreaterThan(25);
  });

  it('with a snapshot, on VMFS 5', () => {
    const work = started(5);
    const looks = expectHomes(work, [
      { command: snapshot({ action: 'create', snapshot: 'a' }), end: 'vm.snapshot.created' },
      { command: alter({ action: 'migrate', datastore: 'two' }), end: altered, every: 7 },
      OFF,
      RENAME,
    ]);
    expect(looks).toBeGreaterThan(25);
  });

  it.runIf(hasTool('qemu-img'))('for qemu-img as well', () => {
    const work = started(6);
    const { simulation } = work;
    const images = [...simulation.images.values()];
    const folder = mkdtempSync(join(tmpdir(), 'vmtop-power-'));
    for (const name of ['one', 'two']) mkdirSync(join(folder, name));
    const read: string[] = [];
    const look = (): string | undefined => {
      const found = homeOf(images);
      // Where the .vmx comes to name the new disk.
      if (found.leaf === read.at(-1)) return undefined;
      read.push(found.leaf);
      for (const [name, bytes] of found.files()) writeFileSync(join(folder, name), bytes);
      const raw = join(folder, 'raw');
      const { status } = run('qemu-img', 'convert', '-O', 'raw', join(folder, found.leaf), raw);
      if (status !== 0) return `${found.leaf}: qemu-img does not open it`;
      const { startBlock, endBlock } = simulation.verifiers[0]!;
      return wrongIn(work, readFileSync(raw).subarray(startBlock * 512, endBlock * 512));
    };
    simulation.command(alter({ action: 'migrate', datastore: 'two' }));
    const isOver = () => work.events(altered).length > 0;
    expect(interrupted(work, 2, look, isOver, isOdd).problem).toBeUndefined();
    expect(read).toEqual(['one/vm1.vmdk', 'two/vm1.vmdk']);
    rmSync(folder, { recursive: true });
  });
});
