import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, sources } from './tree.js';

/** Folders in which every file but the index is an entry of a catalogue. */
const CATALOGUES = [
  'engine/devices/models',
  'engine/formats/trace',
  'engine/stack/adapter/orders',
  'engine/stack/storage-apis/psa/psp',
  'engine/stack/storage-apis/psa/pss',
  'engine/stack/storage-apis/psa/satp',
  'engine/faults',
];
/** What entries share: the form of an entry, not an entry. */
const SHARED = /^(index|define|model|types|api|common|shared|sites|trace|fault)\b/;

const files = sources();

describe('catalogues', () => {
  for (const folder of CATALOGUES) {
    it(`${folder} lists every file, and its files do not import one another`, () => {
      expect(existsSync(join(ROOT, 'src', folder, 'index.ts'))).toBe(true);
      const index = readFileSync(join(ROOT, 'src', folder, 'index.ts'), 'utf8');
      const entries = readdirSync(join(ROOT, 'src', folder))
        .filter((name) => name.endsWith('.ts') && !SHARED.test(name))
        .map((name) => name.replace(/\.ts$/, ''));
      expect(entries.length).toBeGreaterThan(1);
      expect(entries.filter((name) => !index.includes(`'./${name}.js'`))).toEqual([]);
      const crossing = entries.flatMap((name) => {
        const file = files.find(({ path }) => path === `${folder}/${name}.ts`);
        return (file?.imports ?? [])
          .filter((target) => target.startsWith(`${folder}/`))
          .filter((target) => !SHARED.test(target.slice(folder.length + 1)))
          .map((target) => `${name} imports ${target}`);
      });
      expect(crossing).toEqual([]);
    });
  }
});

describe('files', () => {
  it('stay within 400 lines: one idea each', () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });
});
