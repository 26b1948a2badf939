import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../src/engine/core/assert.js';
import {
  ATS,
  FLUSH,
  INQUIRY,
  type Io,
  OTHER,
  READ,
  READ_CAPACITY,
  TEST_UNIT_READY,
  UNMAP,
  WRITE,
  ZERO,
} from '../../../src/engine/core/io.js';
import { Layer } from '../../../src/engine/core/layer.js';
import type { Entity } from '../../../src/engine/core/meters.js';
import { Sim } from '../../../src/engine/core/sim.js';
import {
  CHECK,
  SENSE_INVALID_OPCODE,
  SENSE_LBA_OUT_OF_RANGE,
} from '../../../src/engine/core/status.js';
import { ADAPTER_TYPES } from '../../../src/engine/stack/vscsi/index.js';
import { VirtualAdapter } from '../../../src/engine/stack/vscsi/virtual-adapter.js';
import { VirtualScsiDisk } from '../../../src/engine/stack/vscsi/virtual-scsi-disk.js';

const SIZE = 1_000_000;

/** Keeps rows for as long as `delayNs` says and notes how many it had at once. */
class Files extends Layer {
  inside = 0;
  most = 0;
  readonly seen: number[] = [];
  delayNs: () => number = () => 100_000;

  constructor(sim: Sim) {
    super(sim, 'fake files');
  }

  override submit(io: Io): void {
    this.inside++;
    this.most = Math.max(this.most, this.inside);
    this.seen.push(this.sim.now);
    this.sim.requests.lba[io] += 5_000;
    this.after(this.delayNs(), io);
  }

  override fire(io: Io): void {
    this.inside--;
    this.leave(io).complete(io);
  }
}

class Guest extends Layer {
  readonly back: { io: Io; op: number; lba: number; status: number; sense: number; at: number }[] =
    [];
  readonly issuedAt = new Map<Io, number>();
  latencyNs = 0;

  constructor(sim: Sim) {
    super(sim, 'fake guest');
  }

  issue(disk: Layer, op: number, lba = 0, blocks = 8): Io {
    const { requests } = this.sim;
    const io = requests.take();
    requests.op[io] = op;
    requests.lba[io] = lba;
    requests.blocks[io] = blocks;
    this.issuedAt.set(io, this.sim.now);
    this.enter(io);
    disk.submit(io);
    return io;
  }

  override submit(): void {
    throw new Error('nothing is above the guest');
  }

  override complete(io: Io): void {
    const { op, lba, status, sense } = this.sim.requests;
    const at = this.sim.now;
    this.latencyNs += at - (this.issuedAt.get(io) as number);
    this.back.push({ io, op: op[io], lba: lba[io], status: status[io], sense: sense[io], at });
    this.sim.requests.give(io);
  }
}

function setUp(
  type: keyof typeof ADAPTER_TYPES,
  kinds: readonly ('thin' | 'lazyThick' | 'eagerThick')[] = ['thin'],
): { sim: Sim; adapter: VirtualAdapter; files: Files; disks: VirtualScsiDisk[]; guest: Guest } {
  const sim = new Sim(1, 2048);
  const files = new Files(sim);
  const adapter = new VirtualAdapter(sim, {
    vm: 'web1',
    host: 'esx1',
    name: 'scsi0',
    type: ADAPTER_TYPES[type],
  });
  const disks = kinds.map((kind, number) => {
    const file = {
      index: number,
      path: 'x',
      sizeBlocks: SIZE,
      allocatedBlocks: 4096,
      toBeZeroedBlocks: 1024,
    };
    const plan = { name: `scsi0:${number}`, index: number };
    const datastore = { name: 'ds1' };
    const backing = { file, kind, datastore, firstWrites: 3, onChange: () => undefined };
    const options = { vm: 'web1', host: 'esx1', adapter, plan, backing };
    return new VirtualScsiDisk(sim, options, files);
  });
  return { sim, adapter, files, disks, guest: new Guest(sim) };
}

function value(entity: Entity, field: string): number {
  return entity.values[entity.slot(field)];
}

