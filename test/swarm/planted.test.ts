import { afterEach, describe, expect, it } from 'vitest';
import { type Io, READ, WRITE } from '../../src/engine/core/io.js';
import type { Sim } from '../../src/engine/core/sim.js';
import { Media } from '../../src/engine/devices/media.js';
import { Freezer } from '../../src/engine/simulation/snapshots/freezer.js';
import type { Merger } from '../../src/engine/stack/adapter/merger.js';
import { Vmhba } from '../../src/engine/stack/adapter/vmhba.js';
import { Driver } from '../../src/engine/stack/driver/driver.js';
import type { VmfsFile } from '../../src/engine/stack/filesystem/vmfs/file.js';
import { VmfsMount } from '../../src/engine/stack/filesystem/vmfs/mount.js';
import { Splitter } from '../../src/engine/stack/splitter.js';
import { MultipathDevice } from '../../src/engine/stack/storage-apis/psa/multipath-device.js';
import { VirtualDisk } from '../../src/engine/stack/vmfiles/virtual-disk.js';
import type { Vm } from '../../src/engine/stack/vmfiles/vm.js';
import { trySeed } from '../../src/output/swarm.js';

/** Bugs planted into the stack: a swarm that does not find them within a few seeds is asleep. */

type Inside = {
  readonly sim: Sim;
  leave(io: Io): { complete(io: Io): void };
};
type Method = (this: Inside, io: Io, ...rest: unknown[]) => unknown;

const planted: (() => void)[] = [];

/** Replaces a method by one that is given the original. */
function plant(target: object, name: string, make: (original: Method) => Method): void {
  const methods = target as Record<string, Method>;
  const original = methods[name] as Method;
  methods[name] = make(original);
  planted.push(() => {
    methods[name] = original;
  });
}

afterEach(() => {
  for (const restore of planted.splice(0)) restore();
});

/** What is found within a few seeds, by its first words. */
function find(seeds: number, from = 1): { seed: number; problem: string } | undefined {
  for (let seed = from; seed < from + seeds; seed++) {
    const [problem] = trySeed(seed).problems;
    if (problem !== undefined) return { seed, problem };
  }
  return undefined;
}

const every = (period: number): (() => boolean) => {
  let count = 0;
  return () => ++count % period === 0;
};

