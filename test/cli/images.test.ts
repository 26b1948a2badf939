/** `vmtop run` with LUNs in files: what it leaves, and what it does not touch. */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, vmtop } from './helpers.js';

let folder: string;
let image: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-images-'));
  image = join(folder, 'lun.img');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a guest for 20 ms on the first of these LUNs, given what each keeps. */
function run(...contents: readonly string[]): Promise<Outcome> {
  const path = join(folder, 'scenario.yaml');
  const luns = contents.map((content, at) => `{ name: lun${at}, size: 2GiB, content: ${content} }`);
  writeFileSync(
    path,
    `title: images
duration: 20ms
arrays: [{ name: array1, luns: [${luns.join(', ')}] }]
hosts: [{ name: esx1, adapters: [{ name: vmhba1, driver: qlnativefc }] }]
datastores: [{ name: ds1, extents: [array1/lun0] }]
vms:
  - name: vm1
    memory: 16MiB
    disks: [{ size: 64MiB }]
    workloads: [{ rw: randwrite, bs: 64k, size: 16MiB }]
`,
  );
  return vmtop('run', path);
}

describe('LUNs in files', () => {
  it('of the bundled scenario are left in the folder it runs in', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      const outcome = await vmtop('run', 'disk-images', '--duration', '10ms');
      const images = ['array1-vmfs5.img', 'array1-vmfs6.img'];
      expect(outcome).toMatchObject({ code: 0, stderr: `images: ${images.join(', ')}\n` });
      for (const name of images) {
        expect(await vmtop('volume', 'check', name)).toMatchObject({ code: 0, stderr: '' });
      }
    } finally {
      process.chdir(before);
    }
  });

  it('are left as sparse volumes that vmtop volume lists and finds clean', async () => {
    expect(await run(`{ file: ${image} }`)).toMatchObject({
      code: 0,
      stderr: `images: ${image}\n`,
    });
    expect(statSync(image).size).toBe(2 * 1024 ** 3);
    expect(statSync(image).blocks * 512).toBeLessThan(128 << 20);
    const listed = await vmtop('volume', 'ls', image, '/vm1');
    expect(listed.stdout).toMatch(/67108864 .* vm1-flat\.vmdk/);
    const checked = await vmtop('volume', 'check', image);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain('0 errors, 0 warnings');
  });

  it('are not touched when they exist and the scenario does not say what becomes of them', async () => {
    const before = statSync(image).mtimeMs;
    const { code, stderr } = await run(`{ file: ${image} }`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/lun\.img: the file exists\n {2}hint: .*"ifExists: open"/);
    expect(statSync(image).mtimeMs).toBe(before);
  });

  it('are used again with what they hold, or emptied, where it says so', async () => {
    const mine = join(folder, 'mine');
    writeFileSync(mine, 'mine');
    await vmtop('volume', 'put', image, mine, '/mine');
    expect((await run(`{ file: ${image}, ifExists: open }`)).code).toBe(0);
    expect((await vmtop('volume', 'ls', image, '/')).stdout).toContain(' mine');
    expect((await vmtop('volume', 'check', image)).stdout).toContain('0 errors, 0 warnings');
    expect((await run(`{ file: ${image}, ifExists: replace }`)).code).toBe(0);
    expect((await vmtop('volume', 'ls', image, '/')).stdout).not.toContain(' mine');
  });

  it('that are new disappear when the run cannot be built; others stay as they are', async () => {
    const fresh = join(folder, 'fresh.img');
    const other = join(folder, 'other.img');
    writeFileSync(other, 'text');
    const { code, stderr } = await run(`{ file: ${fresh} }`, `{ file: ${other}, ifExists: open }`);
    expect(code).toBe(2);
    expect(stderr).toContain('other.img: it has 4 bytes, the LUN of the scenario 2147483648');
    expect(existsSync(fresh)).toBe(false);
    expect(readFileSync(other, 'utf8')).toBe('text');
    const disk = join(folder, 'disk.img');
    writeFileSync(disk, 'something else');
    truncateSync(disk, 2 * 1024 ** 3);
    const foreign = await run(`{ file: ${disk}, ifExists: open }`);
    expect(foreign.code).toBe(2);
    expect(foreign.stderr).toMatch(/no VMFS volume: .*\n {2}hint: .*"ifExists: replace"/);
  });
});
