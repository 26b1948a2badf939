import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATS, OTHER, UNMAP, ZERO } from '../../../src/engine/core/io.js';
import {
  CHECK,
  pluginStatus,
  SENSE_INVALID_OPCODE,
  SENSE_LBA_OUT_OF_RANGE,
  SENSE_SPACE_ALLOCATION_FAILED,
} from '../../../src/engine/core/status.js';
import { NAMES, type Seen } from '../rig.js';
import { FB, GB, MB, READ, Rig, WRITE } from './vmfs-rig.js';

const NO_SPACE = pluginStatus(8);

function names(seen: readonly Seen[]): string {
  return seen.map(({ op, blocks }) => `${NAMES[op]} ${blocks}`).join(', ');
}

describe('VMFS address translation', () => {
  it('agrees with a model block by block, and loses no command', () => {
    const rowsArbitrary = fc.array(
      fc.record({
        op: fc.constantFrom(READ, WRITE, WRITE, UNMAP),
        lba: fc.nat(12 * FB - 1),
        blocks: fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 4 * FB })),
        file: fc.nat(2),
        wait: fc.nat(3),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(rowsArbitrary, fc.boolean(), (rows, settle) => {
        const rig = new Rig(200, { rows: 400 });
        const host = rig.host();
        const files = [
          rig.volume.createFile('thin', 12 * MB, 'thin', 3 * MB),
          rig.volume.createFile('lazy', 12 * MB, 'lazyThick', 2 * MB),
          rig.volume.createFile('eager', 12 * MB, 'eagerThick'),
        ];
        for (const file of files) rig.open(host, file);
        for (const { op, lba, blocks, file, wait } of rows) {
          const length = Math.min(blocks, 12 * FB - lba);
          const map = files[file].map.slice();
          host.guest.issue(op, files[file].index, lba, length);
          rig.run(settle ? 10 : wait * 0.05);
          if (!settle) continue;
          const seen = rig.device.drain().filter(({ world }) => world === 1);
          // Alone in the stack: every block of the row goes where the map says, holes nowhere.
          const now = files[file].map;
          const expected: number[] = [];
          for (let block = lba; block < lba + length; block++) {
            const index = Math.floor(block / FB);
            const isWhole = index * FB >= lba && (index + 1) * FB <= lba + length;
            const entry = op === WRITE ? now[index] : map[index];
            if (op === UNMAP && !(isWhole && file === 0)) continue;
            if (entry >= 0) expected.push(entry * FB + (block % FB));
          }
          const touched = seen.flatMap((row) =>
            Array.from({ length: row.blocks }, (_, n) => row.lba + n),
          );
          expect(touched.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
          expect(seen.every((row) => row.op === op)).toBe(true);
        }
        rig.run(2000);
        expect(host.guest.outstanding).toBe(0);
        expect(host.guest.done.length).toBe(rows.length);
        expect(host.guest.done.every(({ status }) => status === 0)).toBe(true);
        expect(rig.sim.requests.inFlight).toBe(0);
        // Every block belongs to one file only, and the counts agree with the maps.
        const all = files.flatMap(({ map }) => [...map].filter((entry) => entry !== -1));
        const places = all.map((entry) => (entry >= 0 ? entry : -2 - entry));
        expect(new Set(places).size).toBe(places.length);
        expect(rig.volume.free).toBe(200 - places.length);
        expect(files.reduce((sum, { held }) => sum + held, 0)).toBe(places.length);
      }),
      { numRuns: 60 },
    );
  });

  it('passes neighbouring blocks as one command', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('eager', 16 * MB, 'eagerThick');
    rig.open(host, file);
    host.guest.issue(READ, file.index, 100, 10 * FB);
    rig.run(1);
    expect(rig.device.drain()).toMatchObject([{ lba: file.map[0] * FB + 100, blocks: 10 * FB }]);
  });

  it('answers reads of holes with zeros, without the device', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('thin', 16 * MB, 'thin');
    const lazy = rig.volume.createFile('lazy', 16 * MB, 'lazyThick');
    rig.open(host, file);
    rig.open(host, lazy);
    const start = rig.sim.now;
    host.guest.issue(READ, file.index, 0, 8);
    host.guest.issue(READ, lazy.index, FB - 4, 8);
    rig.run(1);
    expect(rig.device.seen).toEqual([]);
    expect(host.guest.done.map(({ status, at }) => [status, at - start])).toEqual([
      [0, 2000],
      [0, 2000],
    ]);
  });

  it('rejects what lies beyond the file and commands it does not know', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('eager', 16 * MB, 'eagerThick');
    rig.open(host, file);
    host.guest.issue(READ, file.index, 16 * FB - 4, 8);
    host.guest.issue(OTHER, file.index, 0, 8);
    rig.run(1);
    expect(host.guest.done).toMatchObject([
      { status: CHECK, sense: SENSE_LBA_OUT_OF_RANGE },
      { status: CHECK, sense: SENSE_INVALID_OPCODE },
    ]);
  });

  it('counts what passed, per host and per datastore', () => {
    const rig = new Rig(200);
    const hosts = [rig.host('esx1'), rig.host('esx2')];
    const files = hosts.map((_, n) => rig.volume.createFile(`f${n}`, 16 * MB, 'eagerThick'));
    hosts.forEach((host, n) => {
      rig.open(host, files[n]);
    });
    for (let n = 0; n < 5; n++) hosts[0].guest.issue(READ, files[0].index, n * 8, 8);
    for (let n = 0; n < 3; n++) hosts[1].guest.issue(WRITE, files[1].index, n * 8, 16);
    rig.run(1);
    expect(rig.field('reads')).toBe(5);
    expect(rig.field('readBlocks')).toBe(40);
    expect(rig.field('readNs')).toBe(5 * 100_000);
    expect(rig.field('writes')).toBe(3);
    expect(rig.field('writeBlocks')).toBe(48);
    const volumes = rig.sim.meters.entities.filter(({ scope }) => scope === 'volume');
    expect(volumes.map(({ labels, values }) => [labels.host, values[0], values[1]])).toEqual([
      ['esx1', 5, 0],
      ['esx2', 0, 3],
    ]);
  });
});

