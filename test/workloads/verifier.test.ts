import { describe, expect, it } from 'vitest';
import { FLUSH, type Io, UNMAP, WRITE } from '../../src/engine/core/io.js';
import { Layer } from '../../src/engine/core/layer.js';
import { Sim } from '../../src/engine/core/sim.js';
import { readStamp, stampOf, writeOf } from '../../src/engine/core/stamp.js';
import { CHECK } from '../../src/engine/core/status.js';
import { Media } from '../../src/engine/devices/media.js';
import type { JobPlan } from '../../src/engine/plan/plan.js';
import { GuestTotals } from '../../src/engine/workloads/totals.js';
import { VerifyingJob } from '../../src/engine/workloads/verifying-job.js';
import { JOB, Machine } from './below.js';

/** A disk: performs each command at a random time while it is inside, unless told otherwise. */
class Store extends Layer {
  readonly media: Media;
  /** Does something else with a command than to perform it; false performs it. */
  trick: (io: Io, count: number, store: Store) => boolean = () => false;
  private count = 0;
  private readonly performed: Uint8Array;

  constructor(sim: Sim) {
    super(sim, 'store');
    this.media = new Media(sim, 'store', sim.arena!);
    this.performed = sim.requests.column('store.performed', Uint8Array);
  }

  override submit(io: Io): void {
    this.performed[io] = 0;
    this.after(1_000 + this.sim.random.stream(`store ${this.count}`).below(50_000), io);
  }

  override fire(io: Io): void {
    if (this.performed[io] === 0) {
      if (!this.trick(io, this.count++, this)) this.media.execute(io);
      this.performed[io] = 1;
      this.after(1_000 + ((this.count * 7919) % 50_000), io);
      return;
    }
    this.leave(io).complete(io);
  }

  isWrite(io: Io): boolean {
    return this.sim.requests.op[io] === WRITE;
  }

  fail(io: Io): void {
    this.sim.requests.status[io] = CHECK;
  }

  /** What tests look at. */
  get below(): { sim: Sim } {
    return { sim: this.sim };
  }

  /** Performs the whole megabytes of the command. */
  performWhole(io: Io): void {
    const { lba, blocks } = this.sim.requests;
    const from = Math.ceil(lba[io]! / 2048) * 2048;
    const to = Math.floor((lba[io]! + blocks[io]!) / 2048) * 2048;
    if (to > from) this.performShifted(io, from - lba[io]!, to - from - blocks[io]!);
  }

  /** Performs the command so many blocks further on, and so many longer. */
  performShifted(io: Io, further: number, longer: number): void {
    const { lba, blocks } = this.sim.requests;
    blocks[io]! += longer;
    this.media.execute(io, lba[io]! + further);
    blocks[io]! -= longer;
  }

  /** Performs the command 4 KiB further on. */
  performBeside(io: Io): void {
    const { lba } = this.sim.requests;
    this.media.execute(io, lba[io]! + 8);
  }
}

const KIB = 1024;

function setUp(changes: Partial<JobPlan> = {}, sim = new Sim(5, 1024, true), guest = 0) {
  const store = new Store(sim);
  const plan: JobPlan = {
    ...JOB,
    name: `job${guest}`,
    rw: 'randrw',
    rwmixread: 50,
    bs: [4, 16, 64].map((kib) => ({ bytes: kib * KIB, weight: 1 })),
    iodepth: 16,
    offsetBytes: 52 * KIB,
    sizeBytes: 512 * KIB,
    stopNs: 50e6,
    verify: true,
    ...changes,
  };
  const options = {
    plan,
    machine: new Machine(),
    world: 1,
    disk: 0,
    capacityBlocks: 1 << 20,
    totals: new GuestTotals(),
  };
  const job = new VerifyingJob(sim, options, guest, store);
  return { sim, store, job, verifier: job.verifier };
}

function run(trick: Store['trick'], changes: Partial<JobPlan> = {}) {
  const all = setUp(changes);
  all.store.trick = trick;
  all.job.start();
  all.sim.runUntil(100e6);
  expect(all.job.inFlight).toBe(0);
  all.job.readBack();
  all.sim.runUntil(200e6);
  return all;
}

