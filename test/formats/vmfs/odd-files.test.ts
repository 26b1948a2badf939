/** Files of real hosts that vmtop never makes itself: raw device mappings, names that are not UTF-8. */
import { describe, expect, it } from 'vitest';
import { checkVolume } from '../../../src/engine/formats/vmfs/check/check.js';
import { RDM } from '../../../src/engine/formats/vmfs/descriptor.js';
import { VMFS3, VMFS5, VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import type { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { formatted, MIB, openToRead, openToWrite, pattern, readAll } from './model.js';

describe.each([VMFS3, VMFS5, VMFS6])('$name', (generation) => {
  /** Reference, section 10: the block that stands at 0C in an LVM header is where the pointers are. */
  function map(volume: Volume, path: string): void {
    const { core, tree } = volume;
    core.transaction(() => {
      const file = tree.file(path);
      file.type = RDM;
      file.length = 0x2000000000;
      const block = file.bytes.subarray(generation.residentAt, generation.residentAt + 78);
      block.fill(0);
      // Kind VPD 83, 16 bytes; the bytes of the identifier read as block addresses would be in use.
      block.set([1, 16]);
      block.set([0x60, 0x06, 0x01, 0x60, ...new Array(12).fill(0x41)], 0x2e - 0x0c);
      core.writeDescriptor(file);
      // The directory says the same.
      const dir = tree.root;
      const entry = tree.find(dir, path.slice(1));
      if (entry !== undefined) tree.format.retarget(dir, entry, { ...entry, type: RDM });
    });
  }

  it('names the device of a raw device mapping, and removes it without touching blocks', () => {
    const images = formatted({ generation, sizes: [400 * MIB] });
    const volume = openToWrite(images, false);
    volume.create('/other');
    volume.write('/other', 0, pattern(1, 20 * MIB));
    for (const path of ['/rdm', '/old']) {
      volume.create(path);
      map(volume, path);
    }
    const before = volume.space();
    expect(checkVolume(images).findings.of('error')).toBe(0);
    expect(volume.stat('/rdm')).toMatchObject({
      type: 6,
      length: 0x2000000000,
      target: 'naa.60060160414141414141414141414141',
    });
    expect(() => volume.read('/rdm', 0, new Uint8Array(512))).toThrow(
      'its content is on the device naa.6006016041',
    );
    volume.remove('/rdm');
    volume.create('/new');
    volume.rename('/new', '/old', true);
    volume.close();
    expect(checkVolume(images).findings.list).toEqual([]);
    const after = openToRead(images);
    const free = (space: typeof before, name: string): number | undefined =>
      space.resources.find((resource) => resource.name === name)?.free;
    // One descriptor is free again, no block but the journal's.
    expect(free(after.space(), '.fdc.sf')).toBe((free(before, '.fdc.sf') ?? 0) + 1);
    expect(free(after.space(), '.sbc.sf')).toBe(free(before, '.sbc.sf'));
    expect(free(after.space(), '.fbb.sf')).toBe((free(before, '.fbb.sf') ?? 0) + 1);
    expect(Buffer.compare(readAll(after, '/other'), pattern(1, 20 * MIB))).toBe(0);
  });

  it('keeps names that are not UTF-8 byte by byte', () => {
    const images = formatted({ generation, sizes: [400 * MIB] });
    const volume = openToWrite(images);
    // Latin-1: two names that look the same.
    const names = ['caf\udce9', 'caf\udce8', 'plain'];
    for (const name of names) volume.create(`/${name}`);
    volume.write(`/${names[0]}`, 0, pattern(3, 50));
    volume.rename('/plain', '/caf\udcff');
    volume.remove(`/${names[1]}`);
    volume.close();
    expect(checkVolume(images).findings.list).toEqual([]);
    const again = openToRead(images);
    const { tree } = again;
    const dir = tree.root;
    const bytes = new Uint8Array(dir.length);
    tree.contents.read(dir, 0, bytes);
    expect(Buffer.from(bytes).includes(Buffer.from([0x63, 0x61, 0x66, 0xe9, 0]))).toBe(true);
    expect(Buffer.from(bytes).includes(Buffer.from([0x63, 0x61, 0x66, 0xff, 0]))).toBe(true);
    // As it is shown on a terminal, it can be asked for.
    expect(again.stat('/caf\ufffd').length).toBe(50);
  });
});

it('tells of a root that is no directory', () => {
  const images = formatted({ sizes: [400 * MIB] });
  const { root } = openToRead(images).tree;
  root.type = 0x10002;
  images[0].write((0x1100000 + root.at) / 512, 4, root.bytes);
  expect(checkVolume(images).findings.count('directory')).toBe(1);
});