describe('planted bugs', () => {
  it('a write is acknowledged before its retry has ended', () => {
    plant(
      MultipathDevice.prototype,
      'failed',
      (original) =>
        function (io, ...rest) {
          const { op, status, sense, world } = this.sim.requests;
          if (op[io] !== WRITE || world[io] === 0) return original.call(this, io, ...rest);
          status[io] = 0;
          sense[io] = 0;
          return this.leave(io).complete(io);
        },
    );
    expect(find(6, 5)?.problem).toMatch(/^(lost|stale)/);
  });

  it('a device drops one write in a thousand', () => {
    const now = every(1000);
    plant(
      Media.prototype,
      'execute',
      (original) =>
        function (io, ...rest) {
          const { requests } = this as unknown as Pick<Sim, 'requests'>;
          if (requests.op[io] === WRITE && requests.data[io]! > 0 && now()) return;
          original.call(this, io, ...rest);
        },
    );
    expect(find(10)?.problem).toMatch(/^(lost|stale)/);
  });

  it('one read in a thousand is answered from a cache nobody keeps up to date', () => {
    const now = every(1000);
    const cached = new WeakMap<object, Map<number, number[]>>();
    plant(
      Media.prototype,
      'execute',
      (original) =>
        function (io, ...rest) {
          original.call(this, io, ...rest);
          const { requests, arena } = this as unknown as Sim;
          const data = requests.data[io] as number;
          if (requests.op[io] !== READ || data <= 0) return;
          const known = cached.get(this) ?? new Map<number, number[]>();
          cached.set(this, known);
          const first = requests.lba[io]! / 8;
          const { stamps } = arena!;
          const old = now();
          for (let index = 0; index < requests.blocks[io]! / 8; index++) {
            const before = known.get(first + index);
            if (before === undefined) known.set(first + index, [stamps[data + index]!]);
            else if (old) stamps[data + index] = before[0]!;
          }
        },
    );
    expect(find(4)?.problem).toMatch(/^(lost|stale)/);
  });

  it('a cut row carries the beginning of its data in every piece', () => {
    plant(
      Splitter.prototype,
      'cut',
      (original) =>
        function (io) {
          const { requests } = this.sim;
          const cutData = requests.cutData;
          requests.cutData = () => undefined;
          original.call(this, io);
          requests.cutData = cutData;
        },
    );
    expect(find(4)?.problem).toMatch(/^(foreign|lost)/);
  });

  it('one command in two thousand completes twice', () => {
    const now = every(2000);
    plant(
      VirtualDisk.prototype,
      'finish',
      (original) =>
        function (io) {
          const { route, depth } = this.sim.requests;
          const twice = now();
          const layer = route[io * 2 + depth[io]! - 1]!;
          original.call(this, io);
          if (twice) this.sim.layers[layer]!.complete(io);
        },
    );
    expect(find(4)?.problem).toMatch(/^(stopped|twice)/);
  });

  it('one answer in two thousand never reaches the host', () => {
    const now = every(2000);
    plant(
      Driver.prototype,
      'complete',
      (original) =>
        function (io) {
          if (!now()) original.call(this, io);
        },
    );
    expect(find(6)?.problem).toMatch(/still in flight/);
  });

  it('one UNMAP in twenty is answered and not done', () => {
    const now = every(20);
    plant(
      VmfsMount.prototype,
      'unmap',
      (original) =>
        function (piece, ...rest) {
          if (now())
            this.sim.events.push(this.sim.now, (this as unknown as VmfsMount).index, piece);
          else original.call(this, piece, ...rest);
        },
    );
    expect(find(36)?.problem).toMatch(/^lost.*where zeros had to be/);
  });

  it('a machine is not at rest when its snapshot is made', () => {
    plant(
      Freezer.prototype,
      'freeze',
      () =>
        function (this: unknown, ...rest: unknown[]) {
          const freezer = this as { frozenAt: number; vm: Vm; sim: Sim; pause(): void };
          freezer.frozenAt = freezer.sim.now;
          freezer.vm.freeze();
          freezer.pause();
          const then = rest[1] as () => void;
          freezer.sim.timers.delay(0, then);
        } as unknown as Method,
    );
    expect(find(24)).toBeDefined();
  });

  it('one UNMAP in six leaves its last block', () => {
    const now = every(6);
    plant(
      VmfsMount.prototype,
      'unmap',
      (original) =>
        function (piece, ...rest) {
          const [file, first] = rest as [VmfsFile, number];
          const last = first + (this.sim.requests.blocks[piece] as number) / 2048 - 1;
          const block = file.map[last] as number;
          original.call(this, piece, ...rest);
          if (block >= 0 && now()) file.map[last] = block;
        },
    );
    // Until the block is read it may have been given to the file a second time.
    expect(find(10, 50)?.problem).toMatch(/^(lost|stale|stopped)/);
  });

  it('one UNMAP in twenty takes the block behind as well', () => {
    const now = every(20);
    plant(
      VmfsMount.prototype,
      'unmap',
      (original) =>
        function (piece, ...rest) {
          const [file, first] = rest as [VmfsFile, number];
          const behind = first + (this.sim.requests.blocks[piece] as number) / 2048;
          original.call(this, piece, ...rest);
          if (file.map[behind]! >= 0 && now()) file.map[behind] = -1;
        },
    );
    expect(find(24)?.problem).toMatch(/^(lost|stale).*found zeros/);
  });

  it('the second half of merged commands is dropped', () => {
    const lengths = new Map<Io, number>();
    plant(
      Vmhba.prototype,
      'send',
      (original) =>
        function (io) {
          const { blocks } = this.sim.requests;
          const { merger } = this as unknown as { merger?: Merger };
          if (merger !== undefined && merger.rider[io] !== -1) {
            lengths.set(io, blocks[io] as number);
            blocks[io] = Math.ceil((blocks[io] as number) / 16) * 8;
          }
          original.call(this, io);
        },
    );
    plant(
      Vmhba.prototype,
      'complete',
      (original) =>
        function (io) {
          const length = lengths.get(io);
          if (length !== undefined) this.sim.requests.blocks[io] = length;
          lengths.delete(io);
          original.call(this, io);
        },
    );
    expect(find(10)?.problem).toMatch(/^(lost|stale|foreign)/);
  });

  it('and without them nothing is found', () => {
    expect(find(6)).toBeUndefined();
  });
});
