import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { SYMLINK } from '../../src/engine/formats/vmfs/descriptor.js';
import { makeUuid } from '../../src/engine/formats/vmfs/uuid.js';
import { Volume } from '../../src/engine/formats/vmfs/volume.js';
import { FileImage } from '../../src/input/image/file-image.js';
import { type Outcome, vmtop } from './helpers.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-volume-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const volume = (...args: readonly string[]): Promise<Outcome> => vmtop('volume', ...args);

async function quiet(...args: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await volume(...args);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout;
}

function local(name: string, content: string | Uint8Array): string {
  writeFileSync(at(name), content);
  return at(name);
}

describe('vmtop volume', () => {
  it('makes a sparse volume, fills it, lists it and finds it clean', async () => {
    const images = [at('a.img'), at('b.img')];
    const text = await quiet('format', ...images, '--size', '640MiB', '--label', 'ds1');
    expect(text).toMatch(/^VMFS-5\.81 "ds1" /);
    // 17 MiB in front, then whole extents of 256 MiB (reference, section 3.5): two on each image.
    expect(text).toContain('capacity 1 GB');
    expect(statSync(images[0]).blocks * 512).toBeLessThan(64 << 20);
    await quiet('mkdir', ...images, '/vm');
    await quiet('put', ...images, local('x', 'hello\n'), '/vm/');
    await quiet(
      'put',
      ...images.toReversed(),
      local('y', new Uint8Array(3 << 20).fill(1)),
      '/vm/y',
    );
    const listing = await quiet('ls', ...images, '/vm');
    expect(listing).toMatch(/^-rw------- +1 +0 +0 +6 +8 KB \d{4}-\d\d-\d\d \d\d:\d\d:\d\d x$/m);
    expect(listing).toMatch(/ 3145728 +3 MB .* y$/m);
    expect(await quiet('check', ...images)).toMatch(/^0 errors, 0 warnings$/m);
    expect(await quiet('extents', images[1], images[0])).toMatch(
      /a\.img .* 0-1 .*\n.*b\.img .* 2-3 /,
    );
    expect(await quiet('df', ...images)).toMatch(/^file blocks +1,024 /m);
    await quiet('rm', ...images, '/vm', '--recursive');
    expect(await quiet('ls', ...images)).not.toContain(' vm');
  });

  it('follows symbolic links within the volume', async () => {
    const image = at('links.img');
    await quiet('format', image, '--size', '1GiB');
    const file = FileImage.open(image, true);
    const links = {
      '/there': 'vm/file',
      '/vm/round': '../vm/again',
      '/vm/again': 'round',
      '/out': '/etc/x',
    };
    const written = Volume.open([file], { seconds: 1, host: makeUuid(1, [1, 2, 3]) });
    written.makeDirectory('/vm');
    written.create('/vm/file');
    written.write('/vm/file', 0, Buffer.from('what it says'));
    for (const [path, target] of Object.entries(links)) {
      written.create(path);
      written.write(path, 0, Buffer.from(target));
      written.core.transaction(() => {
        const link = written.tree.file(path);
        link.type = SYMLINK;
        written.core.writeDescriptor(link);
      });
    }
    written.close();
    file.close();
    expect(await quiet('ls', image, '/')).toMatch(/there -> vm\/file/);
    // It writes to the file, not to the stream that is watched here.
    const program = join(import.meta.dirname, '../../dist/vmtop.js');
    const read = execFileSync(process.execPath, [program, 'volume', 'cat', image, '/there']);
    expect(read.toString()).toBe('what it says');
    for (const [path, says] of [
      ['/vm/round', 'lead in a circle'],
      ['/out', 'which is on the host'],
    ] as const) {
      const { code, stderr } = await volume('cat', image, path);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(says) });
    }
  });

  it('leaves out zeros when asked to', async () => {
    const image = at('thin.img');
    await quiet('format', image, '--size', '300MiB');
    const disk = new Uint8Array(40 << 20);
    disk.fill(7, 30 << 20, (30 << 20) + 100);
    await quiet('put', image, local('disk', disk), '/thin', '--thin');
    await quiet('put', image, at('disk'), '/thick');
    expect(await quiet('ls', image)).toMatch(
      / 41943040 +40 MB .* thick\n.* 41943040 +1 MB .* thin\n/,
    );
  });

  it('reads only unless asked, replaces only when forced', async () => {
    const image = at('c.img');
    await quiet('format', image, '--size', '300MiB', '--vmfs', '6');
    const file = local('f', 'one');
    await quiet('put', image, file, '/f');
    const before = readFileSync(image);
    for (const action of ['ls', 'df', 'check', 'extents']) await quiet(action, image);
    expect(readFileSync(image).equals(before)).toBe(true);
    const again = await volume('put', image, file, '/f');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
    for (const args of [[image], [image, '--size', '300MiB']]) {
      const format = await volume('format', ...args);
      expect(format).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
    }
    await quiet('put', image, local('f', 'two'), '/f', '--force');
    expect(await quiet('ls', image)).toMatch(/ 3 +0 B .* f$/m);
    await quiet('format', image, '--force');
    expect(await quiet('ls', image)).not.toMatch(/ f$/m);
  });

  it('never leaves the volume, whatever the path', async () => {
    const image = at('d.img');
    await quiet('format', image, '--size', '300MiB');
    await quiet('put', image, local('up', 'x'), '../../../up');
    expect(await quiet('ls', image, '/../..')).toMatch(/ up$/m);
    await quiet('mkdir', image, '/a/../b');
    expect(await quiet('ls', image)).toMatch(/ b$/m);
  });

  it('says what is wrong with an image, and ends with 2', async () => {
    const image = local('noise', new Uint8Array(2 << 20).fill(0x55));
    for (const [args, words] of [
      [['ls', at('none')], 'no such file'],
      [['ls', folder], 'expected a file, found a directory'],
      [['ls', image], 'no VMFS volume'],
      [['cat', image], 'expected IMAGE... PATH'],
      [['put', image, '/x'], 'expected IMAGE... FILE PATH'],
      [['ls', image, image], 'given twice'],
      [['format', at('e'), '--size', '10MiB'], 'too small'],
      [['format', at('e'), '--size', 'much'], '--size'],
      [['format', at('e'), '--size', '1GiB', '--vmfs', '4'], 'expected 3, 5 or 6'],
      [[], 'say what to do'],
    ] as const) {
      const outcome = await volume(...args);
      expect(outcome, args.join(' ')).toMatchObject({ code: 2 });
      expect(outcome.stderr).toContain(words);
    }
  });

  it('refuses pipes at once, the root for removal, and what another process writes to', async () => {
    const image = at('locked.img');
    await quiet('format', image, '--size', '300MiB');
    execFileSync('mkfifo', [at('pipe')]);
    expect(await volume('ls', at('pipe'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('found a device, pipe or socket'),
    });
    await quiet('put', image, local('first', 'x'), '/ !first');
    expect(await volume('rm', image, '/d/..', '--recursive')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('root directory cannot be removed'),
    });
    expect(await quiet('ls', image)).toMatch(/ !first$/m);
    // The parent of this process lives; nobody has the greatest number there is.
    for (const [owner, code] of [
      [process.ppid, 2],
      [2 ** 22, 0],
    ] as const) {
      const lock = local('.locked.img.vmtop-lock', `${owner}\n`);
      const outcome = await volume('mkdir', image, '/d');
      expect(outcome.code, outcome.stderr).toBe(code);
      expect(existsSync(lock)).toBe(code === 2);
    }
    await quiet('check', image);
  });

  it('never lets a name steer the terminal', async () => {
    const image = at('escape.img');
    await quiet('format', image, '--size', '300MiB');
    await quiet('put', image, local('x', 'x'), '/\u001b[31mred');
    expect(await quiet('ls', image)).toMatch(/ \ufffd\[31mred$/m);
    const outcome = await volume('put', image, at('x'), '/\u001b[31mred');
    expect(outcome.stderr).toMatch(/^\/\ufffd\[31mred: a file of this name exists\n {2}hint: /);
  });

  it('explains damage and ends with 1', async () => {
    const image = at('f.img');
    await quiet('format', image, '--size', '300MiB');
    const bytes = readFileSync(image);
    bytes.writeUInt32LE(0x1234, 0x1100000 + 0x300000 + 512);
    writeFileSync(image, bytes);
    const { stdout, code } = await volume('check', image);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^error: a heartbeat slot is damaged \(1\)\n {2}heartbeat slot 1: state 1234\n/,
    );
    expect(stdout).toMatch(/^1 errors, 0 warnings$/m);
  });

  it('lists what it can of a directory with damage', async () => {
    const image = at('h.img');
    await quiet('format', image, '--size', '300MiB');
    await quiet('put', image, local('a', '1'), '/a');
    await quiet('put', image, local('b', '2'), '/b');
    const bytes = readFileSync(image);
    // Descriptor 8, the first of a user: 0x41c000 of the volume (reference, section 17).
    bytes.fill(0, 0x1100000 + 0x41c000, 0x1100000 + 0x41c000 + 512);
    writeFileSync(image, bytes);
    expect(await quiet('ls', image)).toMatch(/^\?-+ {2}a {2}\(damaged: .*\n-rw.* b$/m);
    expect((await volume('cat', image, '/a')).code).toBe(2);
    const { stdout, code } = await volume('check', image);
    expect(stdout).toMatch(/error: a name of no file \(1\)\n {2}\/a: /);
    expect(code).toBe(1);
  });

  it('extends and grows a volume, and says what is missing', async () => {
    const [first, second] = [at('e1.img'), at('e2.img')];
    await quiet('format', first, '--size', '300MiB');
    await quiet('put', first, local('kept', 'kept\n'), '/e');
    // Whole extents of 256 MiB (reference, section 3.5).
    const extended = await quiet('extend', first, second, '--size', '600MiB');
    expect(extended).toMatch(/^file blocks +768 /m);
    expect(await quiet('grow', first, second, '1100MiB')).toMatch(/^file blocks +1,280 /m);
    expect(await quiet('check', first, second)).toMatch(/^0 errors, 0 warnings$/m);
    expect(await quiet('ls', second, first)).toMatch(/ 5 +8 KB .* e$/m);
    const alone = await volume('ls', first);
    expect(alone).toMatchObject({ code: 0, stderr: expect.stringContaining('extents 1 to 4') });
    expect(await volume('grow', first, '2GiB')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('missing'),
    });
    expect(await volume('grow', first, second, '1GiB')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('smaller'),
    });
    await quiet('format', at('other.img'), '--size', '300MiB');
    expect(await volume('extend', first, second, at('other.img'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--force'),
    });
  });

  it('tells a copy by its device, and resignatures it', async () => {
    const image = at('copy.img');
    await quiet('format', image, '--size', '300MiB', '--label', 'ds1', '--device', 'naa.6001');
    await quiet('df', image, '--device', 'naa.6001');
    const copy = await volume('df', image, '--device', 'naa.6002');
    expect(copy).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/snapshot LUN.*naa\.6001.*resignature/),
    });
    const label = await quiet('resignature', image, '--device', 'naa.6002');
    expect(label).toMatch(/^snap-[0-9a-f]{8}-ds1 /);
    expect(await quiet('df', image, '--device', 'naa.6002')).toContain('"snap-');
    expect(await volume('df', image, '--device', 'naa.6')).toMatchObject({ code: 2 });
  });

  it('shows progress on a terminal only', async () => {
    const image = at('g.img');
    const texts: string[] = [];
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      texts.push(String(text));
      return true;
    });
    const tty = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
    try {
      Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
      vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      await main(['volume', 'format', image, '--size', '300MiB']);
    } finally {
      vi.restoreAllMocks();
      if (tty === undefined) Reflect.deleteProperty(process.stderr, 'isTTY');
      else Object.defineProperty(process.stderr, 'isTTY', tty);
    }
    expect(spy).toBeDefined();
    expect(texts.join('')).toMatch(/\[=* *\] +\d+% {2}formatting/);
  });
});
