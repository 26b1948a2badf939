/** The built program in a real pseudo terminal: start, keys, and every way out. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { bindings } from '../../src/tui/keymap.js';
import { KEYS } from './harness.js';
import { type PtySession, startInPty } from './pty.js';

const PROGRAM = 'dist/vmtop.js';
const RESTORED = '\u001B[?7h\u001B[?25h\u001B[?1049l';

let session: PtySession | undefined;

afterEach(() => {
  session?.child.kill('SIGKILL');
  session = undefined;
});

function start(
  args: readonly string[] = [],
  options: Parameters<typeof startInPty>[2] = {},
): PtySession {
  session = startInPty(process.execPath, [PROGRAM, ...args], options);
  return session;
}

/** Ten frames a second: what is waited for comes sooner. */
function startQuick(...args: readonly string[]): PtySession {
  return start([...args, '-d', '0.1']);
}

/** Layers have figures once there are two samples. */
const hasFigures = (text: string): boolean => /scheduler\s+\d/.test(text);

/** After leaving: alternate screen off, cursor and autowrap on, and nothing drawn afterwards. */
async function expectRestored({ output, parsed, term }: PtySession): Promise<void> {
  await parsed();
  const text = output();
  const at = text.lastIndexOf(RESTORED);
  expect(at).toBeGreaterThan(0);
  expect(text.slice(at)).not.toContain('\u001B[?2026h');
  expect(term.buffer.active.type).toBe('normal');
}

