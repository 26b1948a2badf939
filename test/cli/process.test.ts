import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
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

  it('writes a file of a volume to standard output, whole or as far as it is read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vmtop-process-'));
    const [image, file] = [join(folder, 'v'), join(folder, 'f')];
    const content = randomBytes(5_000_001);
    writeFileSync(file, content);
    const exit = async (...args: readonly string[]): Promise<number> => {
      const [code] = (await once(start('volume', ...args), 'close')) as [number];
      return code;
    };
    expect(await exit('format', image, '--size', '300MiB')).toBe(0);
    expect(await exit('put', image, file, '/f')).toBe(0);
    const whole = start('volume', 'cat', image, '/f');
    expect(Buffer.compare(await buffer(whole.stdout), content)).toBe(0);
    const part = start('volume', 'cat', image, '/f');
    part.stdout.once('data', () => part.stdout.destroy());
    expect(await once(part, 'close')).toEqual([0, null]);
    rmSync(folder, { recursive: true });
  });

  it('leaves a sound volume when it is killed while it writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vmtop-process-'));
    const [image, file] = [join(folder, 'v'), join(folder, 'f')];
    writeFileSync(file, randomBytes(100_000_000));
    const run = async (...args: readonly string[]): Promise<string> =>
      (await buffer(start('volume', ...args).stdout)).toString();
    await run('format', image, '--size', '600MiB');
    const put = start('volume', 'put', image, file, '/f');
    // The heartbeat of the session: from now on it writes.
    const slot = Buffer.alloc(4);
    const device = openSync(image, 'r');
    while (slot.readUInt32LE() !== 0xabcdef02 && put.exitCode === null) {
      readSync(device, slot, 0, 4, 0x1100000 + 0x300000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    put.kill('SIGKILL');
    await once(put, 'close');
    closeSync(device);
    expect(await run('check', image)).toMatch(/^0 errors, 0 warnings$/m);
    await run('put', image, file, '/f', '--force');
    const listing = await run('ls', image);
    expect(listing).toMatch(/ 100000000 .* f$/m);
    expect(listing).not.toContain('.part');
    expect(await run('check', image)).toMatch(/^0 errors, 0 warnings$/m);
    rmSync(folder, { recursive: true });
  });

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
