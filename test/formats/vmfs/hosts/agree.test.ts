/** Hosts on one volume agree on every file, whatever the order of their accesses; so do other programs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { VMFS3, VMFS5, VMFS6 } from '../../../../src/engine/formats/vmfs/generation.js';
import { MIB } from '../model.js';
import { CLEAN, debugVmfs6, fsck, hasTool, Images, mounted, run } from '../tools.js';
import { expectAgreement, LONGER, played } from './players.js';

const images = new Images();
afterAll(() => images.remove());

/** Files that are read by starting a program for each. */
const READ_EACH = LONGER || 10;

describe('hosts on one volume agree', () => {
  it.each([
    { generation: VMFS5, hosts: 2, operations: 360 },
    { generation: VMFS5, hosts: 3, operations: 240, sizes: [300 * MIB, 600 * MIB] },
    { generation: VMFS3, hosts: 2, operations: 120, locking: 'reservation' as const },
    { generation: VMFS3, hosts: 2, operations: 120, sizes: [600 * MIB, 700 * MIB] },
    { generation: VMFS6, hosts: 3, operations: 120 },
    { generation: VMFS6, hosts: 2, operations: 80, sizes: [700 * MIB, 600 * MIB] },
  ])(
    '$hosts on $generation.name ($locking, $sizes)',
    ({ generation, sizes, ...options }) => {
      const { game, media } = played(options, generation, sizes);
      expectAgreement(game, media);
      // Most operations are possible; most of those are computed once.
      expect(game.refused).toBeLessThan(game.done);
      expect(game.stopped).toBe(0);

      const paths = images.store(media);
      const six = generation.product === 6;
      if (!six && hasTool('fsck.vmfs')) expect(fsck(paths)).toEqual(CLEAN);
      const reader = six ? 'debugvmfs6' : 'debugvmfs';
      const files = game.tree.entries.filter(({ isDirectory }) => !isDirectory);
      for (const { path, content } of hasTool(reader) ? files.slice(-READ_EACH) : []) {
        const read = six ? debugVmfs6(paths, 'cat', path) : run(reader, ...paths, 'cat', path);
        expect(Buffer.compare(read, content as Uint8Array), path).toBe(0);
      }
      mounted(six ? 'vmfs6-fuse' : 'vmfs-fuse', paths, (folder) => {
        for (const { path, content, names } of game.tree.entries) {
          const there = join(folder, path);
          if (content !== undefined) {
            expect(Buffer.compare(readFileSync(there), content), path).toBe(0);
          } else {
            // vmfs6-fuse shows system files as well.
            const shown = readdirSync(there).filter((name) => !name.endsWith('.sf'));
            expect(shown.sort(), path).toEqual(names);
          }
        }
      });
    },
    300_000,
  );
});
