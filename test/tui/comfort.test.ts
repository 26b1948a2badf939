/** Mouse, themes, copying, screen dumps, and looking without touching. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { views } from '../../src/engine/views/index.js';
import { bindings } from '../../src/tui/keymap.js';
import { screens } from '../../src/tui/screens.js';
import { initialState, type UiState } from '../../src/tui/state.js';
import { press } from '../../src/tui/update.js';
import { type Mounted, type MountOptions, mount } from './harness.js';

let mounted: Mounted | undefined;
let folder: string | undefined;

function open(options: MountOptions = {}): Mounted {
  mounted = mount(options);
  return mounted;
}

afterEach(async () => {
  await mounted?.close();
  mounted = undefined;
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

/** Buttons as a terminal numbers them: xterm control sequences, SGR 1006. */
const LEFT = 0;
const RIGHT = 2;
const WHEEL_UP = 64;
const WHEEL_DOWN = 65;

/** The line with the pointer. */
const selected = async (m: Mounted): Promise<string> =>
  (await m.screen()).find((line) => line.startsWith('▸')) ?? '';

describe('the mouse', () => {
  test('a click on a tab opens its screen, at any width', async () => {
    for (const [columns, rows] of [
      [80, 24],
      [200, 60],
    ] as const) {
      const m = open({ columns, rows });
      for (const { name, key, view } of screens) {
        const [, tabs = ''] = await m.screen();
        const at = ` ${tabs} `.indexOf(` ${key} `);
        expect(at, `${key} in ${tabs}`).toBeGreaterThanOrEqual(0);
        await m.mouse(LEFT, at, 1);
        expect(m.session.store.ui.screen).toBe(name);
        if (view !== undefined) expect(await m.text()).toContain(view.title);
      }
      // Commands are followed while the latency screen is open, however it was opened and left.
      const followed = m.engine.heard.filter(({ type }) => type === 'breakdown');
      expect(followed).toMatchObject([{ on: true }, { on: false }]);
      await m.close();
    }
  });

  test('a click selects a row, another one opens it', async () => {
    const m = open();
    await m.press('v');
    const lines = await m.screen();
    const y = lines.findIndex((line) => line.includes('web2'));
    expect(await selected(m)).not.toContain('web2');
    await m.mouse(LEFT, 10, y);
    expect(await selected(m)).toContain('web2');
    await m.mouse(RIGHT, 10, y);
    expect(m.session.store.ui.dialogs).toHaveLength(0);
    await m.mouse(LEFT, 10, y);
    expect(m.session.store.ui.dialogs).toHaveLength(1);
  });

  test('a click on a column sorts by it, on the first one by name', async () => {
    const m = open();
    await m.press('v');
    const head = (await m.screen()).findIndex((line) => line.includes('CMDS/s'));
    const [, column = 0] = [0, (await m.screen())[head]?.indexOf('CMDS/s')];
    await m.mouse(LEFT, column + 2, head);
    expect(m.session.store.ui.sort).toEqual({ 'virtual-disk': 'CMDS/s desc' });
    expect(await m.text()).toContain('by CMDS/s');
    await m.mouse(LEFT, 3, head);
    expect(m.session.store.ui.sort).toEqual({ 'virtual-disk': 'VMNAME asc' });
  });

  test('the wheel moves through rows, the help and the menu', async () => {
    const m = open({ rows: 24, columns: 80 });
    await m.press('P');
    const first = await selected(m);
    await m.mouse(WHEEL_DOWN, 5, 10);
    const moved = await selected(m);
    expect(moved).not.toBe(first);
    await m.mouse(WHEEL_UP, 5, 10);
    expect(await selected(m)).toBe(first);
    await m.press('h');
    const top = (await m.screen())[3];
    await m.mouse(WHEEL_DOWN, 5, 10);
    expect((await m.screen())[3]).not.toBe(top);
    await m.press('escape', '!');
    await m.mouse(WHEEL_DOWN, 5, 10);
    expect(m.session.store.ui.dialogs.at(-1)).toMatchObject({ kind: 'menu', index: 1 });
  });

  test('a report that arrives in pieces, or between keys, types nothing', async () => {
    const m = open();
    await m.press('/');
    const before = m.session.store.ui.dialogs.length;
    m.stdin.write('\u001B[<0;1');
    await m.settle();
    m.stdin.write('0;20Mx');
    await m.settle();
    m.stdin.write('\u001B[<0;10;20m\u001B[<35;1;1My');
    await m.settle();
    expect(m.session.store.ui.dialogs).toHaveLength(before);
    await m.press('v', '/');
    m.stdin.write('a\u001B[<0;5;5Mb\u001B[<0;5;5m');
    await m.settle();
    expect(m.session.store.ui.dialogs.at(-1)).toMatchObject({ fields: [{ text: 'ab' }] });
  });

  test('without it reports are not read, and mean nothing', async () => {
    const m = open({ mouse: false });
    await m.mouse(LEFT, 12, 1);
    expect(m.session.store.ui.screen).toBe('overview');
  });
});