describe('pointer blocks', () => {
  it('are not needed below 256 MB', () => {
    const rig = new Rig(4000);
    const host = rig.host();
    const file = rig.volume.createFile('eager', 256 * MB, 'eagerThick');
    rig.open(host, file);
    host.guest.issue(READ, file.index, 0, 8);
    rig.run(1);
    expect(rig.device.drain().length).toBe(1);
    expect(rig.field('pointerHits') + rig.field('pointerMisses')).toBe(0);
  });

  it('are read once for all rows that wait, one for each GB', () => {
    const rig = new Rig(4000);
    const host = rig.host();
    const file = rig.volume.createFile('eager', 3 * GB, 'eagerThick');
    rig.open(host, file);
    for (let n = 0; n < 4; n++) host.guest.issue(READ, file.index, n * 8, 8);
    rig.run(1);
    expect(names(rig.device.drain())).toBe('READ 8, READ 8, READ 8, READ 8, READ 8');
    expect([rig.field('pointerMisses'), rig.field('pointerHits')]).toEqual([4, 0]);
    expect(rig.field('metadataReads')).toBe(1);
    host.guest.issue(READ, file.index, 1023 * FB, 8);
    host.guest.issue(READ, file.index, 1024 * FB, 8);
    rig.run(1);
    expect([rig.field('pointerMisses'), rig.field('pointerHits')]).toEqual([5, 1]);
    expect(rig.field('metadataReads')).toBe(2);
    expect(host.guest.done.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('make room for one another in a small cache, by the clock', () => {
    const rig = new Rig(4000);
    const host = rig.host('esx1', { pointerCacheEntries: 2 });
    const file = rig.volume.createFile('eager', 3 * GB, 'eagerThick');
    rig.open(host, file);
    const touch = (gb: number): void => {
      host.guest.issue(READ, file.index, gb * 1024 * FB, 8);
      rig.run(1);
    };
    // Both used since: the hand takes 0 for 2; 1 then is unused and goes for 0.
    for (const gb of [0, 1, 0, 2, 2, 0, 2]) touch(gb);
    expect([rig.field('pointerMisses'), rig.field('pointerHits')]).toEqual([4, 3]);
    expect(host.guest.done.length).toBe(7);
  });

  it('do not block a row over two of them, even with room for one', () => {
    const rig = new Rig(4000);
    const host = rig.host('esx1', { pointerCacheEntries: 1 });
    const file = rig.volume.createFile('eager', 3 * GB, 'eagerThick');
    rig.open(host, file);
    host.guest.issue(READ, file.index, 1024 * FB - 4, 8);
    rig.run(10);
    expect(host.guest.done).toMatchObject([{ status: 0 }]);
    expect(rig.sim.requests.inFlight).toBe(0);
  });

  it('that cannot be read are tried again, or fail the rows when the device refuses', () => {
    const rig = new Rig(4000);
    const host = rig.host();
    const file = rig.volume.createFile('eager', 3 * GB, 'eagerThick');
    rig.open(host, file);
    rig.device.down = true;
    host.guest.issue(READ, file.index, 0, 8);
    rig.run(1500);
    rig.device.down = false;
    rig.run(1500);
    expect(host.guest.done).toMatchObject([{ status: 0 }]);
    rig.device.failures.set(READ, [CHECK, SENSE_INVALID_OPCODE]);
    host.guest.issue(READ, file.index, 1024 * FB, 8);
    rig.run(1);
    expect(host.guest.done[1]).toMatchObject({ status: CHECK, sense: SENSE_INVALID_OPCODE });
  });
});

describe('first write', () => {
  it.each([
    ['thin', 'ATS 1, WRITE 1, WRITE 4, ZERO 2048, WRITE 8'],
    ['lazyThick', 'ZERO 2048, WRITE 8'],
    ['eagerThick', 'WRITE 8'],
  ] as const)('to a %s disk costs %s', (policy, cost) => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, policy);
    rig.open(host, file);
    host.guest.issue(WRITE, file.index, 3 * FB + 16, 8);
    rig.run(5);
    expect(names(rig.device.drain())).toBe(cost);
    host.guest.issue(WRITE, file.index, 3 * FB + 24, 8);
    rig.run(5);
    expect(names(rig.device.drain())).toBe('WRITE 8');
    expect(host.guest.done).toMatchObject([{ status: 0 }, { status: 0 }]);
    expect(rig.field('allocations')).toBe(policy === 'thin' ? 1 : 0);
    expect(rig.field('zeroings')).toBe(policy === 'eagerThick' ? 0 : 1);
    expect(file.toBeZeroedBlocks).toBe(policy === 'lazyThick' ? 15 * FB : 0);
    expect(file.allocatedBlocks).toBe(policy === 'thin' ? FB : 16 * FB);
  });

  it.each([
    ['thin', 'ATS 1, WRITE 1, WRITE 4, WRITE 2048'],
    ['lazyThick', 'WRITE 2048'],
  ] as const)('of a whole block of a %s disk zeroes nothing', (policy, cost) => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, policy);
    rig.open(host, file);
    host.guest.issue(WRITE, file.index, 3 * FB, FB);
    rig.run(5);
    expect(names(rig.device.drain())).toBe(cost);
    expect(rig.field('zeroings')).toBe(0);
  });

  it('writes the pointer block of a large file, after reading it', () => {
    const rig = new Rig(4000);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 2 * GB, 'thin');
    rig.open(host, file);
    host.guest.issue(WRITE, file.index, 0, 8);
    rig.run(5);
    const cost = 'READ 8, ATS 1, WRITE 1, WRITE 8, ZERO 2048, WRITE 8';
    expect(names(rig.device.seen)).toBe(cost);
    const worlds = rig.device.drain().map(({ world }) => world);
    expect(worlds).toEqual([0, 0, 0, 0, 0, 1]);
    expect([rig.field('metadataReads'), rig.field('metadataWrites')]).toEqual([1, 2]);
  });

  it('happens once: other rows for the block wait for it', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin');
    rig.open(host, file);
    for (let n = 0; n < 5; n++) host.guest.issue(WRITE, file.index, n * 8, 8);
    host.guest.issue(READ, file.index, 0, 8);
    rig.run(5);
    const rest = 'WRITE 8, WRITE 8, WRITE 8, WRITE 8, WRITE 8, READ 8';
    expect(names(rig.device.drain())).toBe(`ATS 1, WRITE 1, WRITE 4, ZERO 2048, ${rest}`);
    expect(host.guest.done.length).toBe(6);
  });

  it('uses plain writes on an array without ATS and WRITE SAME', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin');
    rig.open(host, file);
    rig.device.unsupported.add(ATS).add(ZERO);
    host.guest.issue(WRITE, file.index, 0, 8);
    rig.run(5);
    expect(names(rig.device.drain())).toBe(
      'ATS 1, WRITE 1, WRITE 1, WRITE 4, ZERO 2048, WRITE 2048, WRITE 8',
    );
    host.guest.issue(WRITE, file.index, FB, 8);
    rig.run(5);
    expect(names(rig.device.drain())).toBe('WRITE 1, WRITE 1, WRITE 4, WRITE 2048, WRITE 8');
    expect(host.guest.done).toMatchObject([{ status: 0 }, { status: 0 }]);
  });

  it('sees a lock another host has taken, reads it and tries again', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin');
    rig.open(host, file);
    host.guest.issue(WRITE, file.index, 0, 8);
    rig.run(5);
    const [{ lba }] = rig.device.drain();
    // The lock moved on without this host's knowledge: its own answer was lost.
    rig.device.tags.set(lba, 2);
    host.guest.issue(WRITE, file.index, FB, 8);
    rig.run(5);
    const cost = 'ATS 1, READ 1, ATS 1, WRITE 1, WRITE 4, ZERO 2048, WRITE 8';
    expect(names(rig.device.drain())).toBe(cost);
    expect([rig.field('atsOk'), rig.field('atsMiss')]).toEqual([3, 1]);
  });

  it('fails with the sense of a device that refuses, and gives the block back', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin');
    rig.open(host, file);
    rig.device.failures.set(ZERO, [CHECK, SENSE_SPACE_ALLOCATION_FAILED]);
    host.guest.issue(WRITE, file.index, 0, 8);
    host.guest.issue(WRITE, file.index, 8, 8);
    rig.run(5);
    const failed = { status: CHECK, sense: SENSE_SPACE_ALLOCATION_FAILED };
    expect(host.guest.done).toMatchObject([failed, failed]);
    expect([rig.volume.free, file.allocatedBlocks]).toEqual([200, 0]);
    rig.device.failures.clear();
    host.guest.issue(WRITE, file.index, 0, 8);
    rig.run(5);
    expect(host.guest.done[2]).toMatchObject({ status: 0 });
  });

  it('goes on after trouble on the way', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin');
    rig.open(host, file);
    rig.device.down = true;
    host.guest.issue(WRITE, file.index, 0, 8);
    rig.run(2500);
    rig.device.down = false;
    rig.run(1500);
    expect(host.guest.done).toMatchObject([{ status: 0 }]);
    expect(rig.volume.free).toBe(199);
  });

  it('never gives two hosts the same block, whose locks hardly ever collide', () => {
    const rig = new Rig(900, { rows: 2000 });
    const hosts = ['esx1', 'esx2', 'esx3'].map((name) => rig.host(name));
    const files = hosts.map((_, n) => rig.volume.createFile(`f${n}`, 300 * MB, 'thin'));
    hosts.forEach((host, n) => {
      rig.open(host, files[n]);
    });
    for (let block = 0; block < 300; block++) {
      hosts.forEach(({ guest }, n) => {
        guest.issue(WRITE, files[n].index, block * FB, 8);
      });
      rig.run(0.3);
    }
    rig.run(3000);
    expect(hosts.map(({ guest }) => guest.done.length)).toEqual([300, 300, 300]);
    const places = files.flatMap(({ map }) => [...map]);
    expect(places.every((block) => block >= 0)).toBe(true);
    expect(new Set(places).size).toBe(900);
    expect(rig.volume.free).toBe(0);
    expect(rig.sim.requests.inFlight).toBe(0);
  });
});

