/** The built program in a pseudo terminal: mouse modes, the configuration file, a real machine. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linuxDisks } from '../../src/host/inventory.js';
import { type PtySession, startInPty } from './pty.js';

const PROGRAM = 'dist/vmtop.js';
/** Ten frames a second: what is waited for comes sooner. */
const QUICK = ['-d', '0.1'];

let session: PtySession | undefined;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-'));
  mkdirSync(join(folder, 'vmtop'));
});

afterEach(() => {
  session?.child.kill('SIGKILL');
  session = undefined;
  rmSync(folder, { recursive: true });
});

function start(args: readonly string[], config = ''): PtySession {
  writeFileSync(join(folder, 'vmtop', 'config.yaml'), config);
  session = startInPty(process.execPath, [PROGRAM, ...args, ...QUICK], {
    env: { XDG_CONFIG_HOME: folder },
  });
  return session;
}

const running = (text: string): boolean => /scheduler\s+\d/.test(text);

describe.skipIf(!existsSync(PROGRAM))('vmtop', () => {
  test('takes clicks and the wheel, and gives the mouse back', async () => {
    const pty = start([]);
    await pty.waitFor(running);
    expect(pty.term.modes.mouseTrackingMode).toBe('vt200');
    const tab = pty.screen()[1]?.indexOf('v VDisk') ?? -1;
    expect(tab).toBeGreaterThan(0);
    pty.press(`\u001B[<0;${tab + 1};2M\u001B[<0;${tab + 1};2m`);
    await pty.waitFor((text) => text.includes('VMNAME'));
    const pointer = (text: string): number =>
      text.split('\n').findIndex((line) => line.startsWith('▸'));
    const before = pointer(await pty.waitFor((text) => pointer(text) > 0));
    pty.press('\u001B[<65;10;10M');
    await pty.waitFor((text) => pointer(text) === before + 3);
    // A key still is a key.
    pty.press('q');
    expect((await pty.exit).exitCode).toBe(0);
    await pty.parsed();
    expect(pty.term.modes.mouseTrackingMode).toBe('none');
    expect(pty.term.buffer.active.type).toBe('normal');
  });

  test.each([
    ['--no-mouse', ['--no-mouse'], ''],
    ['the configuration', [], 'mouse: false'],
  ])('leaves the mouse alone when %s says so', async (_who, args, config) => {
    const pty = start(args, config);
    await pty.waitFor(running);
    expect(pty.output()).not.toContain('\u001B[?1000');
  });

  test('starts as the configuration says: theme, pace and reading only', async () => {
    const pty = start([], 'theme: monochrome\nspeed: 5x\nreadOnly: true');
    const text = await pty.waitFor(running);
    expect(text).toMatch(/ 5x \(/);
    expect(text).toContain('read only');
    expect(pty.output()).not.toMatch(/\u001B\[[\d;]*\b(3[0-7]|38|9[0-7])(;[\d;]*)?m/);
    pty.press('!');
    await pty.waitFor((seen) => seen.includes('read only: faults are off'));
  });

  test('does not start with a configuration that is wrong: exit code 2 and what to do', async () => {
    const pty = start([], 'mouse: yes please');
    expect((await pty.exit).exitCode).toBe(2);
    await pty.parsed();
    const text = pty.screen().join('').replace(/\s+/g, ' ');
    expect(text).toContain('config.yaml:1:8: mouse: expected true or false');
    expect(pty.output()).not.toContain('\u001B[?1049h');
  });

  test('ctrl+p writes the screen where it was started', async () => {
    const pty = start(['--theme', 'light', '--read-only']);
    await pty.waitFor(running);
    pty.press('\u0010');
    const text = await pty.waitFor((seen) => seen.includes('the screen is in'));
    const file = /the screen is in (\S+)/.exec(text)?.[1] ?? '';
    expect(existsSync(file)).toBe(true);
    rmSync(file);
  });

  test.skipIf(linuxDisks().length === 0)('host shows the disks there are', async () => {
    const names = linuxDisks().map(({ name }) => name);
    const pty = start(['host']);
    await pty.waitFor((text) => text.includes('DEVICE') && names.every((n) => text.includes(n)));
    await pty.waitFor((text) => /0:0[1-9]\.\d{3} +REAL/.test(text));
    for (const [key, said] of [
      ['d', 'ADAPTR'],
      ['S', 'DISK'],
      ['D', '/'],
      ['O', 'a real machine does not tell of its layers'],
      ['.', 'its time goes by itself'],
      ['!', 'read only'],
    ] as const) {
      pty.press(key);
      await pty.waitFor((text) => text.includes(said));
    }
    pty.press('u');
    const keys = await pty.waitFor((text) => text.includes('DEVICE'));
    expect(keys).not.toMatch(/\+ speed|z undo|rewind/);
    pty.press('q');
    expect((await pty.exit).exitCode).toBe(0);
  });
});