/** What the last OSC 52 put on the clipboard. */
function clipboard({ tty }: Mounted): string {
  const code = [...tty.text.matchAll(/\u001B\]52;c;([A-Za-z0-9+/=]*)\u0007/g)].at(-1)?.[1];
  return Buffer.from(code ?? '', 'base64').toString('utf8');
}

describe('copying', () => {
  test('y copies all columns of the selected row, one line of titles and one of values', async () => {
    const m = open({ columns: 80, rows: 24 });
    await m.press('u', 'y');
    expect(await m.text()).toContain('the row is copied');
    const [titles = '', values = ''] = clipboard(m).split('\n');
    const known = views.find(({ name }) => name === 'device')?.fields.map(({ id }) => id) ?? [];
    for (const title of titles.split('\t')) expect(known).toContain(title);
    const cells = Object.fromEntries(
      titles.split('\t').map((title, index) => [title, values.split('\t')[index]]),
    );
    // What the fake engine does: 3,000 commands per second, over as many devices as there are.
    const devices = m.engine.layout.entities.filter(({ scope }) => scope === 'device').length;
    expect(Number(cells['CMDS/s'])).toBeCloseTo(3000 / devices, 1);
    expect(cells.DEVICE).toMatch(/^naa\.\w{32}$/);
  });

  test('Y copies the screen as it is seen', async () => {
    const m = open({ columns: 80, rows: 24 });
    await m.press('u');
    const seen = await m.screen();
    await m.press('Y');
    expect(clipboard(m)).toBe(`${seen.join('\n')}\n`);
  });

  test('y where there is no row says so', async () => {
    const m = open();
    await m.press('y');
    expect(await m.text()).toContain('no row is selected here');
    expect(clipboard(m)).toBe('');
  });
});

describe('ctrl+p', () => {
  test('writes the screen to a new file each time, in dialogs too, and names it', async () => {
    folder = mkdtempSync(join(tmpdir(), 'vmtop-'));
    const m = open({ columns: 80, rows: 24, folder });
    await m.press('D');
    const seen = await m.screen();
    await m.press('ctrl+p');
    expect(await m.text()).toContain('vmtop-datastore-1.txt');
    await m.press('!', 'ctrl+p');
    expect(readdirSync(folder).sort()).toEqual(['vmtop-datastore-1.txt', 'vmtop-datastore-2.txt']);
    expect(readFileSync(join(folder, 'vmtop-datastore-1.txt'), 'utf8')).toBe(
      `${seen.join('\n')}\n`,
    );
    expect(readFileSync(join(folder, 'vmtop-datastore-2.txt'), 'utf8')).toContain('Inject');
  });

  test('says when it cannot', async () => {
    const m = open({ folder: '/nowhere/at/all' });
    await m.press('ctrl+p');
    expect(await m.text()).toContain('the screen cannot be written: ENOENT');
  });
});