describe('commands of an emulated disk', () => {
  it('are answered, refused or sent down as the table of stack-upper 21.2 says', () => {
    const { sim, files, disks, guest } = setUp('pvscsi', ['thin', 'eagerThick']);
    const ask = (op: number, lba = 0, blocks = 8, disk = 0): [number, number, boolean] => {
      const below = files.seen.length;
      guest.issue(disks[disk], op, lba, blocks);
      sim.runUntil(sim.now + 1e6);
      const { status, sense } = guest.back[guest.back.length - 1];
      return [status, sense, files.seen.length > below];
    };
    for (const op of [TEST_UNIT_READY, INQUIRY, READ_CAPACITY, FLUSH]) {
      expect(ask(op)).toEqual([0, 0, false]);
    }
    for (const op of [OTHER, ATS, ZERO]) {
      expect(ask(op)).toEqual([CHECK, SENSE_INVALID_OPCODE, false]);
    }
    for (const op of [READ, WRITE, UNMAP]) {
      expect(ask(op, SIZE - 8, 8)).toEqual([0, 0, true]);
      expect(ask(op, SIZE - 7, 8)).toEqual([CHECK, SENSE_LBA_OUT_OF_RANGE, false]);
      expect(ask(op, -1, 8)).toEqual([CHECK, SENSE_LBA_OUT_OF_RANGE, false]);
      expect(ask(op, SIZE, 0)).toEqual([0, 0, false]);
    }
    expect(ask(UNMAP, 0, 8, 1)).toEqual([CHECK, SENSE_INVALID_OPCODE, false]);
    expect(ask(READ, Number.NaN)).toEqual([CHECK, SENSE_LBA_OUT_OF_RANGE, false]);
  });
});

describe('cost of the virtual adapter', () => {
  for (const type of ['pvscsi', 'lsilogic'] as const) {
    const { issueNs, interruptNs } = ADAPTER_TYPES[type];

    it(`${type}: one command takes issue, files and interrupt`, () => {
      const { sim, disks, guest } = setUp(type);
      guest.issue(disks[0], READ);
      guest.issue(disks[0], TEST_UNIT_READY);
      sim.runUntil(1e6);
      expect(guest.back.map(({ op, at }) => [op, at])).toEqual([
        [TEST_UNIT_READY, 2 * issueNs + interruptNs],
        [READ, issueNs + 100_000 + interruptNs],
      ]);
    });

    it(`${type}: commands of all disks are taken one after the other`, () => {
      const { sim, files, disks, guest } = setUp(type, ['thin', 'thin']);
      for (let count = 0; count < 4; count++) guest.issue(disks[count % 2], READ);
      sim.runUntil(1e6);
      expect(files.seen).toEqual([1, 2, 3, 4].map((number) => number * issueNs));
    });
  }

  it('one interrupt announces all that came back before it fired', () => {
    const { sim, adapter, files, disks, guest } = setUp('pvscsi');
    const { issueNs, interruptNs } = ADAPTER_TYPES.pvscsi;
    let left = 4;
    // All four come back within half a microsecond, at 100.0, 100.1, ... us.
    files.delayNs = () => 100_000 - sim.now + 100 * (4 - left--);
    for (let count = 0; count < 4; count++) guest.issue(disks[0], READ);
    sim.runUntil(1e6);
    expect(issueNs * 4).toBeLessThan(100_000);
    expect(guest.back.map(({ at }) => at)).toEqual(Array(4).fill(100_000 + interruptNs));
    expect(value(adapter.entity, 'interrupts')).toBe(1);
  });
});