const kinds = ({ violations }: { violations: readonly { kind: string }[] }): Set<string> =>
  new Set(violations.map(({ kind }) => kind));

describe('stamps', () => {
  it('tell guest, block and write', () => {
    const stamp = stampOf(255, 262_143, 134_217_727);
    expect(Number.isSafeInteger(stamp)).toBe(true);
    expect(readStamp(stamp)).toEqual({ guest: 255, block: 262_143, write: 134_217_727 });
    expect(writeOf(stampOf(3, 7, 9), 3, 7)).toBe(9);
    expect(writeOf(stampOf(3, 7, 9), 3, 8)).toBe(-1);
    expect(writeOf(stampOf(3, 7, 9), 4, 7)).toBe(-1);
    expect([writeOf(0, 3, 7), writeOf(-2, 3, 7), writeOf(Number.NaN, 3, 7)]).toEqual([0, -1, -1]);
  });
});

describe('a verifying guest', () => {
  it('finds nothing wrong with an honest disk, and reads everything back once', () => {
    const { verifier, sim } = run(() => false);
    expect(verifier.violations).toEqual([]);
    expect(verifier.blocksWritten).toBeGreaterThan(3_000);
    expect(verifier.blocksRead).toBeGreaterThan(3_000);
    expect(sim.requests.inFlight).toBe(0);
  });

  it('knows which blocks might as well hold something else: where the last writes overlapped', () => {
    expect(run(() => false).verifier.blocksUnsure).toBeGreaterThan(0);
    expect(run(() => false, { iodepth: 1 }).verifier.blocksUnsure).toBe(0);
  });

  it('reads back its whole part, not a block more', () => {
    const { job, store, sim } = setUp({ offsetBytes: 8 * KIB, sizeBytes: 300 * KIB });
    const seen: [number, number][] = [];
    store.trick = (io) => {
      seen.push([sim.requests.lba[io], sim.requests.blocks[io]]);
      return false;
    };
    job.readBack();
    sim.runUntil(10e6);
    const ordered = seen.sort(([a], [b]) => a - b);
    expect(ordered).toEqual([
      [16, 512],
      [528, 88],
    ]);
  });

  it('accepts writes with errors, done or not', () => {
    const { verifier } = run((io, count, store) => {
      if (count % 5 !== 0 || !store.isWrite(io)) return false;
      store.fail(io);
      return count % 2 === 0;
    });
    expect(verifier.violations).toEqual([]);
  });

  it('says which blocks cannot be read back', () => {
    const { job, store, sim, verifier } = setUp({ offsetBytes: 0, sizeBytes: 256 * KIB });
    store.trick = (io) => {
      store.fail(io);
      return true;
    };
    job.readBack();
    sim.runUntil(10e6);
    expect(kinds(verifier)).toEqual(new Set(['unread']));
    expect(verifier.violations[0]?.text).toContain('H:0x0 D:0x2 P:0x0');
  });

  it('notices a write that was dropped', () => {
    const { verifier } = run((io, count, store) => count % 97 === 0 && store.isWrite(io));
    expect(kinds(verifier).has('lost')).toBe(true);
    expect(kinds(verifier).has('foreign')).toBe(false);
  });

  it('notices a read that was never performed', () => {
    const { verifier } = run((io, count, store) => count % 97 === 0 && !store.isWrite(io));
    expect([...kinds(verifier)]).toEqual(['foreign']);
    expect(verifier.violations[0]?.text).toContain('no medium was asked');
  });

  describe('that gives blocks back', () => {
    // Two whole megabytes from the middle of one to the middle of another.
    const changes = { sizeBytes: 3072 * KIB, offsetBytes: 512 * KIB, trimPercent: 30 };
    const isUnmap = (io: Io, { sim }: { sim: Sim }) => sim.requests.op[io] === UNMAP;

    it('finds nothing wrong with zeros', () => {
      const { verifier } = run(() => false, changes);
      expect(verifier.violations).toEqual([]);
      expect(verifier.blocksUnmapped).toBeGreaterThan(1_000);
    });

    it('finds nothing wrong with a disk that ignores what is not a whole megabyte', () => {
      const { verifier } = run((io, _count, store) => {
        if (!isUnmap(io, store.below)) return false;
        store.performWhole(io);
        return true;
      }, changes);
      expect(verifier.violations).toEqual([]);
    });

    it('notices one that was acknowledged and lost', () => {
      let unmaps = 0;
      const { verifier } = run(
        (io, _count, store) => isUnmap(io, store.below) && ++unmaps % 10 === 0,
        changes,
      );
      expect(kinds(verifier)).toEqual(new Set(['lost']));
      expect(verifier.violations[0]?.text).toMatch(/found write \d+ where .*zeros.* had to be/);
    });

    it('notices one that leaves the end of the data', () => {
      const { verifier } = run((io, _count, store) => {
        if (!isUnmap(io, store.below)) return false;
        store.performShifted(io, 0, -8);
        return true;
      }, changes);
      expect(kinds(verifier).has('lost')).toBe(true);
    });

    it('notices one that takes the block behind as well', () => {
      const { verifier } = run((io, _count, store) => {
        if (!isUnmap(io, store.below)) return false;
        store.performShifted(io, 0, 8);
        return true;
      }, changes);
      expect(kinds(verifier).has('lost')).toBe(true);
      expect(verifier.violations.some(({ text }) => text.includes('found zeros'))).toBe(true);
    });
  });

  it('flushes after so many writes, and gets an answer to each', () => {
    let flushes = 0;
    let writes = 0;
    const { verifier, sim } = run(
      (io, _count, store) => {
        if (store.isWrite(io)) writes++;
        if (store.below.sim.requests.op[io] === FLUSH) flushes++;
        return false;
      },
      { fsync: 4 },
    );
    expect(verifier.violations).toEqual([]);
    expect(sim.requests.inFlight).toBe(0);
    expect(Math.abs(flushes - writes / 4)).toBeLessThanOrEqual(16);
    expect(flushes).toBeGreaterThan(10);
  });

  it('notices data of another place', () => {
    const { verifier } = run((io, count, store) => {
      if (count % 97 !== 0 || store.isWrite(io)) return false;
      store.performBeside(io);
      return true;
    });
    expect(kinds(verifier).has('foreign')).toBe(true);
    expect(verifier.violations.some(({ text }) => text.includes('to its block'))).toBe(true);
  });

  it('notices old data after newer has been read', () => {
    // A mirror that was cut off half way, and answers reads in the end.
    const { job, store, sim, verifier } = setUp({ stopNs: 40e6 });
    const mirror = new Media(sim, 'mirror', sim.arena!);
    store.trick = (io) => {
      if (sim.now < 20e6 && store.isWrite(io)) mirror.execute(io);
      if (sim.now < 30e6 || store.isWrite(io)) return false;
      mirror.execute(io);
      return true;
    };
    job.start();
    sim.runUntil(100e6);
    expect(kinds(verifier).has('stale')).toBe(true);
    expect(verifier.violations).toHaveLength(20);
    expect(verifier.violationCount).toBeGreaterThan(20);
  });

  it('notices a command that comes back twice', () => {
    const { job, store, sim, verifier } = setUp({ iodepth: 1, stopNs: 1e6 });
    let done = false;
    store.trick = (io) => {
      if (done) return false;
      done = true;
      store.media.execute(io);
      verifier.settle(io);
      return true;
    };
    job.start();
    sim.runUntil(10e6);
    expect(kinds(verifier)).toEqual(new Set(['twice']));
  });

  it('notices what another guest wrote', () => {
    const { job, store, sim, verifier } = setUp();
    const other = setUp({ stopNs: 10e6 }, sim, 1);
    Object.assign(other.store, { media: store.media });
    job.start();
    other.job.start();
    sim.runUntil(100e6);
    expect(kinds(verifier).has('foreign')).toBe(true);
    expect(verifier.violations.some(({ text }) => text.includes('of guest 1'))).toBe(true);
  });
});