describe('themes', () => {
  /** Foreground of the tab that is open, and of the clock. */
  const colours = (m: Mounted): (number | undefined)[] => {
    const line = m.term.buffer.active.getLine(0);
    return [0, 1].map((x) => line?.getCell(x)?.getFgColor());
  };

  test('ctrl+t goes through all of them and back, and the whole screen follows', async () => {
    const m = open();
    await m.settle();
    const seen = [colours(m)];
    for (const name of ['light', 'colour-blind', 'monochrome', 'dark']) {
      await m.press('ctrl+t');
      expect(await m.text()).toContain(`theme: ${name}`);
      seen.push(colours(m));
    }
    expect(seen[1]).not.toEqual(seen[0]);
    expect(seen[2]).not.toEqual(seen[1]);
    // No colour at all.
    expect(seen[3]).toEqual([-1, -1]);
    expect(seen[4]).toEqual(seen[0]);
  });

  test('monochrome writes no colour on any screen', async () => {
    const m = open({ state: { theme: 'monochrome' } });
    for (const { key } of screens) await m.press(key);
    expect(m.tty.text).toContain('vmtop');
    expect(m.tty.text).not.toMatch(/\u001B\[[\d;]*\b(3[0-8]|4[0-8]|9[0-7])(;[\d;]*)?m/);
  });
});

describe('read only', () => {
  const KEYS = bindings.filter(({ scope }) => ['global', 'table', 'events'].includes(scope));

  /** Commands sent by every key on every screen, with what follows when a dialog opens. */
  function commandsOf(m: Mounted, readOnly: boolean): string[] {
    const { world } = m.session;
    const sent: string[] = [];
    const type = (state: UiState, key: string): UiState => {
      const change = press(state, key, world);
      sent.push(...change.messages.flatMap((each) => (each.type === 'command' ? [key] : [])));
      return change.state;
    };
    for (const { name } of screens) {
      for (const { keys } of KEYS) {
        let state = type({ ...initialState(readOnly), screen: name }, keys[0] ?? '');
        for (let deep = 0; state.dialogs.length > 0 && deep < 4; deep++) {
          state = type(state, 'enter');
        }
      }
    }
    return sent;
  }

  test('no key on any screen changes the simulation, whatever follows', async () => {
    const m = open();
    await m.settle();
    // H rescans and X unmounts a datastore at once; Enter confirms what the others ask.
    expect(new Set(commandsOf(m, false))).toEqual(new Set(['enter', 'H', 'X']));
    expect(commandsOf(m, true)).toEqual([]);
  });

  test('the first line says so, and the last offers no key that refuses', async () => {
    const m = open({ readOnly: true });
    expect(await m.text()).toContain('read only');
    await m.press('P');
    const footer = (await m.screen()).at(-1);
    expect(footer).toContain('/ filter');
    expect(footer).not.toMatch(/faults|switch|rank/);
  });

  test('each key that would says that it does not', async () => {
    const m = open({ readOnly: true });
    for (const [key, said] of [
      ['!', 'faults'],
      ['i', 'QoS'],
      ['X', 'switched'],
      ['K', 'ranks'],
      ['H', 'rescanned'],
    ] as const) {
      await m.press('P', key);
      expect(await m.text()).toMatch(new RegExp(`read only: .*${said}`));
    }
  });
});

test.each([
  [80, 24],
  [300, 100],
])('every screen at %i x %i, resized live from another size', async (columns, rows) => {
  const m = open({ columns: 120, rows: 40 });
  await m.press('u');
  m.resize(columns, rows);
  for (const { key } of screens) {
    await m.press(key);
    const lines = await m.screen();
    expect(lines[0]).toContain('vmtop Two paths');
    expect(lines[rows - 1]).toContain('q quit');
  }
});
