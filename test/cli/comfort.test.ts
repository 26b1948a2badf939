/** Completions in real shells, the manual page, the configuration, and a real machine without a screen. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { manPage } from '../../src/cli/man-page.js';
import { FAULTS } from '../../src/engine/faults/index.js';
import { linuxDisks } from '../../src/host/inventory.js';
import { readTrace } from '../../src/input/read-trace.js';
import { bundledScenarios } from '../../src/scenario/bundled.js';
import { bindings } from '../../src/tui/keymap.js';
import { vmtop } from './helpers.js';

const PROGRAM = resolve('dist/vmtop.js');
const faults = FAULTS.map(({ name }) => name);

let folder: string;
const before = process.env.XDG_CONFIG_HOME;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-'));
  process.env.XDG_CONFIG_HOME = folder;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  if (before === undefined) delete process.env.XDG_CONFIG_HOME;
  else process.env.XDG_CONFIG_HOME = before;
});

describe.skipIf(!existsSync(PROGRAM))('completion', () => {
  let bash = '';

  beforeAll(() => {
    const args = [PROGRAM, 'completion', 'bash'];
    bash = execFileSync(process.execPath, args, { encoding: 'utf8' });
  });

  /** What bash offers: the script in force, the words typed, the cursor at the end of the last. */
  function inBash(...words: readonly string[]): string[] {
    const script = `
      vmtop() { ${process.execPath} ${PROGRAM} "$@"; }
      eval "$SCRIPT"
      COMP_WORDS=(vmtop "$@"); COMP_CWORD=$#
      $(complete -p vmtop | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, SCRIPT: bash };
    const text = execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8', env });
    return text.split('\n').filter((line) => line !== '');
  }

  it.each([
    [['pa'], ['path-loss']],
    [['run', 'path'], ['path-loss']],
    [['check', ''], bundledScenarios()],
    [['replay', 'x', '--scenario', ''], bundledScenarios()],
    [['list', 'fau'], ['faults']],
    [['list', 'faults', ''], faults],
    [['list', 'faults', 'slow-de'], ['slow-device']],
    [['--theme', 'l'], ['light']],
    [['path-loss', '--th'], ['--theme']],
    [['top', '--theme', 'l'], ['light']],
    [['completion', 'z'], ['zsh']],
    // A trace is a file, which bash completes on its own.
    [['run', './no'], []],
  ])('in bash after %j', (words, offered) => {
    expect(inBash(...words)).toEqual(offered);
  });

  it('offers commands, and options with their dashes', () => {
    const commands = inBash('');
    for (const name of ['run', 'host', 'config', ...bundledScenarios()]) {
      expect(commands).toContain(name);
    }
    expect(inBash('host', '--')).toEqual(expect.arrayContaining(['--record', '--json']));
  });

  it('in zsh is a function for compdef that asks with the words so far, and has descriptions', () => {
    const run = (...args: readonly string[]): string =>
      spawnSync(process.execPath, [PROGRAM, ...args], {
        encoding: 'utf8',
        env: { ...process.env, SHELL: '/usr/bin/zsh' },
      }).stdout;
    expect(run('completion')).toMatch(/^#compdef vmtop\n/);
    expect(run('completion')).toMatch(/vmtop --get-yargs-completions "\$\{words\[@\]\}"/);
    expect(run('--get-yargs-completions', 'vmtop', '')).toContain(
      "host:show this machine's real disks",
    );
    expect(run('--get-yargs-completions', 'vmtop', 'list', 'faults', 'slow-de')).toBe(
      'slow-device\n',
    );
  });
});

describe('the manual page', () => {
  const page = manPage('1.2.3', bindings);

  it('has every command, option and key', () => {
    expect(page).toMatch(/^\.TH VMTOP 1 "" "vmtop 1\.2\.3"/);
    for (const command of COMMANDS) {
      const [name = ''] = String([command.command].flat().at(-1)).split(' ');
      expect(page).toContain(`.SS vmtop ${name.replace(/-/g, '\\-')}`);
    }
    for (const text of [
      '\\-\\-record RECORD',
      '.SS vmtop device fit <trace>',
      '\\-\\-headless',
      '\\-n, \\-\\-iterations',
    ]) {
      expect(page).toContain(text);
    }
    expect(page).not.toContain('stride');
    for (const { scope, help } of bindings) {
      if (scope === 'global' || scope === 'table') {
        expect(page).toContain(help.replace(/-/g, '\\-').replace(/~/g, '\\(ti'));
      }
    }
  });

  it('is understood by groff without a warning', () => {
    const groff = spawnSync('groff', ['-man', '-Tascii', '-ww', '-P-cbou'], {
      input: page,
      encoding: 'utf8',
    });
    if (groff.error !== undefined) return;
    expect(groff.stderr).toBe('');
    expect(groff.stdout).toMatch(/^EXIT STATUS\n +0 +All well\.$/m);
    expect(groff.stdout).toContain('vmtop host --record disks.csv -d 5');
  });

  it.skipIf(!existsSync(PROGRAM))('is made by the build, where package.json says', () => {
    const { man } = JSON.parse(readFileSync('package.json', 'utf8')) as { man: string };
    expect(readFileSync(man, 'utf8')).toMatch(/^\.TH VMTOP 1/);
  });
});

describe('vmtop config', () => {
  const write = (text: string): string => {
    mkdirSync(join(folder, 'vmtop'));
    const file = join(folder, 'vmtop', 'config.yaml');
    writeFileSync(file, text);
    return file;
  };

  it('prints the path and the settings in force', async () => {
    const { stdout } = await vmtop('config');
    expect(stdout).toContain(`# ${join(folder, 'vmtop', 'config.yaml')} (there is none`);
    expect(stdout).toContain('theme: dark\n');
    const file = write('theme: light\n');
    const after = (await vmtop('config')).stdout;
    expect(after).toContain(`# ${file}\ntheme: light\nmouse: true\n`);
  });

  it('says what is wrong with the file, exit code 2', async () => {
    const file = write('mouse: true\ntheme: ligth\n');
    const { code, stderr } = await vmtop('config');
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:2:8: theme: expected dark`);
    expect(stderr).toContain('did you mean "light"?');
  });

  it('is not asked for by what has no dashboard', async () => {
    write('theme: [');
    expect((await vmtop('check', 'path-loss')).code).toBe(0);
  });
});

describe('vmtop list', () => {
  it('has one entry with its settings', async () => {
    const { stdout } = await vmtop('list', 'faults', 'slow-device');
    expect(stdout).toMatch(/^faults\nslow-device .*\n {2}factor .*\n$/);
  });

  it('does not know every name', async () => {
    const { code, stderr } = await vmtop('list', 'faults', 'slow-devise');
    expect(code).toBe(2);
    expect(stderr).toContain('there is no "slow-devise" among the faults');
    expect(stderr).toContain('did you mean "slow-device"?');
  });
});

const DISKS = linuxDisks();

describe('vmtop host', () => {
  it.skipIf(DISKS.length === 0)('prints a line of JSON per update and records', async () => {
    const file = join(folder, 'disks.csv');
    const args = ['--json', '-n', '2', '-d', '0.2', '--record', file];
    // Something for the disk to do.
    writeFileSync(join(folder, 'some'), Buffer.alloc(1 << 20), { flush: true });
    const { stdout, stderr, code } = await vmtop('host', ...args);
    expect(code).toBe(0);
    const updates = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(updates).toHaveLength(2);
    const names = updates[0].devices.map(({ DEVICE }: { DEVICE: string }) => DEVICE);
    expect(names).toEqual(DISKS.map(({ name }) => name));
    expect(updates[1].fromSeconds).toBe(updates[0].toSeconds);
    const [, reads = '', writes = ''] = /: ([\d,]+) reads and ([\d,]+) writes/.exec(stderr) ?? [];
    const count = (text: string): number => Number(text.replace(/,/g, ''));
    if (count(reads) + count(writes) === 0) return;
    const { summary } = readTrace(file);
    expect([summary.reads, summary.writes]).toEqual([count(reads), count(writes)]);
  });

  it('without a terminal says what to do; wrong numbers are refused', async () => {
    const tty = process.stdout.isTTY;
    process.stdout.isTTY = false;
    try {
      const { code, stderr } = await vmtop('host');
      expect(code).toBe(2);
      if (DISKS.length > 0) expect(stderr).toContain('vmtop host --headless');
      else expect(stderr).toContain('this system tells nothing about its disks');
    } finally {
      process.stdout.isTTY = tty;
    }
    const slow = await vmtop('host', '--headless', '-d', '90');
    expect(slow.code).toBe(2);
    expect(slow.stderr).toContain('--delay: expected seconds from 0.05 to 60, found "90"');
    expect((await vmtop('host', '--headless', '-n', '0')).stderr).toContain('--iterations');
  });
});