describe('out of space', () => {
  it('fails first writes with NO_SPACE, notes it once, and resumes when there is space', () => {
    const rig = new Rig(10);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 100 * MB, 'thin');
    rig.open(host, file);
    let freed = 0;
    rig.volume.onSpaceFreed(() => {
      freed++;
      host.guest.issue(WRITE, file.index, 0, 8);
    });
    rig.volume.fill(100 * MB);
    host.guest.issue(WRITE, file.index, 0, 8);
    host.guest.issue(WRITE, file.index, 50 * FB, 8);
    rig.run(1);
    expect(host.guest.done).toMatchObject([{ status: NO_SPACE }, { status: NO_SPACE }]);
    expect(rig.device.seen).toEqual([]);
    expect([rig.logged('datastore.full'), rig.field('full')]).toEqual([1, 1]);
    rig.volume.release();
    rig.run(5);
    expect(freed).toBe(1);
    expect(host.guest.done[2]).toMatchObject({ status: 0 });
    expect([rig.logged('datastore.space'), rig.field('full')]).toEqual([1, 0]);
    rig.volume.fill(100 * MB);
    host.guest.issue(WRITE, file.index, 50 * FB, 8);
    rig.run(1);
    expect(rig.logged('datastore.full')).toBe(2);
  });
});

