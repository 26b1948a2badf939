/** What VMFS 6 does otherwise than VMFS 5 (stack-upper reference, section 4; on-disk, 8.5, 10 and 11). */
import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../../src/engine/stack/filesystem/vmfs/layout.js';
import { NAMES, type Seen } from '../rig.js';
import { FB, GB, type Host, MB, READ, Rig, WRITE } from './vmfs-rig.js';

const SIX = { plan: { version: 6 } } as const;

function names(seen: readonly Seen[]): string {
  return seen.map(({ op, blocks }) => `${NAMES[op]} ${blocks}`).join(', ');
}

function opened(rig: Rig, sizeBytes: number, policy: 'thin' | 'eagerThick') {
  const host: Host = rig.host();
  const file = rig.volume.createFile('disk', sizeBytes, policy);
  rig.open(host, file);
  return { host, file };
}

/** The I/Os that `mb` of a file costs. */
function cost(rig: Rig, host: Host, op: number, file: number, mb: number): string {
  host.guest.issue(op, file, mb * FB, 8);
  rig.run(20);
  return names(rig.device.drain());
}

describe('pointer blocks', () => {
  it('are read once for 8 GiB, all 64 KiB of them; for 1 GiB and 4 KiB on VMFS 5', () => {
    const six = new Rig(20_000, SIX);
    const { host, file } = opened(six, 16 * GB, 'eagerThick');
    expect(cost(six, host, READ, file.index, 0)).toBe('READ 128, READ 8');
    expect(cost(six, host, READ, file.index, 8191)).toBe('READ 8');
    expect(cost(six, host, READ, file.index, 8192)).toBe('READ 128, READ 8');

    const five = new Rig(20_000);
    const old = opened(five, 16 * GB, 'eagerThick');
    expect(cost(five, old.host, READ, old.file.index, 0)).toBe('READ 8, READ 8');
    expect(cost(five, old.host, READ, old.file.index, 1023)).toBe('READ 8');
    expect(cost(five, old.host, READ, old.file.index, 1024)).toBe('READ 8, READ 8');
  });

  it('are not needed up to 320 MiB; on VMFS 5 up to 256 MiB', () => {
    const pointers = (version: 5 | 6, mb: number): number => {
      const { volume } = new Rig(2000, { plan: { version } });
      return volume.createFile('disk', mb * MB, 'thin').pointers;
    };
    expect([pointers(6, 320), pointers(6, 321)]).toEqual([0, 1]);
    expect([pointers(5, 256), pointers(5, 257)]).toEqual([0, 1]);
  });
});

describe('the first write to a block of a thin file', () => {
  it('writes units of 4 KiB, and descriptors of 8 KiB', () => {
    const small = new Rig(2000, SIX);
    const { host, file } = opened(small, 100 * MB, 'thin');
    const guest = 'ZERO 2048, WRITE 8';
    expect(cost(small, host, WRITE, file.index, 0)).toBe(`ATS 1, WRITE 8, WRITE 16, ${guest}`);
    const large = new Rig(2000, SIX);
    const other = opened(large, GB, 'thin');
    expect(cost(large, other.host, READ, other.file.index, 1)).toBe('READ 128');
    const growth = `ATS 1, WRITE 8, WRITE 8, ${guest}`;
    expect(cost(large, other.host, WRITE, other.file.index, 0)).toBe(growth);
  });
});

describe('file blocks', () => {
  it('of thick files come in large ones of 512 MiB as far as they go', () => {
    const { volume } = new Rig(8000, SIX);
    const thin = volume.createFile('thin', 100 * MB, 'thin', 100 * MB);
    const { map } = volume.createFile('thick', 1300 * MB, 'eagerThick');
    for (const first of [0, 512]) {
      expect(map[first] % 512).toBe(0);
      for (let block = 1; block < 512; block++) expect(map[first + block]).toBe(map[first] + block);
    }
    // The rest, 276 MiB, are small ones, beside those of the thin file.
    expect(map[1024]).toBe(thin.map[99]! + 1);
  });

  it('are cut from large ones where no whole one is left', () => {
    const { volume } = new Rig(2500, SIX);
    const thick = 5;
    for (let n = 0; n < thick; n++) volume.createFile(`f${n}`, 400 * MB, 'eagerThick');
    const before = volume.free;
    expect(before).toBeLessThan(512);
    const file = volume.createFile('last', before * MB, 'eagerThick');
    expect(new Set(file.map).size).toBe(before);
    expect(volume.free).toBe(0);
  });
});

describe('a fresh volume', () => {
  it('keeps about 1.5 GB for itself, 0.76 GB with VMFS 5', () => {
    const [five, six] = [5, 6].map((version) =>
      layoutOf(version, 1_048_576).metadataFileBlocks(1_048_576),
    );
    expect((six! * MB) / 1e9).toBeGreaterThan(1.45);
    expect((six! * MB) / 1e9).toBeLessThan(1.6);
    expect((five! * MB) / GB).toBeCloseTo(0.75, 2);
  });

  it('has a heartbeat slot every 4 KiB from 3 MiB on, 512 bytes with VMFS 5', () => {
    const at = (version: 5 | 6): number => layoutOf(version, 4096).heartbeatAt(3) * 512;
    expect(at(6)).toBe(3 * MB + 3 * 4096);
    expect(at(5)).toBe(3 * MB + 3 * 512);
  });
});
