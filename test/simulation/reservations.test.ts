/** Metadata of VMFS on arrays without ATS: SCSI-2 reservations through the stack. */
import { afterEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { checkVolume } from '../../src/engine/formats/vmfs/check/check.js';
import { KINDS } from '../../src/engine/formats/vmfs/check/findings.js';
import { ExtentReservation } from '../../src/engine/stack/filesystem/vmfs/extent-reservation.js';
import { MetadataIo } from '../../src/engine/stack/filesystem/vmfs/metadata-io.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';
import {
  planOf as bytesPlan,
  compareDisk,
  damage,
  fileOf,
  imagesOf,
  readerOf,
} from './on-disk/rig.js';
import { ReservationWatch } from './reservation-watch.js';
import { fieldOf, MS, Run, SECOND } from './support.js';

interface Shape {
  readonly ats?: boolean;
  readonly locking?: string;
  readonly content?: string;
  readonly version?: number;
  readonly settings?: string;
  /** Of the machine on the second host. */
  readonly job?: string;
}

/** Two hosts; the machine on the first fills a thin disk, that on the second reads its thick one. */
function start(shape: Shape = {}): Run {
  const { ats = false, locking, content = 'none', version = 5, settings = '' } = shape;
  const { job = 'rw: randread, iodepth: 1, thinktime: 2ms' } = shape;
  const text = `
duration: 60s
arrays:
  - name: array1
    vaai: { ats: ${ats} }
    luns: [{ name: lun0, size: 3GiB${content === 'none' ? '' : `, content: ${content}`} }]
hosts: [{ name: esx, count: 2, settings: { ${settings} } }]
datastores:
  - { name: ds, extents: array1/lun0, version: ${version}${locking === undefined ? '' : `, locking: ${locking}`} }
vms:
  - { name: grow, host: esx1, memory: 16MiB, disks: [{ size: 1GiB, kind: thin }],
      workloads: { rw: write, bs: 64k, iodepth: 1, thinktime: 2ms } }
  - { name: read, host: esx2, memory: 16MiB, disks: [{ size: 128MiB, kind: eagerThick }, { size: 512MiB }],
      workloads: { ${job} } }
`;
  const { source, text: parsed } = parseScenario(text, 'reservations.yaml');
  return new Run(planScenario(source, parsed));
}

const restores: (() => void)[] = [];
afterEach(() => {
  for (const restore of restores.splice(0)) restore();
});

function watch(): ReservationWatch {
  const made = new ReservationWatch();
  restores.push(() => made.stop());
  return made;
}

/** Replaces a method until the test is over. */
function plant(prototype: object, method: string, bug: (...args: unknown[]) => unknown): void {
  const methods = prototype as Record<string, unknown>;
  const original = methods[method];
  methods[method] = bug;
  restores.push(() => {
    methods[method] = original;
  });
}

function device(run: Run, host: string, field: string): number {
  const [found] = run.entities('device', { host, lun: 'lun0' });
  return fieldOf(run.simulation.sample(), found!, field);
}

function mountField(run: Run, host: string, field: string): number {
  const [mount] = run.entities('mount', { host });
  return fieldOf(run.simulation.sample(), mount!, field);
}

/** Reads of the second machine's first disk, and their mean latency in ms. */
function readsOf(run: Run): { readonly count: number; readonly mean: number } {
  const disk = run.entity('disk', 'read:scsi0:0');
  const sample = run.simulation.sample();
  const count = fieldOf(sample, disk, 'reads');
  return { count, mean: fieldOf(sample, disk, 'readNs') / count / MS };
}

/** Runs until a host holds the reservation of the LUN. */
function untilHeldBy(host: string, { simulation }: Run, seen: ReservationWatch): void {
  const limit = simulation.now + SECOND;
  while (!seen.isHeldBy(host)) {
    if (simulation.now > limit) throw new Error(`${host} reserves nothing`);
    simulation.runUntil(simulation.now + 50_000);
  }
}

describe('metadata on an array without ATS', () => {
  it.each(['none', 'memory'])('is written under reservations only; content %s', (content) => {
    const seen = watch();
    const run = start({ content, job: 'disk: 1, rw: randwrite, bs: 64k, thinktime: 5ms' });
    const { simulation } = run;
    simulation.runUntil(0.15 * SECOND);
    expect(seen.problems).toEqual([]);
    expect(seen.metadataWrites).toBeGreaterThan(20);
    for (const host of ['esx1', 'esx2']) {
      expect(device(run, host, 'reserves'), host).toBeGreaterThan(2);
      // The first one tells what the array can.
      expect(device(run, host, 'ats'), host).toBe(device(run, host, 'atsFailed'));
      expect(device(run, host, 'conflicts'), host).toBeGreaterThan(0);
    }
    expect(simulation.totals().errors).toBe(0);
    simulation.stopJobs();
    simulation.runUntil(0.5 * SECOND);
    expect([...seen.luns].map(({ reservation }) => reservation.isHeld)).toEqual([false]);
    expect(run.of('device.reset')).toEqual([]);
    for (const image of simulation.images.values()) {
      const { list } = checkVolume([image]).findings;
      expect(list.filter(({ kind }) => KINDS[kind].severity !== 'note')).toEqual([]);
    }
  });

  it('of one host slows what guests of another read, which ATS does not', () => {
    const [plain, offloaded] = [start(), start({ ats: true })];
    for (const run of [plain, offloaded]) run.simulation.runUntil(2 * SECOND);
    const conflicts = device(plain, 'esx2', 'conflicts');
    expect(conflicts).toBeGreaterThan(20);
    // After each conflict a command waits for 2.5 ms at least (half of the first pause).
    const { count, mean } = readsOf(plain);
    expect((mean - readsOf(offloaded).mean) * count).toBeGreaterThan(0.9 * 2.5 * conflicts);
    expect(device(offloaded, 'esx2', 'conflicts') + device(offloaded, 'esx1', 'reserves')).toBe(0);
  });

  it('shares a reservation no longer than Disk.DiskReservationThreshold', () => {
    const shared = start();
    const alone = start({ settings: 'Disk.DiskReservationThreshold: 0' });
    const countsAt = (run: Run, at: number): readonly [reserves: number, writes: number] => {
      run.simulation.runUntil(at);
      const [datastore] = run.entities('datastore');
      const writes = fieldOf(run.simulation.sample(), datastore!, 'metadataWrites');
      return [device(run, 'esx1', 'reserves'), writes];
    };
    const perWrite = (run: Run): number => {
      const before = countsAt(run, 0.2 * SECOND);
      const after = countsAt(run, 0.8 * SECOND);
      return (after[0] - before[0]) / (after[1] - before[1]);
    };
    // Lock, bitmap and pointer are one commit under one reservation, or each step is under its own.
    expect(perWrite(shared)).toBeCloseTo(1 / 3, 1);
    expect(perWrite(alone)).toBeCloseTo(1, 1);
  });
});

describe('bugs that are planted', () => {
  it('a RELEASE that is forgotten: the reservation stays', () => {
    plant(ExtentReservation.prototype, 'release', () => undefined);
    const seen = watch();
    const run = start();
    run.simulation.runUntil(0.2 * SECOND);
    run.simulation.stopJobs();
    run.simulation.runUntil(0.4 * SECOND);
    expect([...seen.luns].map(({ reservation }) => reservation.isHeld)).toEqual([true]);
  });

  it('metadata written without waiting for the reservation', () => {
    plant(MetadataIo.prototype, 'write', function (this: MetadataIo, ...args: unknown[]) {
      const [lba, blocks, purpose, client, token, payload] = args as Parameters<
        MetadataIo['write']
      >;
      this.makeRow({ op: 1, lba, blocks, purpose, client, token, payload });
    } as (...args: unknown[]) => unknown);
    plant(ExtentReservation.prototype, 'reserve', function (this: { taken(status: number): void }) {
      this.taken(0);
    } as (...args: unknown[]) => unknown);
    const seen = watch();
    const run = start();
    run.simulation.runUntil(0.2 * SECOND);
    expect(seen.problems[0]).toMatch(/written without the reservation of lun0/);
  });
});

describe('a host that dies with the device reserved', () => {
  it('keeps it so until another resets the LUN, 4 s after its first conflict', () => {
    const seen = watch();
    const run = start();
    const { simulation } = run;
    simulation.runUntil(0.2 * SECOND);
    const [lun] = seen.luns;
    untilHeldBy('esx1', run, seen);
    const diedAt = simulation.now;
    run.inject('host-crash', 'esx1');
    simulation.runUntil(diedAt + SECOND);
    expect(lun!.reservation.isHeld).toBe(true);
    const reads = simulation.totals().reads;
    simulation.runUntil(diedAt + 3 * SECOND);
    expect(simulation.totals().reads).toBeLessThanOrEqual(reads + 1);
    // The other host finds out with its next heartbeat, every 3 s.
    simulation.runUntil(diedAt + 8 * SECOND);
    const [reset] = run.of('device.reset');
    expect(reset).toMatchObject({ object: expect.stringContaining('esx2') });
    expect(reset!.at - diedAt).toBeGreaterThanOrEqual(4 * SECOND);
    expect(simulation.totals().reads).toBeGreaterThan(reads + 10);
    expect(run.of('command.failed', 'read')).toEqual([]);
    expect(run.of('vmfs.heartbeat.timedout')).toEqual([]);
  });

  it('leaves a volume whose bytes are kept to be recovered by the other', () => {
    const seen = watch();
    const plan = bytesPlan({ hosts: 2, seed: 4 });
    const arrays = plan.arrays.map((array) => ({ ...array, vaai: { ...array.vaai, ats: false } }));
    const run = new Run({ ...plan, arrays });
    const { simulation } = run;
    simulation.runUntil(5 * MS);
    untilHeldBy('esx0', run, seen);
    run.inject('host-crash', 'esx0');
    simulation.runUntil(60 * MS);
    simulation.stopJobs();
    simulation.runUntil(5 * SECOND);
    simulation.command({ kind: 'takeOver', vm: 'vm0', host: 'esx1' });
    simulation.runUntil(40 * SECOND);
    expect(run.of('device.reset')).toHaveLength(1);
    expect(run.of('vm.takenOver')).toHaveLength(1);
    expect(seen.problems).toEqual([]);
    const images = imagesOf(simulation);
    expect(damage(images)).toEqual([]);
    const open = readerOf(images);
    for (const guest of simulation.verifiers.keys()) {
      compareDisk(simulation, guest, open(fileOf(guest)));
    }
  });

  it('has given it up when it is back', () => {
    const seen = watch();
    const run = start();
    const { simulation } = run;
    simulation.runUntil(0.2 * SECOND);
    const [lun] = seen.luns;
    untilHeldBy('esx1', run, seen);
    const heal = run.inject('host-crash', 'esx1');
    simulation.runUntil(simulation.now + SECOND);
    heal();
    simulation.runUntil(simulation.now + SECOND);
    expect(run.of('device.reset')).toEqual([]);
    expect(lun!.reservation.isHeld).toBe(false);
  });
});

describe('a reservation that is lost', () => {
  it('to a reset or with its path: what relied on it is begun anew, under another', () => {
    const seen = watch();
    const run = start({ job: 'disk: 1, rw: randwrite, bs: 64k, thinktime: 5ms' });
    const { simulation } = run;
    simulation.runUntil(0.2 * SECOND);
    const [lun] = seen.luns;
    for (let round = 0; round < 40; round++) {
      while (!lun!.reservation.isHeld) simulation.runUntil(simulation.now + 50_000);
      lun!.reservation.release('drill');
      lun!.attentions.raise(0x062900);
      simulation.runUntil(simulation.now + 20 * MS);
    }
    expect(run.of('vmfs.reservation.lost').length).toBeGreaterThan(5);
    const allowed = seen.problems.length;
    // Those that were on their way when it was reset.
    expect(allowed).toBeLessThan(80);
    simulation.runUntil(simulation.now + SECOND);
    expect(seen.problems.length).toBe(allowed);
    expect(simulation.totals().errors).toBe(0);
  });
});

describe('an array that stops taking ATS', () => {
  it('leaves hosts without locks and heartbeats on an ATS-only volume, until it does again', () => {
    const run = start({ ats: true });
    const { simulation } = run;
    simulation.runUntil(2 * SECOND);
    const heal = run.inject('vaai-refused', 'array1/lun0');
    simulation.runUntil(30 * SECOND);
    expect(run.of('vmfs.ats.lost', 'ds').map(({ what }) => what)).toEqual([
      expect.stringContaining('esx1'),
      expect.stringContaining('esx2'),
    ]);
    expect(run.of('vmfs.heartbeat.timedout')).toHaveLength(2);
    expect(device(run, 'esx1', 'reserves')).toBe(0);
    expect(simulation.totals().errors).toBe(0);
    heal();
    simulation.runUntil(40 * SECOND);
    expect(run.of('vmfs.heartbeat.recovered')).toHaveLength(2);
    expect(run.of('vmfs.ats.restored')).toHaveLength(2);
  });

  it('is met with reservations on a volume that was upgraded', () => {
    const seen = watch();
    const run = start({ ats: true, locking: 'ats+scsi' });
    const { simulation } = run;
    simulation.runUntil(2 * SECOND);
    expect(device(run, 'esx1', 'reserves')).toBe(0);
    run.inject('vaai-refused', 'array1/lun0');
    const before = seen.problems.length;
    simulation.runUntil(10 * SECOND);
    expect(device(run, 'esx1', 'reserves')).toBeGreaterThan(0);
    expect(mountField(run, 'esx2', 'beats')).toBeGreaterThanOrEqual(2);
    // Until the first refusal hosts rely on ATS, and write bitmaps under locks alone.
    expect(seen.problems.length - before).toBeLessThan(3);
    expect(run.of('vmfs.heartbeat.timedout')).toEqual([]);
    expect(simulation.totals().errors).toBe(0);
  });

  it('or never took it cannot have an ATS-only volume', () => {
    expect(() => start({ locking: 'ats-only' })).toThrow(InputError);
    expect(() => start({ locking: 'ats-only' })).toThrow(
      /ATS-only.*not mounted.*no.* ATS|not support ATS/,
    );
    const settings = 'VMFS3.HardwareAcceleratedLocking: 0';
    expect(() => start({ ats: true, locking: 'ats-only', settings })).toThrow(/off on esx1/);
    expect(() => start({ ats: true, locking: 'ats+scsi', settings })).not.toThrow();
  });
});
