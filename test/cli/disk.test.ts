import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawDisk } from '../formats/vmdk/model.js';
import { hasTool, run, takeSamples } from '../formats/vmdk/tools.js';
import { type Outcome, vmtop } from './helpers.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-disk-'));
  // Every run of the command line listens to errors of both streams; a process has one run.
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const disk = (...args: readonly string[]): Promise<Outcome> => vmtop('disk', ...args);

async function quiet(...args: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await disk(...args);
  expect({ stderr, code }, args.join(' ')).toEqual({ stderr: '', code: 0 });
  return stdout;
}

async function refused(words: string, ...args: readonly string[]): Promise<void> {
  const { stderr, code } = await disk(...args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
}

/** A raw disk of 35 MiB and a sector: more than one grain table, no whole grains. */
function rawFile(name = 'raw.img', seed = 1): string {
  writeFileSync(at(name), rawDisk((35 << 20) + 512, seed));
  return at(name);
}

const same = (one: string, other: string): boolean => readFileSync(one).equals(readFileSync(other));

/** Formats, and who reads them (reference `vmdk-formats.md`, section 16; `real-clients.md`, section 3). */
const FORMATS: readonly (readonly [name: string, libvmdk: boolean, sevenZip: boolean])[] = [
  ['thin', true, true],
  ['zeroedthick', true, true],
  ['eagerzeroedthick', true, true],
  ['2gbsparse', true, true],
  ['twoGbMaxExtentFlat', true, true],
  ['monolithicSparse', true, true],
  ['monolithicFlat', true, true],
  ['streamOptimized', true, true],
  ['vmfsSparse', true, false],
  ['seSparse', false, false],
];

describe.each(FORMATS)('vmtop disk, %s', (format, libvmdk, sevenZip) => {
  it('is read by others as it was written, and comes back', async () => {
    const raw = rawFile();
    const file = at(`${format}.vmdk`);
    await quiet('convert', raw, file, '--from', 'raw', '--format', format);
    expect(await quiet('check', file)).toMatch(/^0 errors, 0 warnings$/m);
    await quiet('convert', file, at('back.img'), '--format', 'raw', '--force');
    expect(same(at('back.img'), raw)).toBe(true);
    if (hasTool('qemu-img')) {
      const { status } = run('qemu-img', 'compare', '-f', 'vmdk', '-F', 'raw', file, raw);
      expect(status).toBe(0);
      expect(run('qemu-img', 'check', '-f', 'vmdk', file).status).toBe(0);
    }
    if (libvmdk && hasTool('vmdkinfo')) {
      const { status, stdout } = run('vmdkinfo', file);
      expect(status).toBe(0);
      expect(stdout.toString()).toContain(`${(35 << 20) + 512} bytes`);
    }
    if (sevenZip && hasTool('7z')) {
      expect(run('7z', 'e', '-tvmdk', '-so', file).stdout.equals(readFileSync(raw))).toBe(true);
    }
  });
});

describe('vmtop disk and disks of others', () => {
  it
    .skipIf(!hasTool('qemu-img'))
    .each([
      'monolithicSparse',
      'monolithicFlat',
      'twoGbMaxExtentSparse',
      'twoGbMaxExtentFlat',
      'streamOptimized',
    ])('reads %s of qemu-img', async (subformat) => {
    const raw = rawFile();
    const file = at(`qemu-${subformat}.vmdk`);
    run('qemu-img', 'convert', '-O', 'vmdk', '-o', `subformat=${subformat}`, raw, file);
    expect(await quiet('check', file)).toMatch(/^0 errors, 0 warnings$/m);
    await quiet('convert', file, at('back.img'), '--format', 'raw', '--force');
    expect(same(at('back.img'), raw)).toBe(true);
  });

  /** SHA-256 of the disks, from the README of the samples. */
  const small = 'a3bcf05f07a1c06a3380eeca8571f0efb2b85afafa1e21662b8cad436d1f7727';
  it.each([
    ['monolithicSparse.vmdk', small, []],
    ['twoGbMaxExtentSparse.vmdk', small, ['twoGbMaxExtentSparse-s001.vmdk']],
    ['streamOptimized.vmdk', small, []],
    ['ext2.vmdk', 'a6c2f0e39afe6c6ab432ca5465349fcefe8dc944398e97b2d957d3f89dbb5d80', []],
    [
      'vmfs_thick.vmdk',
      '8d43c795d24bce01b49f92744f934c1072210dcac170bb1c83a5aa56df46ab7d',
      ['vmfs_thick-flat.vmdk'],
    ],
    [
      'se.vmdk',
      '3afa48010241335528fe402f083fc9f3a1013a49485221443a78d9a8604e2f90',
      ['sesparse.vmdk'],
    ],
  ])('reads %s of VMware', async (name, digest, extents) => {
    const own = name === 'se.vmdk' ? [] : [name];
    if (!takeSamples(folder, ...own, ...extents)) return;
    if (name === 'se.vmdk') {
      const head = '# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n';
      const extent = 'createType="seSparse"\nRW 1048576 SESPARSE "sesparse.vmdk"\n';
      writeFileSync(at(name), head + extent);
    }
    expect(await quiet('check', at(name))).toMatch(/^0 errors, 0 warnings$/m);
    await quiet('convert', at(name), at('out'), '--format', 'raw', '--force');
    expect(
      createHash('sha256')
        .update(readFileSync(at('out')))
        .digest('hex'),
    ).toBe(digest);
  });
});

describe('vmtop disk', () => {
  it('says what a disk is', async () => {
    await quiet('create', at('i.vmdk'), '--size', '1GiB');
    const text = await quiet('info', at('i.vmdk'));
    expect(text).toMatch(/^vmfs, thin\nsize 1 GB \(1,073,741,824 bytes\)\ncontent [0-9a-f]{8}\n/);
    expect(text).toMatch(/i\.vmdk +VMFS +i-flat\.vmdk +1 GB +0 B/);
    expect(statSync(at('i-flat.vmdk'))).toMatchObject({ size: 1 << 30, blocks: 0 });
  });

  it('replaces only when forced, and leaves nothing after a failure', async () => {
    const raw = rawFile();
    const to = ['convert', raw, at('f.vmdk'), '--from', 'raw'];
    await quiet(...to);
    await refused('--force', ...to);
    await refused('--force', 'create', at('f.vmdk'), '--size', '1MiB');
    await quiet(...to, '--force', '--format', 'streamOptimized');
    const before = readdirSync(folder);
    // Data of a compressed grain, then a file that is shorter than its tables say.
    const bytes = readFileSync(at('f.vmdk'));
    bytes.fill(0xff, 65536 + 12, 65536 + 100);
    writeFileSync(at('bad.vmdk'), bytes);
    await refused('damaged', 'convert', at('bad.vmdk'), at('new.vmdk'));
    await refused('such as 20GiB', 'create', at('new.vmdk'), '--size', 'much');
    await refused('too large', 'create', at('new.vmdk'), '--size', '3TiB', '--format', '2gbsparse');
    await refused('no format', 'create', at('new.vmdk'), '--size', '1MiB', '--format', 'vhd');
    await refused('--from raw says', 'convert', raw, at('new.vmdk'));
    await refused('same file', 'convert', at('f.vmdk'), at('f.vmdk'));
    expect(readdirSync(folder).sort()).toEqual([...before, 'bad.vmdk'].sort());
  });

  it('does not replace what the source is made of, a folder or a device', async () => {
    await quiet('create', at('s.vmdk'), '--size', '1MiB');
    await quiet('clone', at('s.vmdk'), at('s-child.vmdk'), '--linked');
    symlinkSync('s.vmdk', at('s-link.vmdk'));
    linkSync(at('s-flat.vmdk'), at('s-hard.vmdk'));
    const plain = ['--force', '--format', 'monolithicSparse'];
    for (const target of ['s-flat.vmdk', 's-link.vmdk', 's-hard.vmdk']) {
      await refused('a file of the source', 'convert', at('s.vmdk'), at(target), ...plain);
    }
    await refused('a file of the source', 'convert', at('s-child.vmdk'), at('s.vmdk'), ...plain);
    mkdirSync(at('s-folder.vmdk'));
    await refused('found a directory', 'create', at('s-folder.vmdk'), '--size', '1MiB', '--force');
    await refused('found a device', 'create', '/dev/null', '--size', '1MiB', '--force');
    expect(await quiet('check', at('s-child.vmdk'))).toMatch(/^0 errors, 0 warnings$/m);
    expect(readdirSync(folder).filter((name) => /folder.|\.part$/.test(name))).toEqual([
      's-folder.vmdk',
    ]);
  });

  it('does not read what a link in its folder points to elsewhere', async () => {
    mkdirSync(at('elsewhere'));
    await quiet('create', at('elsewhere/e.vmdk'), '--size', '1MiB');
    symlinkSync('elsewhere/e.vmdk', at('e.vmdk'));
    symlinkSync('elsewhere/e-flat.vmdk', at('e-flat.vmdk'));
    await refused('a link to another folder', 'convert', at('e.vmdk'), at('e-copy.vmdk'));
    expect(await quiet('check', at('e.vmdk'))).toMatch(/^warning: a file in another folder/);
    await quiet('convert', at('e.vmdk'), at('e-copy.vmdk'), '--outside');
    rmSync(at('e-flat.vmdk'));
    symlinkSync('e-copy-flat.vmdk', at('e-flat.vmdk'));
    expect(await quiet('check', at('e.vmdk'))).toMatch(/^0 errors, 0 warnings$/m);
  });

  it('reads extents elsewhere when told to, and beside a disk that was copied here', async () => {
    mkdirSync(at('store'));
    const raw = rawFile();
    await quiet('convert', raw, at('store/far.vmdk'), '--from', 'raw');
    const text = readFileSync(at('store/far.vmdk'), 'utf8');
    writeFileSync(at('far.vmdk'), text.replace('far-flat', `${at('store')}/far-flat`));
    await refused('a file in another folder', 'convert', at('far.vmdk'), at('far.img'));
    await quiet('convert', at('far.vmdk'), at('far.img'), '--format', 'raw', '--outside');
    expect(same(at('far.img'), raw)).toBe(true);
    writeFileSync(at('store/far.vmdk'), text.replace('far-flat', '/vmfs/volumes/gone/far-flat'));
    await quiet('convert', at('store/far.vmdk'), at('far.img'), '--format', 'raw', '--force');
    expect(same(at('far.img'), raw)).toBe(true);
    await quiet('grow', at('store/far.vmdk'), '--size', '64MiB');
    expect(statSync(at('store/far-flat.vmdk')).size).toBe(64 << 20);
  });

  it('names the parent that is missing', async () => {
    await quiet('create', at('m.vmdk'), '--size', '1MiB');
    await quiet('clone', at('m.vmdk'), at('m-child.vmdk'), '--linked');
    rmSync(at('m.vmdk'));
    const { code, stdout } = await disk('check', at('m-child.vmdk'));
    expect(code).toBe(1);
    expect(stdout).toContain(`${at('m.vmdk')}: no such file`);
  });

  it('keeps to whom a file it replaces was open', async () => {
    const file = at('private.vmdk');
    await quiet('create', file, '--size', '1MiB', '--format', 'monolithicSparse');
    chmodSync(file, 0o600);
    await quiet('grow', file, '--size', '2MiB');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('removes parts a killed run left behind', async () => {
    // No process has this number: above the largest Linux gives.
    writeFileSync(at('.k-flat.vmdk.vmtop-99999999.part'), 'x');
    writeFileSync(at('.k-s001.vmdk.vmtop-99999999.part'), 'x');
    writeFileSync(at(`.k-flat.vmdk.vmtop-${process.ppid}.part`), 'x');
    await quiet('create', at('k.vmdk'), '--size', '1MiB');
    const parts = readdirSync(folder).filter((name) => name.endsWith('.part'));
    expect(parts).toEqual([`.k-flat.vmdk.vmtop-${process.ppid}.part`]);
    rmSync(at(parts[0]));
  });

  it('clones, whole and linked, and reads a chain', async () => {
    const raw = rawFile();
    await quiet('import', raw, at('base.vmdk'), '--from', 'raw');
    for (const [name, format] of [
      ['c1', 'seSparse'],
      ['c2', 'vmfsSparse'],
    ]) {
      await quiet('clone', at('base.vmdk'), at(`${name}.vmdk`), '--linked', '--format', format);
      expect(await quiet('info', at(`${name}.vmdk`))).toMatch(/child of/);
      await quiet('convert', at(`${name}.vmdk`), at('back.img'), '--format', 'raw', '--force');
      expect(same(at('back.img'), raw)).toBe(true);
      if (hasTool('qemu-img')) {
        expect(run('qemu-img', 'compare', at(`${name}.vmdk`), raw).status).toBe(0);
      }
    }
    await refused('a snapshot of another disk', 'grow', at('c1.vmdk'), '--size', '1GiB');
    mkdirSync(at('sub'), { recursive: true });
    await quiet('clone', at('base.vmdk'), at('sub/far.vmdk'), '--linked');
    await refused('--outside', 'convert', at('sub/far.vmdk'), at('x.vmdk'));
    await quiet('clone', at('sub/far.vmdk'), at('x.vmdk'), '--outside', '--format', 'thin');
    expect(same(at('x-flat.vmdk'), raw)).toBe(true);
  });

  it.each(['thin', 'monolithicSparse', '2gbsparse', 'streamOptimized'])(
    'grows %s and keeps what it is',
    async (format) => {
      const raw = rawFile();
      const file = at(`grow-${format}.vmdk`);
      await quiet('convert', raw, file, '--from', 'raw', '--format', format);
      const content = /content \w+/.exec(await quiet('info', file))?.[0] ?? '-';
      await refused('only grow', 'grow', file, '--size', '1MiB');
      await quiet('grow', file, '--size', '80MiB');
      const text = await quiet('info', file);
      expect(text).toContain('size 80 MB');
      expect(text).toContain(content);
      expect(await quiet('check', file)).toMatch(/^0 errors, 0 warnings$/m);
      await quiet('convert', file, at('back.img'), '--format', 'raw', '--force');
      const back = readFileSync(at('back.img'));
      expect(back.length).toBe(80 << 20);
      expect(back.subarray(0, (35 << 20) + 512).equals(readFileSync(raw))).toBe(true);
      expect(back.subarray((35 << 20) + 512).some((byte) => byte !== 0)).toBe(false);
    },
  );

  it('grows into more parts without touching files of others', async () => {
    const file = at('parts.vmdk');
    await quiet('create', file, '--size', '1GiB', '--format', '2gbsparse');
    writeFileSync(at('parts-s002.vmdk'), 'not of this disk');
    await refused('the file exists', 'grow', file, '--size', '3GiB');
    expect(readFileSync(at('parts-s002.vmdk'), 'utf8')).toBe('not of this disk');
    rmSync(at('parts-s002.vmdk'));
    writeFileSync(file, readFileSync(file, 'utf8').replace('parts-s001', 'old-name'));
    writeFileSync(at('old-name.vmdk'), readFileSync(at('parts-s001.vmdk')));
    rmSync(at('parts-s001.vmdk'));
    await quiet('grow', file, '--size', '3GiB');
    expect(existsSync(at('parts-s002.vmdk'))).toBe(true);
    expect(existsSync(at('old-name.vmdk'))).toBe(false);
    expect(await quiet('check', file)).toMatch(/^0 errors, 0 warnings$/m);
  });

  it('goes on where a run was killed between the names of its extents', async () => {
    const file = at('cut.vmdk');
    await quiet('convert', rawFile(), file, '--from', 'raw', '--format', '2gbsparse');
    // The new extent has its own name still, its last one too or the old one is there.
    writeFileSync(file, readFileSync(file, 'utf8').replace('cut-s001', 'cut.vmtop-new-s001'));
    linkSync(at('cut-s001.vmdk'), at('cut.vmtop-new-s001.vmdk'));
    await quiet('grow', file, '--size', '3GiB');
    expect(readdirSync(folder).filter((name) => name.includes('cut'))).toEqual([
      'cut-s001.vmdk',
      'cut-s002.vmdk',
      'cut.vmdk',
    ]);
    expect(await quiet('check', file)).toMatch(/^0 errors, 0 warnings$/m);
  });

  it('defragments: grains that nothing names are gone', async () => {
    const raw = rawFile();
    const file = at('frag.vmdk');
    await quiet('convert', raw, file, '--from', 'raw', '--format', 'monolithicSparse');
    const { size } = statSync(file);
    truncateSync(file, size + (1 << 20));
    expect(await quiet('check', file)).toMatch(/^0 errors, 1 warnings$/m);
    const { stderr, code } = await disk('defragment', file);
    expect({ stderr, code }).toEqual({ stderr: expect.stringContaining('16 grains'), code: 0 });
    expect(statSync(file).size).toBe(size);
    expect(await quiet('check', file)).toMatch(/^0 errors, 0 warnings$/m);
    await quiet('create', at('flat.vmdk'), '--size', '1MiB');
    await refused('no grains', 'defragment', at('flat.vmdk'));
  });

  it('handles a disk of 62 TB, empty, in no time', async () => {
    for (const format of ['thin', 'seSparse', 'streamOptimized']) {
      const file = at(`big-${format}.vmdk`);
      await quiet('create', file, '--size', '62TiB', '--format', format);
      expect(await quiet('check', file)).toMatch(/^0 errors, 0 warnings$/m);
      await quiet('convert', file, at('big-copy.vmdk'), '--format', 'seSparse', '--force');
    }
  });

  it('compares what guests would read, whatever the formats, and says where it differs', async () => {
    const raw = rawFile('compared.img', 7);
    await quiet('convert', raw, at('one.vmdk'), '--from', 'raw', '--format', 'streamOptimized');
    await quiet('convert', raw, at('two.vmdk'), '--from', 'raw', '--format', '2gbsparse');
    expect(await quiet('compare', at('one.vmdk'), at('two.vmdk'))).toMatch(/^equal: 35 MB/);
    await quiet('compare', at('one.vmdk'), raw, '--with', 'raw');
    await quiet('compare', raw, at('two.vmdk'), '--from', 'raw');

    const changed = readFileSync(raw);
    const byte = 20 * 2 ** 20 + 777;
    changed[byte] ^= 1;
    writeFileSync(at('changed.img'), changed);
    const { code, stdout, stderr } = await disk(
      'compare',
      at('one.vmdk'),
      at('changed.img'),
      '--with',
      'raw',
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const sector = Math.floor(byte / 512);
    const digits = (value: number): string => value.toLocaleString('en');
    expect(stdout).toBe(
      `they differ: first in sector ${digits(sector)}, at byte ${digits(sector * 512)}\n`,
    );

    // What is longer may only have zeros there: as qemu-img compare has it.
    writeFileSync(at('longer.img'), Buffer.concat([readFileSync(raw), Buffer.alloc(4096)]));
    expect(await quiet('compare', raw, at('longer.img'), '--from', 'raw', '--with', 'raw')).toMatch(
      /^equal: .*, and zeros behind them/,
    );
    await refused('--with raw says', 'compare', at('one.vmdk'), raw);
  });

  it('ends with 1 for damage, with 2 for what is no disk', async () => {
    const file = at('d.vmdk');
    await quiet('create', file, '--size', '1MiB', '--format', 'monolithicSparse');
    const bytes = readFileSync(file);
    bytes[75] = 10;
    writeFileSync(file, bytes);
    const { code, stdout } = await disk('check', file);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^error: the header was changed as text \(1\)/);
    await refused('no such file', 'check', at('none.vmdk'));
    await refused('say what to do');
    expect(existsSync(at('none.vmdk'))).toBe(false);
  });
});

describe('a large sparse disk', () => {
  it('is converted and compared without reading its holes', async () => {
    const path = at('holes.img');
    const content = Buffer.alloc(4096, 7);
    writeFileSync(path, content);
    truncateSync(path, 1 << 30);
    writeFileSync(path, content, { flag: 'r+' });
    const file = openSync(path, 'r+');
    // 900 GiB of holes would take minutes to read.
    writeSync(file, content, 0, 4096, 900 * 2 ** 30);
    closeSync(file);
    await quiet('convert', path, at('holes.vmdk'), '--from', 'raw');
    await quiet('convert', at('holes.vmdk'), at('packed.vmdk'), '--format', 'monolithicSparse');
    await quiet('convert', at('packed.vmdk'), at('again.img'), '--format', 'raw');
    expect(statSync(at('again.img')).size).toBe(900 * 2 ** 30 + 4096);
    const read = Buffer.alloc(4096);
    const again = openSync(at('again.img'), 'r');
    for (const place of [0, 900 * 2 ** 30]) {
      readSync(again, read, 0, 4096, place);
      expect(read.equals(content)).toBe(true);
    }
    closeSync(again);
  });
});
