/** Volumes vmtop writes, judged by programs nobody here wrote. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { VMFS3, VMFS5, VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import { formatted, MIB, Model, openToWrite, pattern, sequence } from './model.js';
import { CLEAN, debugVmfs6, fsck, hasTool, Images, mounted, run } from './tools.js';

const images = new Images();
afterAll(() => images.remove());

const CASES = [
  { generation: VMFS5, sizes: [1024 * MIB], steps: 2000 },
  { generation: VMFS5, sizes: [600 * MIB, 400 * MIB, 900 * MIB], steps: 400 },
  { generation: VMFS3, sizes: [1024 * MIB], steps: 400 },
  { generation: VMFS3, sizes: [600 * MIB, 700 * MIB], steps: 400 },
];

describe.skipIf(!hasTool('fsck.vmfs') || !hasTool('debugvmfs'))('vmfs-tools', () => {
  it.each(CASES)(
    'find nothing on $generation.name over $sizes.length extents',
    (one) => {
      const { generation, sizes, steps } = one;
      const media = formatted({ generation, sizes });
      const volume = openToWrite(media);
      const model = new Model(sequence(steps + sizes.length), volume);
      for (let step = 0; step < steps; step++) model.step();
      // Blocks still to be zeroed are false alarms of fsck.vmfs: zero them.
      for (const [path, content] of model.files) {
        if (content !== undefined && volume.stat(path).toBeZeroed > 0)
          volume.write(path, 0, content);
      }
      volume.create('/far');
      volume.write('/far', 300 * MIB, pattern(4, 100_000));
      volume.close();
      const paths = images.store(media);
      expect(fsck(paths)).toEqual(CLEAN);
      expect(run('debugvmfs', ...paths, 'check_vol_bitmaps').toString()).toContain(
        'Total errors: 0',
      );
      const files = [...model.files].filter(([, content]) => content !== undefined);
      for (const [path, content] of files.slice(0, 40)) {
        expect(
          Buffer.compare(run('debugvmfs', ...paths, 'cat', path), content ?? Buffer.alloc(0)),
        ).toBe(0);
      }
      const far = run('debugvmfs', ...paths, 'cat', '/far');
      expect(far.length).toBe(300 * MIB + 100_000);
      expect(Buffer.compare(far.subarray(300 * MIB), pattern(4, 100_000))).toBe(0);
      const listed = run('debugvmfs', ...paths, 'ls', '/')
        .toString()
        .split('\n');
      for (const path of model.files.keys()) {
        if (path.lastIndexOf('/') === 0 && path !== '/') expect(listed).toContain(path.slice(1));
      }
    },
    120_000,
  );

  it('report each block to be zeroed as lost, and no other', () => {
    const media = formatted();
    const volume = openToWrite(media);
    volume.create('/lazy', { length: 40 * MIB, provisioning: 'zeroedthick' });
    volume.write('/lazy', 0, pattern(1, 3 * MIB));
    volume.close();
    expect(fsck(images.store(media))).toEqual({ ...CLEAN, 'Lost blocks': 37 });
  });
});

describe.skipIf(!hasTool('debugvmfs6'))('vmfs6-tools', () => {
  it.each([[[1280 * MIB]], [[700 * MIB, 600 * MIB]]])(
    'read VMFS 6 on images of %j',
    (sizes) => {
      const media = formatted({ generation: VMFS6, sizes });
      const volume = openToWrite(media);
      const model = new Model(sequence(66), volume);
      for (let step = 0; step < 400; step++) model.step();
      volume.makeDirectory('/many');
      for (let index = 0; index < 200; index++) volume.create(`/many/${index}`);
      for (let index = 0; index < 200; index += 3) volume.remove(`/many/${index}`);
      volume.create('/far');
      volume.write('/far', 350 * MIB, pattern(4, 100_000));
      volume.close();
      const paths = images.store(media);
      const files = [...model.files].filter(([, content]) => content !== undefined);
      for (const [name, content] of files.slice(0, 40)) {
        expect(
          Buffer.compare(debugVmfs6(paths, 'cat', name), content ?? Buffer.alloc(0)),
          name,
        ).toBe(0);
      }
      const far = debugVmfs6(paths, 'cat', '/far');
      expect(far.length).toBe(350 * MIB + 100_000);
      expect(Buffer.compare(far.subarray(350 * MIB), pattern(4, 100_000))).toBe(0);
      const listed = debugVmfs6(paths, 'ls', '/many').toString().trim().split('\n');
      const left = Array.from({ length: 200 }, (_, index) => index).filter(
        (index) => index % 3 !== 0,
      );
      expect(listed.filter((name) => !name.startsWith('.')).sort()).toEqual(
        left.map(String).sort(),
      );
    },
    120_000,
  );
});

describe.skipIf(!hasTool('vmfs-fuse') || !hasTool('vmfs6-fuse'))('FUSE file systems', () => {
  it.each([
    { generation: VMFS5, program: 'vmfs-fuse', sizes: [400 * MIB] },
    { generation: VMFS5, program: 'vmfs-fuse', sizes: [400 * MIB, 300 * MIB] },
    { generation: VMFS6, program: 'vmfs6-fuse', sizes: [600 * MIB] },
  ])('$program shows $generation.name over $sizes.length extents', (one) => {
    const { generation, program, sizes } = one;
    const media = formatted({ generation, sizes });
    const volume = openToWrite(media, false);
    const model = new Model(sequence(11), volume);
    for (let step = 0; step < 60; step++) model.step();
    volume.close();
    mounted(program, images.store(media), (folder) => {
      for (const [path, content] of model.files) {
        const shown = content === undefined ? readdirSync(join(folder, path)) : [];
        // vmfs6-fuse shows system files as well.
        const names = shown.filter((name) => !name.endsWith('.sf'));
        const inside = [...model.files.keys()].filter(
          (other) => other !== '/' && join(other, '..') === path,
        );
        expect(names.sort(), path).toEqual(inside.map((other) => basename(other)).sort());
        if (content === undefined) continue;
        expect(Buffer.compare(readFileSync(join(folder, path)), content), path).toBe(0);
      }
    });
  });
});
