import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const OUT = root('node_modules/.cache/cli-test');

let meta: Metafile;

beforeAll(async () => {
  mkdirSync(OUT, { recursive: true });
  const result = await build({
    metafile: true,
    entryPoints: { vmtop: root('src/cli/vmtop.ts') },
    outdir: OUT,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    jsx: 'automatic',
    external: ['blessed', 'blessed-contrib', 'systeminformation', 'ink', 'react'],
    banner: {
      js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);",
    },
  });
  meta = result.metafile;
});

const start = (...args: readonly string[]) => spawn(process.execPath, [`${OUT}/vmtop.js`, ...args]);

describe('vmtop as a process', () => {
  it('ends quietly when its reader has seen enough', async () => {
    const child = start('list');
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += String(text);
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('ends quietly when its reader has seen enough of a batch', async () => {
    const child = start('default', '--batch', '--delay', '1', '--iterations', '100000');
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += String(text);
    });
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^"\(PDH-CSV 4\.0\)/);
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number];
    expect(stderr).toBe('');
    expect(code).toBe(0);
  }, 30_000);

  it('gives its exit code to the shell', async () => {
    for (const [args, expected] of [
      [['--version'], 0],
      [['run', 'nowhere'], 2],
    ] as const) {
      const child = start(...args);
      child.stdout.resume();
      child.stderr.resume();
      const [code] = (await once(child, 'close')) as [number];
      expect(code).toBe(expected);
    }
  });

  it('loads neither scenario nor engine nor dashboard until a command asks for them', () => {
    const seen = new Set<string>();
    const visit = (output: string): void => {
      if (seen.has(output)) return;
      seen.add(output);
      for (const { path, kind } of meta.outputs[output]?.imports ?? []) {
        if (kind === 'import-statement') visit(path);
      }
    };
    visit(Object.keys(meta.outputs).find((output) => output.endsWith('/vmtop.js')) ?? '');
    const inputs = [...seen].flatMap((output) => Object.keys(meta.outputs[output]?.inputs ?? {}));
    expect(inputs.some((input) => input.endsWith('src/cli/main.ts'))).toBe(true);
    const lazy =
      /node_modules\/(yaml|zod|ink|react)\/|src\/(tui|input|engine\/(simulation|stack))\//;
    expect(inputs.filter((input) => lazy.test(input))).toEqual([]);
  });
});
