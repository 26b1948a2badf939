/** What snapshots of LUNs hold, against full copies of the LUNs made at the same instants. */
import { describe, expect, it } from 'vitest';
import { READ, UNMAP, WRITE, XCOPY, ZERO } from '../../../src/engine/core/io.js';
import { Stream } from '../../../src/engine/core/random.js';
import type { SnapshotLun } from '../../../src/engine/devices/array/snapshot/snapshot-lun.js';
import type { ArrayPlan } from '../../../src/engine/plan/plan.js';
import { fillColumn } from '../../rows.js';
import { GIB, lunPlan, MIB, poolPlan, type Rig, rig } from '../support.js';

/** 4 KiB in the first pages of a LUN, which is all the tests touch. */
const PLACES = 1024;

/** Two thin LUNs, each in a pool of its own. */
function twoPools(changes: Partial<ArrayPlan> = {}): Rig {
  const raid = { level: 5 as const, spares: 0, rebuildBytesPerSecond: 1e9 };
  const pools = [poolPlan(), poolPlan({ name: 'silver', raid, capacityBytes: 6 * GIB })];
  const luns = [
    lunPlan({ thin: true, sizeBytes: 8 * MIB }),
    lunPlan({
      thin: true,
      sizeBytes: 8 * MIB,
      uid: 'naa.2',
      name: 'l1',
      number: 1,
      pool: 'silver',
    }),
  ];
  return rig({ cacheBytes: 0, pools, luns, ...changes }, 4096, 1, true);
}

class Content {
  private stamp = 0;

  constructor(readonly test: Rig) {}

  lun(number: number): SnapshotLun {
    return this.test.luns[number] as SnapshotLun;
  }

  /** Writes new stamps; addresses and lengths in 4 KiB. */
  write(to: number, place: number, count: number): void {
    const arena = this.test.sim.arena!;
    const data = arena.reserve(count);
    for (let index = 0; index < count; index++) arena.stamps[data + index] = ++this.stamp;
    this.command({ op: WRITE, to, lba: place * 8, blocks: count * 8, data });
  }

  read(to: number, place: number): number {
    const arena = this.test.sim.arena!;
    const data = arena.reserve(1);
    this.command({ op: READ, to, lba: place * 8, blocks: 8, data });
    return arena.stamps[data]!;
  }

  copy(from: number, place: number, to: number, target: number, count: number): void {
    const { requests } = this.test.sim;
    fillColumn(requests, requests.column('xcopy.target', Float64Array), target * 8);
    fillColumn(requests, requests.column('xcopy.unit', Int32Array), this.lun(to).index);
    this.command({ op: XCOPY, to: from, lba: place * 8, blocks: count * 8 });
  }

  command(command: Parameters<Rig['run']>[0]): void {
    expect(this.test.run(command).status).toBe(0);
  }

  /** What reads of a LUN return now. */
  now(to: number): number[] {
    const { media } = this.lun(to);
    return Array.from({ length: PLACES }, (_, place) => media!.stampAt(place * 8));
  }

  snapshot(to: number, name: string): number[] {
    const lun = this.lun(to);
    return Array.from({ length: PLACES }, (_, place) => lun.snapshotStampAt(name, place * 8));
  }

  create(to: number, name: string): void {
    this.test.array.createSnapshot(this.lun(to), name, 'test');
  }

  remove(to: number, name: string): void {
    this.test.array.deleteSnapshot(this.lun(to), name, 'test');
  }
}

describe('a snapshot of a LUN', () => {
  it('returns the old stamps after writes, zeroing and UNMAP; the LUN the new ones', () => {
    const content = new Content(twoPools());
    content.write(0, 0, 512);
    const before = content.now(0);
    content.create(0, 'monday');
    content.write(0, 8, 16);
    content.write(0, 600, 4);
    content.command({ op: ZERO, lba: 100 * 8, blocks: 20 * 8 });
    content.command({ op: UNMAP, lba: 256 * 8, blocks: 256 * 8 });
    expect(content.snapshot(0, 'monday')).toEqual(before);
    expect(content.now(0)).not.toEqual(before);
    expect([content.read(0, 0), content.read(0, 8), content.read(0, 100)]).toEqual([1, 513, 0]);
    expect(content.read(0, 300)).toBe(0);
  });

  it('keeps what EXTENDED COPY from another LUN, of another pool, writes over', () => {
    const content = new Content(twoPools());
    content.write(0, 0, 64);
    content.write(1, 0, 64);
    const [source, target] = [content.now(0), content.now(1)];
    content.create(0, 'source');
    content.create(1, 'target');
    const held = () => content.lun(0).snapshotBlocks;
    content.copy(0, 0, 1, 16, 32);
    expect(content.now(1).slice(16, 48)).toEqual(source.slice(0, 32));
    expect(content.read(1, 16)).toBe(source[0]);
    expect(content.snapshot(1, 'target')).toEqual(target);
    // The source has only been read.
    expect([content.snapshot(0, 'source'), held()]).toEqual([source, 0]);
  });

  // Whatever happens in whatever order, and whichever snapshot is deleted: as full copies would.
  it('is what a full copy of that instant would be', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const content = new Content(twoPools());
      const draw = new Stream(seed, 'snapshot content');
      const copies = [new Map<string, number[]>(), new Map<string, number[]>()];
      for (let step = 0; step < 60; step++) {
        const to = draw.below(2);
        const count = 1 + draw.below(40);
        const place = draw.below(PLACES - count);
        const name = `s${draw.below(4)}`;
        const known = copies[to]!;
        switch (draw.below(6)) {
          case 0:
            content.copy(1 - to, draw.below(PLACES - count), to, place, count);
            break;
          case 1:
            content.command({ op: ZERO, to, lba: place * 8, blocks: count * 8 });
            break;
          case 2:
            content.command({ op: UNMAP, to, lba: (place >> 8) * 2048, blocks: 2048 });
            break;
          case 3:
            if (known.delete(name)) content.remove(to, name);
            else {
              known.set(name, content.now(to));
              content.create(to, name);
            }
            break;
          default:
            content.write(to, place, count);
        }
        for (const [lun, all] of copies.entries()) {
          for (const [snapshot, copy] of all) {
            expect(content.snapshot(lun, snapshot), `seed ${seed} step ${step}`).toEqual(copy);
          }
        }
      }
      expect(content.test.sim.requests.inFlight).toBe(0);
    }
  });
});