describe.skipIf(!existsSync(PROGRAM))('vmtop', () => {
  test('shows its first frame within a second and runs', async () => {
    const began = Date.now();
    const { waitFor } = start();
    await waitFor((text) => text.includes('vmtop'));
    // Within one second on a free machine; others share this one.
    expect(Date.now() - began).toBeLessThan(3_000);
    await waitFor(hasFigures);
  });

  test('a recorded batch file: plays, goes on and back, and leaves', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vmtop-pty-'));
    const file = join(folder, 'batch.csv');
    const lines = ['05', '10', '15'].map((s, n) => `"09/14/2026 10:00:${s}","${n + 7}1.00"\n`);
    const header =
      '"(PDH-CSV 4.0) (UTC)(0)","\\\\esx9\\Physical Disk Adapter(vmhba7)\\Reads/sec"\n';
    writeFileSync(file, header + lines.join(''));
    const pty = start(['replay-batch', file]);
    await pty.waitFor((text) => text.includes('esxtop of esx9'));
    pty.press('d');
    await pty.waitFor((text) => /vmhba7 .* 71\.00/.test(text));
    pty.press(' ');
    pty.press('}');
    await pty.waitFor((text) => /vmhba7 .* 91\.00/.test(text) && text.includes('10:00:15'));
    pty.press('[');
    await pty.waitFor((text) => /vmhba7 .* 81\.00/.test(text));
    pty.press('q');
    expect((await pty.exit).exitCode).toBe(0);
    await expectRestored(pty);
    await rm(folder, { recursive: true });
  });

  test('the screen answers at full engine speed', async () => {
    const pty = startQuick();
    await pty.waitFor(hasFigures);
    pty.press('+++++');
    await pty.waitFor((text) => text.includes('max'));
    for (const [key, title] of [
      ['d', 'ADAPTR'],
      ['u', 'DEVICE'],
      ['O', 'LAYER'],
    ]) {
      const began = Date.now();
      pty.press(key);
      await pty.waitFor((text) => text.includes(title));
      expect(Date.now() - began).toBeLessThan(1_500);
    }
  });

  test('a fault from the menu is in the event log', async () => {
    const pty = startQuick();
    await pty.waitFor(hasFigures);
    pty.press('P');
    await pty.waitFor((text) => text.includes('PATH'));
    pty.press('!');
    await pty.waitFor((text) => text.includes('Inject'));
    pty.press('\r');
    await pty.waitFor((text) => text.includes('which path?'));
    pty.press('\r');
    await pty.waitFor((text) => text.includes('Inject path-down on'));
    pty.press('\r');
    await pty.waitFor((text) => text.includes('! 1 active'));
    await pty.waitFor((text) => text.includes('DEAD'));
    pty.press('E');
    await pty.waitFor((text) => text.includes('fault.inject'));
  });

  test('a path is switched off and on and gets a rank', async () => {
    const pty = startQuick('all-paths-down');
    await pty.waitFor(hasFigures);
    pty.press('P');
    await pty.waitFor((text) => text.includes('FAILS'));
    pty.press('X');
    await pty.waitFor((text) => /vmhba1:C0:T0:L0 +off/.test(text));
    pty.press('X');
    await pty.waitFor((text) => /vmhba1:C0:T0:L0 +active/.test(text));
    pty.press('K7\r');
    await pty.waitFor((text) => text.includes('rank of esx1 vmhba1:C0:T0:L0 is 7'));
    pty.press('H');
    await pty.waitFor((text) => text.includes('esx1 probes the paths'));
  });

  test('what the engine refuses: the last path, and a device with commands on it', async () => {
    const pty = startQuick('merge-order');
    await pty.waitFor(hasFigures);
    pty.press('P');
    await pty.waitFor((text) => text.includes('FAILS'));
    pty.press('X');
    await pty.waitFor((text) => text.includes('it is the last usable path of naa.'));
    pty.press('u');
    await pty.waitFor((text) => text.includes('DQLEN'));
    pty.press('X');
    await pty.waitFor((text) => text.includes('every I/O fails'));
    pty.press('\u001B[B');
    await pty.waitFor((text) => text.includes('▸ detach it'));
    pty.press('\r');
    await pty.waitFor((text) => text.includes('is in use on hdd-none: datastore hdd-none'));
  });

  test('the limit of a virtual disk can be changed', async () => {
    const pty = startQuick();
    await pty.waitFor(hasFigures);
    pty.press('v');
    await pty.waitFor((text) => text.includes('VDEVNAME'));
    pty.press('i');
    await pty.waitFor((text) => text.includes('QoS of db1:scsi0:0'));
    pty.press('500\r');
    await pty.waitFor((text) => text.includes('db1:scsi0:0: limit 500'));
    pty.press('E');
    await pty.waitFor((text) => text.includes('qos.change'));
  });

  test('settings come from a file and are saved to it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vmtop-settings-'));
    const file = join(folder, 'mine.yaml');
    writeFileSync(file, 'screens: { device: { columns: [GAVG/p99], sort: GAVG/p99 desc } }\n');
    const pty = startQuick('-c', file);
    await pty.waitFor(hasFigures);
    pty.press('u');
    await pty.waitFor((text) => text.includes('▼GAVG/p99'));
    pty.press('Z');
    await pty.waitFor((text) => text.includes('▲GAVG/p99'));
    pty.press('\u0014');
    await pty.waitFor((text) => text.includes('theme: light'));
    pty.press('W');
    await pty.waitFor((text) => text.includes('Save the settings'));
    pty.press('\r');
    await pty.waitFor((text) => text.includes(`settings saved to ${file}`));
    expect(readFileSync(file, 'utf8')).toContain('sort: GAVG/p99 asc');
    expect(readFileSync(file, 'utf8')).toContain('theme: light');
    pty.press('q');
    expect((await pty.exit).exitCode).toBe(0);
    writeFileSync(file, 'screens: { device: { sort: GAVG/p98 desc } }\n');
    const broken = start(['-c', file]);
    expect((await broken.exit).exitCode).toBe(2);
    expect(broken.output()).toContain('mine.yaml:1:28');
    await rm(folder, { recursive: true });
  });

  test('Ctrl-C leaves with 130', async () => {
    const pty = start();
    await pty.waitFor((text) => text.includes('quit'));
    pty.press('\u0003');
    expect((await pty.exit).exitCode).toBe(130);
    await expectRestored(pty);
  });

  test.each([
    ['SIGTERM', 15],
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGQUIT', 3],
  ])('%s restores the terminal and dies of the signal', async (signal, number) => {
    const pty = start();
    await pty.waitFor((text) => text.includes('quit'));
    process.kill(pty.child.pid, signal);
    const { exitCode, signal: died } = await pty.exit;
    expect(died === number || exitCode === 128 + number).toBe(true);
    await expectRestored(pty);
  });

  test('TERM=dumb: exit code 2, not a screen full of codes', async () => {
    const pty = start([], { env: { TERM: 'dumb' } });
    expect((await pty.exit).exitCode).toBe(2);
    expect(pty.output()).toContain('TERM says it is dumb');
    expect(pty.output()).not.toContain('\u001B');
  });

  test('a scenario with mistakes: the messages on a restored terminal, exit code 2', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vmtop-'));
    const file = join(folder, 'broken.yaml');
    writeFileSync(file, 'title: broken\nno-such-key: 1\n');
    const pty = start(['top', file]);
    expect((await pty.exit).exitCode).toBe(2);
    await pty.parsed();
    expect(pty.screen().join('\n')).toContain('no-such-key');
    expect(pty.term.buffer.active.type).toBe('normal');
    await rm(folder, { recursive: true });
  });

  test('NO_COLOR and TERM=linux are respected', async () => {
    const plain = start(['-d', '0.1'], { env: { NO_COLOR: '1' } });
    await plain.waitFor(hasFigures);
    expect(plain.output()).not.toMatch(/\u001B\[[\d;]*\b(3[0-7]|38|9[0-7])(;[\d;]*)?m/);
    plain.child.kill('SIGKILL');
    const linux = start(['-d', '0.1'], { env: { TERM: 'linux', COLORTERM: '' } });
    await linux.waitFor(hasFigures);
    expect(linux.screen().join('')).toMatch(/^[\x20-\x7e]*$/);
  });

  test('without a terminal: exit code 2 and what to do instead', async () => {
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((done) => {
      execFile(process.execPath, [PROGRAM], (error, _stdout, text) => {
        done({ code: error?.code, stderr: text });
      });
    });
    expect(code).toBe(2);
    expect(stderr).toContain('vmtop run');
  });
});