describe('UNMAP', () => {
  it('frees whole blocks of thin files and passes them on; edges are dropped', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin', 6 * MB);
    rig.open(host, file);
    const place = file.map[1] * FB;
    host.guest.issue(UNMAP, file.index, 100, 8 * FB);
    rig.run(1);
    // Blocks 1 to 5 are there, 6 and 7 are holes, 0 and 8 are covered in part.
    expect(rig.device.drain()).toMatchObject([{ op: UNMAP, lba: place, blocks: 5 * FB }]);
    expect([...file.map].map((entry) => entry >= 0)).toEqual(
      Array.from({ length: 16 }, (_, index) => index === 0),
    );
    expect([rig.volume.free, file.allocatedBlocks]).toEqual([199, FB]);
    expect(host.guest.done).toMatchObject([{ status: 0 }]);
  });

  it('succeeds for the guest even if the array does not know it, or the file is thick', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const thin = rig.volume.createFile('thin', 16 * MB, 'thin', 6 * MB);
    const thick = rig.volume.createFile('thick', 16 * MB, 'eagerThick');
    rig.open(host, thin);
    rig.open(host, thick);
    rig.device.unsupported.add(UNMAP);
    host.guest.issue(UNMAP, thin.index, 0, 2 * FB);
    host.guest.issue(UNMAP, thick.index, 0, 2 * FB);
    rig.run(1);
    expect(host.guest.done).toMatchObject([{ status: 0 }, { status: 0 }]);
    expect(rig.device.seen.length).toBe(1);
    expect(rig.volume.free).toBe(200 - 4 - 16);
  });
});

