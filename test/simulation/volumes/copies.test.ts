/** Snapshots that an array presents: unresolved volumes, force mount, resignature (stack-upper, section 2). */
import { describe, expect, it } from 'vitest';
import { DATA_BLOCKS, type DataArena } from '../../../src/engine/core/data-arena.js';
import { READ } from '../../../src/engine/core/io.js';
import { Layer } from '../../../src/engine/core/layer.js';
import type { Command } from '../../../src/engine/plan/commands.js';
import type { VmfsMount } from '../../../src/engine/stack/filesystem/vmfs/mount.js';
import { fieldOf, Run } from '../support.js';
import { planOf } from './rig.js';

const LUNS = [
  '{ name: a, size: 2GiB }',
  '{ name: b, size: 2GiB }',
  '{ name: copyA, copyOf: a }',
  '{ name: copyB, copyOf: b }',
];

function runOf(extents: readonly string[], hosts = 2): Run {
  return new Run(planOf({ hosts, luns: LUNS, extents }));
}

const refused = (run: Run, command: Command): string => {
  try {
    run.simulation.command(command);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

const snapshot = (lun: string): Command => ({
  kind: 'lun-snapshot',
  lun: `array1/${lun}`,
  action: 'create',
  snapshot: 'before',
});
const present = (lun: string, to: string): Command => ({
  kind: 'presentSnapshot',
  lun: `array1/${lun}`,
  snapshot: 'before',
  to: `array1/${to}`,
});
const rescan = (host: string): Command => ({ kind: 'rescan', host });
const lun = 'array1/copyA';

/** Sends reads of files down from a mount, and takes what comes back. */
class Reader extends Layer {
  /** By 512-byte block of the file: the stamp of 4 KiB there. */
  readonly found = new Map<number, number>();
  problems = 0;

  override submit(): void {
    throw new Error('a reader makes its own rows');
  }

  read(mount: VmfsMount, file: number, lba: number, blocks: number): void {
    const { requests, arena } = this.sim;
    const io = requests.takeOwn(READ, lba, blocks, this.sim.now);
    requests.file[io] = file;
    requests.data[io] = (arena as DataArena).reserve(blocks / DATA_BLOCKS);
    this.enter(io);
    this.starts.set(io, lba);
    mount.submit(io);
  }

  private readonly starts = new Map<number, number>();

  override complete(io: number): void {
    const { requests, arena } = this.sim;
    const { status, data, blocks } = requests;
    const first = this.starts.get(io) as number;
    if (status[io] !== 0) this.problems++;
    for (let at = 0; at < blocks[io]; at += DATA_BLOCKS) {
      this.found.set(first + at, (arena as DataArena).stamps[data[io] + at / DATA_BLOCKS]);
    }
    requests.give(io);
  }
}

describe('a snapshot that is presented', () => {
  it('is found by a rescan, and not mounted', () => {
    const run = runOf(['a']);
    const { simulation } = run;
    simulation.runUntil(5e8);
    simulation.command(snapshot('a'));
    expect(refused(run, { kind: 'mountCopy', host: 'esx0', lun })).toContain('holds no copy');
    simulation.command(present('a', 'copyA'));
    simulation.runUntil(1e9);
    expect(run.entities('device', { lun: 'copyA' })).toHaveLength(0);
    simulation.command(rescan('esx0'));
    simulation.runUntil(2e9);
    const devices = run.entities('device', { lun: 'copyA' });
    expect(devices.map(({ labels }) => labels.host)).toEqual(['esx0']);
    // Two adapters, each with a path to each port of two controllers.
    expect(run.of('device.discovered')).toHaveLength(1);
    expect(run.of('vmfs.unresolved', 'ds1')).toHaveLength(1);
    expect(run.entities('datastore')).toHaveLength(1);
    simulation.command(rescan('esx0'));
    simulation.runUntil(3e9);
    expect(run.of('vmfs.unresolved')).toHaveLength(1);
    expect(simulation.totals().errors).toBe(0);
  });

  it('is refused for a LUN that is not there for it, twice, and keeps its snapshot', () => {
    const run = runOf(['a']);
    expect(refused(run, present('a', 'copyA'))).toContain('no snapshot');
    run.simulation.command(snapshot('a'));
    expect(refused(run, present('a', 'copyB'))).toContain('is not there to copy a');
    run.simulation.command(present('a', 'copyA'));
    expect(refused(run, present('a', 'copyA'))).toContain('already');
    const gone = { ...snapshot('a'), action: 'delete' } as Command;
    expect(refused(run, gone)).toContain('is presented as copyA');
  });
});

it('can be broken once a host has found it', () => {
  const run = runOf(['a'], 1);
  const { simulation } = run;
  simulation.command(snapshot('a'));
  simulation.command(present('a', 'copyA'));
  const about = { fault: 'apd', target: 'esx0/copyA', params: {} };
  expect(refused(run, { kind: 'inject', ...about })).toContain('there is no device esx0/copyA');
  simulation.command(rescan('esx0'));
  simulation.runUntil(1e9);
  run.inject('apd', 'esx0/copyA');
  const [device] = run.entities('device', { lun: 'copyA' });
  simulation.runUntil(3e9);
  expect(run.of('apd.start', device.name)).toHaveLength(1);
});

describe('the volume on it', () => {
  it('is mounted with its signature only where the original is not', () => {
    const run = runOf(['a']);
    const { simulation } = run;
    simulation.runUntil(5e8);
    simulation.command(snapshot('a'));
    simulation.command(present('a', 'copyA'));
    for (const host of ['esx0', 'esx1']) simulation.command(rescan(host));
    simulation.runUntil(1e9);
    expect(refused(run, { kind: 'mountCopy', host: 'esx1', lun })).toContain('has mounted itself');
    simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    simulation.runUntil(5e9);
    const mount = { kind: 'mount', host: 'esx1', datastore: 'ds1' } as const;
    simulation.command({ ...mount, state: 'off' });
    simulation.command({ kind: 'mountCopy', host: 'esx1', lun });
    expect(run.entities('datastore').map(({ name }) => name)).toEqual(['ds1', 'ds1 (1)']);
    expect(refused(run, { kind: 'mountCopy', host: 'esx1', lun })).toContain('mounted on esx1');
    expect(refused(run, { ...mount, state: 'on' })).toContain('the same signature');
    expect(refused(run, { kind: 'resignature', host: 'esx0', lun })).toContain(
      'is mounted on esx1',
    );
    simulation.command({ ...mount, datastore: 'ds1 (1)', state: 'off' });
    simulation.command({ ...mount, state: 'on' });
  });

  it('gets a name and a signature of its own; other hosts mount it at their rescan', () => {
    const run = runOf(['a']);
    const { simulation } = run;
    simulation.runUntil(5e8);
    simulation.command(snapshot('a'));
    simulation.command(present('a', 'copyA'));
    simulation.command(rescan('esx0'));
    simulation.runUntil(1e9);
    simulation.command({ kind: 'resignature', host: 'esx0', lun });
    simulation.runUntil(2e9);
    const [, copy] = run.entities('datastore').map(({ name }) => name);
    expect(copy).toMatch(/^snap-[0-9a-f]{8}-ds1$/);
    expect(run.entities('mount', { datastore: copy as string })).toHaveLength(1);
    // One device: marked, two names, the label of the file system, the mark again.
    const writes = (): number =>
      fieldOf(simulation.sample(false), run.entity('lun', 'copyA'), 'writes');
    expect(writes()).toBe(5);
    simulation.command(rescan('esx1'));
    simulation.runUntil(3e9);
    const hosts = run
      .entities('mount', { datastore: copy as string })
      .map((own) => own.labels.host);
    expect(hosts).toEqual(['esx0', 'esx1']);
    expect(refused(run, { kind: 'resignature', host: 'esx0', lun })).toContain('already');
    // It is a datastore like any other: what is made there takes space of the pool.
    const made = { datastore: copy as string, name: 'made', sizeBytes: 2 ** 28 };
    simulation.command({ kind: 'createDisk', ...made, diskKind: 'eagerThick' });
    simulation.runUntil(6e9);
    const zeroed = fieldOf(simulation.sample(false), run.entity('lun', 'copyA'), 'allocatedBlocks');
    expect(zeroed).toBeGreaterThanOrEqual(2 ** 28 / 512);
    expect(simulation.totals().errors).toBe(0);
    expect(simulation.violations).toEqual([]);
  });

  it('is reserved by its hosts where the array has no ATS, as the original is', () => {
    const run = new Run(planOf({ hosts: 2, luns: LUNS, extents: ['a'], vaai: '{ ats: false }' }));
    const { simulation } = run;
    simulation.command(snapshot('a'));
    simulation.command(present('a', 'copyA'));
    simulation.command(rescan('esx0'));
    simulation.runUntil(1e9);
    simulation.command({ kind: 'resignature', host: 'esx0', lun });
    simulation.runUntil(2e9);
    simulation.command(rescan('esx1'));
    simulation.runUntil(3e9);
    const [copy] = run.entities('mount', { host: 'esx1' }).filter(({ name }) => name !== 'ds1');
    const { sim } = run;
    const mount = sim.layers.find(({ name }) => name === `esx1 mount ${copy.name}`) as VmfsMount;
    mount.open(mount.datastore.createFile(`[${copy.name}] x`, 2 ** 20, 'thin'));
    simulation.runUntil(5e9);
    expect(fieldOf(simulation.sample(false), copy, 'reserveIos')).toBeGreaterThan(0);
  });

  it('may be full', () => {
    const run = runOf(['a'], 1);
    const { simulation } = run;
    const params = { leave: 0 };
    simulation.command({ kind: 'inject', fault: 'fill-datastore', target: 'ds1', params });
    simulation.command(snapshot('a'));
    simulation.command(present('a', 'copyA'));
    simulation.command(rescan('esx0'));
    simulation.runUntil(1e9);
    simulation.command({ kind: 'resignature', host: 'esx0', lun });
    simulation.runUntil(2e9);
    const [, copy] = run.entities('datastore');
    expect(fieldOf(simulation.sample(false), copy, 'freeBlocks')).toBe(0);
  });

  it('holds what guests had been told is written when the snapshot was made, and nothing later', () => {
    const run = runOf(['a', 'b']);
    const { simulation, sim } = run;
    simulation.runUntil(2e9);
    for (const own of ['a', 'b']) simulation.command(snapshot(own));
    const allowed = simulation.verifiers.map((verifier) => {
      const stamps: (readonly number[])[] = [];
      for (let at = verifier.startBlock; at < verifier.endBlock; at += DATA_BLOCKS) {
        stamps.push([...verifier.stampsAt(at)]);
      }
      return { start: verifier.startBlock, stamps };
    });
    simulation.runUntil(4e9);
    simulation.command(present('a', 'copyA'));
    simulation.command(present('b', 'copyB'));
    simulation.command(rescan('esx1'));
    simulation.runUntil(5e9);
    simulation.command({ kind: 'resignature', host: 'esx1', lun });
    simulation.runUntil(6e9);
    const mount = sim.layers.find(({ name }) => /^esx1 mount snap-/.test(name)) as VmfsMount;
    let written = 0;
    for (const [guest, { start, stamps }] of allowed.entries()) {
      const reader = new Reader(sim, 'reader');
      const file = mount.datastore.files.find((own) =>
        own?.path.endsWith(`vm${guest}/vm${guest}-flat.vmdk`),
      );
      expect(file?.path).toMatch(/^\[snap-/);
      for (let at = 0; at < stamps.length * DATA_BLOCKS; at += 2048) {
        reader.read(mount, file?.index as number, start + at, 2048);
      }
      simulation.runUntil(simulation.now + 1e9);
      expect(reader.problems).toBe(0);
      expect(reader.found.size).toBe(stamps.length);
      for (const [index, known] of stamps.entries()) {
        const stamp = reader.found.get(start + index * DATA_BLOCKS) as number;
        if (!known.includes(stamp)) expect([index, stamp]).toEqual([index, known]);
        if (stamp !== 0) written++;
      }
    }
    expect(written).toBeGreaterThan(500);
    // The guests have gone on: most of what is there now is not what it was.
    const later = simulation.verifiers[0];
    const changed = allowed[0].stamps.filter(
      (known, index) =>
        !later.stampsAt(later.startBlock + index * DATA_BLOCKS).some((now) => known.includes(now)),
    );
    expect(changed.length).toBeGreaterThan(100);
    expect(simulation.violations).toEqual([]);
  });

  it('has everything where the original has it, also when that had grown', () => {
    const luns = ['{ name: a, size: 4GiB }', '{ name: copyA, copyOf: a }'];
    const run = new Run(planOf({ vmfs: 6, luns, extents: ['a'] }));
    const { simulation, sim } = run;
    simulation.command({ kind: 'growLun', lun: 'array1/a', sizeBytes: 12 * 2 ** 30 });
    simulation.command(rescan('esx0'));
    simulation.runUntil(1e9);
    simulation.command({ kind: 'growDatastore', datastore: 'ds1' });
    simulation.runUntil(2e9);
    simulation.command(snapshot('a'));
    simulation.command(present('a', 'copyA'));
    simulation.command(rescan('esx0'));
    simulation.runUntil(3e9);
    simulation.command({ kind: 'resignature', host: 'esx0', lun });
    simulation.runUntil(4e9);
    const [original, copy] = [/^esx0 mount ds1/, /^esx0 mount snap-/].map(
      (name) => (sim.layers.find((layer) => name.test(layer.name)) as VmfsMount).datastore,
    );
    expect(copy!.capacity).toBe(original!.capacity);
    expect(copy!.capacity).toBeGreaterThan(11 * 1024);
    for (const number of [1, 100]) {
      expect(copy!.lockAddress(number)).toBe(original!.lockAddress(number));
      expect(copy!.pointerAddress(number)).toBe(original!.pointerAddress(number));
    }
    for (const fileBlock of [0, 3000, 11_000]) {
      expect(copy!.clusterAt(fileBlock)).toBe(original!.clusterAt(fileBlock));
    }
  });

  it('needs all its extents', () => {
    const run = runOf(['a', 'b']);
    const { simulation } = run;
    for (const own of ['a', 'b']) simulation.command(snapshot(own));
    simulation.command(present('a', 'copyA'));
    simulation.command(rescan('esx0'));
    simulation.runUntil(1e9);
    const command: Command = { kind: 'resignature', host: 'esx0', lun };
    expect(refused(run, command)).toContain('does not see all extents');
    simulation.command(present('b', 'copyB'));
    simulation.command(rescan('esx0'));
    simulation.runUntil(2e9);
    simulation.command(command);
    simulation.runUntil(3e9);
    expect(run.of('vmfs.resignatured')).toHaveLength(1);
  });
});