describe('depths and figures', () => {
  it('has the depths of stack-upper 19', () => {
    const { pvscsi, lsilogic } = ADAPTER_TYPES;
    expect([pvscsi.diskQueueDepth, pvscsi.ringDepth]).toEqual([64, 254]);
    expect([lsilogic.diskQueueDepth, lsilogic.ringDepth]).toEqual([32, 128]);
  });

  it('lets no more than a disk queue and a ring below', () => {
    for (const type of ['pvscsi', 'lsilogic'] as const) {
      const { diskQueueDepth, ringDepth } = ADAPTER_TYPES[type];
      const one = setUp(type);
      for (let count = 0; count < 300; count++) one.guest.issue(one.disks[0], READ);
      one.sim.runUntil(1e9);
      expect(one.files.most).toBeLessThanOrEqual(diskQueueDepth);
      const five = setUp(type, Array(5).fill('thin'));
      five.files.delayNs = () => 100e6;
      for (let count = 0; count < 1000; count++) five.guest.issue(five.disks[count % 5], READ);
      five.sim.runUntil(50e6);
      five.sim.meters.sample();
      expect(five.files.inside).toBe(ringDepth);
      expect(value(five.adapter.entity, 'active')).toBe(ringDepth);
      expect(value(five.adapter.entity, 'queued')).toBe(5 * diskQueueDepth - ringDepth);
      expect(value(five.disks[0].entity, 'active')).toBe(diskQueueDepth);
      expect(value(five.disks[0].entity, 'queued')).toBe(200 - diskQueueDepth);
      five.sim.runUntil(20e9);
      expect([five.guest.back.length, five.files.most]).toEqual([1000, ringDepth]);
    }
  });

  it('takes as many disks as the adapter has addresses', () => {
    expect(() => setUp('lsilogic', Array(15).fill('thin'))).not.toThrow();
    expect(() => setUp('lsilogic', Array(16).fill('thin'))).toThrow(AssertionError);
  });

  it('shows the file behind the disk', () => {
    const { sim, disks } = setUp('pvscsi');
    sim.meters.sample();
    const fields = ['sizeBlocks', 'allocatedBlocks', 'zeroedBlocks', 'firstWrites'];
    expect(fields.map((field) => value(disks[0].entity, field))).toEqual([SIZE, 4096, 3072, 3]);
    expect(disks[0].entity.labels).toEqual({
      vm: 'web1',
      host: 'esx1',
      datastore: 'ds1',
      kind: 'thin',
    });
  });

  it('completes everything exactly once and its latencies add up to what the guest saw', () => {
    const op = fc.constantFrom(READ, READ, WRITE, WRITE, UNMAP, FLUSH, OTHER, INQUIRY);
    const step = fc.record({
      op,
      disk: fc.nat(2),
      burst: fc.nat(40),
      waitNs: fc.nat(300_000),
      lba: fc.integer({ min: -8, max: SIZE }),
    });
    const type = fc.constantFrom('pvscsi' as const, 'lsilogic' as const);
    fc.assert(
      fc.property(type, fc.array(step, { maxLength: 40 }), (kind, steps) => {
        const { sim, disks, files, guest } = setUp(kind, ['thin', 'lazyThick', 'eagerThick']);
        let salt = 1;
        files.delayNs = () => {
          salt = (salt * 16_807) % 2_147_483_647;
          return salt % 500_000;
        };
        let issued = 0;
        for (const { op: asked, disk, burst, waitNs, lba } of steps) {
          for (let count = 0; count < burst; count++) guest.issue(disks[disk], asked, lba);
          issued += burst;
          sim.runUntil(sim.now + waitNs);
          sim.meters.sample();
          expect(files.inside).toBeLessThanOrEqual(3 * ADAPTER_TYPES[kind].diskQueueDepth);
        }
        sim.runUntil(sim.now + 10e9);
        sim.meters.sample();
        const total = (fields: readonly string[]): number =>
          disks.reduce(
            (sum, { entity }) => sum + fields.reduce((part, name) => part + value(entity, name), 0),
            0,
          );
        expect(guest.back.length).toBe(issued);
        expect(sim.requests.inFlight).toBe(0);
        expect(total(['reads', 'writes', 'others'])).toBe(issued);
        expect(total(['readNs', 'writeNs', 'otherNs'])).toBe(guest.latencyNs);
        expect(total(['occupancyNs'])).toBe(guest.latencyNs);
      }),
      { numRuns: 60 },
    );
  });
});