describe('locks and heartbeats', () => {
  it('take the lock of a file when it is opened, and give it up', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin');
    host.fss.open(file, host.mount);
    rig.run(1);
    host.fss.close(file);
    rig.run(1);
    expect(names(rig.device.drain())).toBe('ATS 1, ATS 1');
    expect(rig.field('atsOk')).toBe(2);
    const other = rig.host('esx2');
    other.fss.open(file, other.mount);
    expect(() => host.fss.open(file, host.mount)).toThrow(/locked by another host/);
  });

  it('renew a heartbeat every 3 s while a file is open, each host its own', () => {
    const rig = new Rig(200);
    const hosts = [rig.host('esx1'), rig.host('esx2')];
    rig.run(10_000);
    expect(rig.device.seen).toEqual([]);
    hosts.forEach((host, n) => {
      rig.open(host, rig.volume.createFile(`f${n}`, MB, 'thin'));
    });
    rig.run(30_000);
    const seen = rig.device.drain();
    expect(seen.length).toBe(20);
    expect(new Set(seen.map(({ op, lba }) => `${op} ${lba}`)).size).toBe(2);
    expect(rig.field('heartbeats')).toBe(20);
    hosts.forEach(({ fss }, n) => {
      fss.close(rig.volume.files[n]!);
    });
    rig.run(10_000);
    expect(rig.field('heartbeats')).toBe(20);
  });

  it('declare the volume lost after 16 s without a heartbeat, and back with the next', () => {
    const rig = new Rig(200);
    const host = rig.host();
    rig.open(host, rig.volume.createFile('f', MB, 'thin'));
    rig.run(9500);
    const last = 9_000_000_000 + 100_000;
    rig.device.silent = true;
    rig.run(60_000);
    const entries = () => rig.sim.log.entries.map(({ kind, at }) => [kind, at]);
    expect(entries()).toEqual([['vmfs.heartbeat.timedout', last + 16_000_000_000]]);
    rig.device.speak();
    rig.run(10);
    expect(entries().length).toBe(2);
    expect(entries()[1][0]).toBe('vmfs.heartbeat.recovered');
    rig.run(30_000);
    expect(entries().length).toBe(2);
  });

  it('renew heartbeats by plain writes without ATS, and after failures', () => {
    const rig = new Rig(200);
    const host = rig.host();
    rig.open(host, rig.volume.createFile('f', MB, 'thin'));
    rig.device.unsupported.add(ATS);
    rig.run(6500);
    expect(names(rig.device.drain())).toBe('ATS 1, WRITE 1, WRITE 1');
    rig.device.down = true;
    rig.run(30_000);
    expect(rig.logged('vmfs.heartbeat.timedout')).toBe(1);
    rig.device.down = false;
    rig.run(5000);
    expect(rig.logged('vmfs.heartbeat.recovered')).toBe(1);
  });

  it('survive an answer that was lost', () => {
    const rig = new Rig(200);
    const host = rig.host();
    rig.open(host, rig.volume.createFile('f', MB, 'thin'));
    rig.run(3500);
    const [{ lba }] = rig.device.drain();
    rig.device.tags.set(lba, 2);
    rig.run(20_000);
    expect(rig.field('atsMiss')).toBe(1);
    expect(rig.sim.log.entries).toEqual([]);
  });

  it('wait for a free row', () => {
    const rig = new Rig(200, { rows: 4 });
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin');
    rig.open(host, file);
    rig.device.silent = true;
    const eager = rig.volume.createFile('eager', 16 * MB, 'eagerThick');
    host.fss.open(eager, host.mount);
    for (let n = 0; n < 3; n++) host.guest.issue(READ, eager.index, n, 1);
    host.guest.issue(WRITE, file.index, 0, 8);
    rig.run(10);
    expect(rig.device.seen.length).toBe(3);
    rig.device.speak();
    rig.run(10);
    expect(host.guest.done.length).toBe(4);
    expect(rig.sim.requests.inFlight).toBe(0);
  });
});