describe.skipIf(!existsSync(PROGRAM))('time', () => {
  let folder: string;
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('rewinds, saves at the end, and goes on with the session', { timeout: 90_000 }, async () => {
    folder = await mkdtemp(join(tmpdir(), 'vmtop-time-'));
    const file = join(folder, 's.yaml');
    const pty = startQuick('path-loss', '--save-session', file);
    await pty.waitFor((text) => /0:0[1-9]\.\d{3} of/.test(text), 20_000);
    pty.press('P[');
    await pty.waitFor((text) => text.includes('PAST') && text.includes('the past:'));
    pty.press('\u0012');
    await pty.waitFor((text) => text.includes('the moment that is shown'));
    pty.press('\r');
    await pty.waitFor((text) => text.includes('PAUSED') && text.includes('branch B'), 20_000);
    pty.press('K7\r');
    await pty.waitFor((text) => text.includes('rank of esx1'));
    pty.press('z');
    await pty.waitFor((text) => text.includes('taken back: rank 7'));
    pty.press('g');
    await pty.waitFor((text) => text.includes('no guest sees an error'));
    // Every key of a report: of those that close it `g` is the last, and opens it again.
    for (const { keys, action } of bindings.filter(({ scope }) => scope === 'report')) {
      for (const key of keys) {
        pty.press(KEYS[key] ?? key);
        if (action.do !== 'close') continue;
        await pty.waitFor((text) => !text.includes('no guest sees an error'));
        pty.press('g');
        await pty.waitFor((text) => text.includes('no guest sees an error'));
      }
    }
    pty.press('gq');
    expect((await pty.exit).exitCode).toBe(0);
    await expectRestored(pty);
    const saved = readFileSync(file, 'utf8');
    expect(saved).toContain('current: B');
    expect(saved).toMatch(/"kind":"rank".*"rank":7}/);
    expect(saved).toMatch(/"kind":"rank".*"undo":true}/);

    const again = startQuick('--session', file);
    await again.waitFor(
      (text) => text.includes('has been replayed, to the last completion'),
      20_000,
    );
    expect(await again.waitFor((text) => text.includes('branch B'))).toContain('path loss');
    // It runs on from where it was left, so that the branches have some time in common.
    const [, left = ''] = /(\d:\d\d\.\d{3}) of/.exec(again.screen()[0] ?? '') ?? [];
    await again.waitFor((text) => !text.includes(`${left} of`));
    again.press('B');
    await again.waitFor((text) => text.includes('A and B from'), 20_000);
    again.press('q');
    await again.waitFor((text) => !text.includes('A and B from'));
    again.press('q');
    expect((await again.exit).exitCode).toBe(0);
  });

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const)(
    '%s ends it, and the session is saved first',
    async (signal) => {
      folder = await mkdtemp(join(tmpdir(), 'vmtop-time-'));
      const file = join(folder, 's.yaml');
      const pty = startQuick('path-loss', '--save-session', file);
      await pty.waitFor((text) => text.includes(' of '));
      process.kill(pty.child.pid, signal);
      const { exitCode, signal: died } = await pty.exit;
      const number = constants.signals[signal];
      expect(died === number || exitCode === 128 + number).toBe(true);
      await expectRestored(pty);
      expect(readFileSync(file, 'utf8')).toContain('current: A');
    },
  );

  test('a terminal that is closed ends it, and the session is saved first', async () => {
    folder = await mkdtemp(join(tmpdir(), 'vmtop-time-'));
    const file = join(folder, 's.yaml');
    const pty = startQuick('path-loss', '--save-session', file);
    await pty.waitFor((text) => text.includes(' of '));
    (pty.child as unknown as { destroy(): void }).destroy();
    await pty.exit;
    expect(readFileSync(file, 'utf8')).toContain('current: A');
  });

  test('a session of a scenario that has changed is refused, with the reason', async () => {
    folder = await mkdtemp(join(tmpdir(), 'vmtop-time-'));
    const file = join(folder, 's.yaml');
    const hash = '0'.repeat(64);
    writeFileSync(
      file,
      `vmtopSession: 1\nscenario: default\nsha256: "${hash}"\nseed: 1\ncurrent: A\nbranches:\n  - { name: A, endNs: 0, digest: "0000000000000000", commands: [] }\n`,
    );
    const pty = start(['--session', file]);
    expect((await pty.exit).exitCode).toBe(2);
    await pty.parsed();
    expect(pty.output()).toContain('default has changed since this session was saved');
  });
});
