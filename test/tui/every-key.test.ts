/** Every key of every screen, pressed in one running program in a pseudo terminal. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Binding, bindings, type Scope } from '../../src/tui/keymap.js';
import { screens } from '../../src/tui/screens.js';
import { initialState } from '../../src/tui/state.js';
import { activeScopes } from '../../src/tui/update.js';
import { KEYS } from './harness.js';
import { type PtySession, startInPty } from './pty.js';

const PROGRAM = resolve('dist/vmtop.js');
/** Keys are answered in 10 ms; on a busy machine it takes longer. */
const ANSWER_MS = 8_000;
/** A frame may come in two pieces: what is around the screen, and what is in it. */
const SETTLE_MS = 2;
const SMALL = [80, 24] as const;
const SIZES = [[120, 40], [200, 60], [300, 100], SMALL] as const;
/** An order in which each has something to do: a row to go to, a column to sort by. */
const MOVES = ['down', 'j', '2', 'up', 'k', '8', 'pagedown', 'pageup', 'end', 'home'];
const SORTS = ['c', 'r', 'w', 'R', 'T', 'N', '<', '>', 'Z'];
const ORDER = [...MOVES, 'right', 'left', ...SORTS];
/** The first move only chooses an object. */
const LATENCY_ORDER = [
  'end',
  'up',
  'k',
  '8',
  'pageup',
  'down',
  'j',
  '2',
  'pagedown',
  'home',
  'escape',
];
/** The log begins at its end. */
const LOG_ORDER = ['up', 'k', '8', 'down', 'j', '2', 'pageup', 'pagedown', 'home', 'end'];
/** Fewer rows than this leave some moves nothing to do. */
const ROWS_TO_MOVE = 4;
const EXCUSED_MS = 15;
const LATENCY_KEY = 'b';
const OVERVIEW_KEY = 'O';
/** Each dialog with the screen and the key that open it; those of reports are in program.test.ts, in a drill. */
const DIALOGS: readonly (readonly [Scope, screenKey: string, open: string])[] = [
  ['menu', 'u', '!'],
  ['form', 'v', 'i'],
  ['help', 'u', 'h'],
  ['history', 'P', 'enter'],
  ['fields', 'u', 'f'],
];
/** A path with little to tell. */
const SHORT: ReadonlySet<Scope> = new Set<Scope>(['history']);
/** What answers with rows only: no words that the next key would take away, nothing over the screen. */
const ROWS_ONLY: ReadonlySet<string> = new Set(['move', 'shift', 'sort-step', 'sort-turn']);
const CLEAR = '\u001B[2J';
const SGR = /\u001B\[[\d;]*m/g;
/** A piece of a frame: where it is put, and its text. */
const PLACED = /\u001B\[(\d+);(\d+)H((?:[^\u001B]|\u001B\[[\d;]*m)*)/g;
/** These end the program. */
const LEAVING: ReadonlySet<string> = new Set(['quit', 'interrupt']);

interface Key {
  readonly key: string;
  readonly binding: Binding;
}

let pty: PtySession;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-keys-'));
});

afterEach(() => {
  pty?.child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function start(scenario: string): Promise<void> {
  const [columns, rows] = SMALL;
  const env = { XDG_CONFIG_HOME: folder };
  pty = startInPty(process.execPath, [PROGRAM, scenario, '-d', '0.1'], {
    columns,
    rows,
    env,
    folder,
  });
  await pty.waitFor((text) => /0:00\.[4-9]/.test(text));
  pty.press(' ');
  await pty.waitFor((text) => text.includes('PAUSED'));
}

const text = (): string => pty.screen().join('\n');
const firstRow = (): string => pty.screen()[0] ?? '';
/** Without a dialog, and only then, the last row says how to leave. */
const isFree = (): boolean => /\bq quit$/.test(pty.screen().at(-1) ?? '');

/** Presses a key; whether anything on the screen has changed. */
async function press(key: string, ms = ANSWER_MS): Promise<boolean> {
  const before = text();
  return pressUntil(key, () => text() !== before, ms);
}

/** Presses a key; whether the screen then is as it should be. */
async function pressUntil(key: string, isSo: () => boolean, ms = ANSWER_MS): Promise<boolean> {
  pty.press(KEYS[key] ?? key);
  const came = await pty.waitFor(isSo, ms).then(
    () => true,
    () => false,
  );
  await pty.quiet(SETTLE_MS);
  return came;
}

/** Closes what a key has opened, and goes on from the same screen, paused, and now. */
async function settle(screenKey: string): Promise<void> {
  for (let tries = 0; !isFree() && tries < 5; tries++) await pressUntil('escape', isFree, 100);
  expect(isFree(), text()).toBe(true);
  const isNow = (): boolean => !firstRow().includes('PAST');
  if (!isNow()) expect(await pressUntil('$', isNow)).toBe(true);
  const isPaused = (): boolean => /^vmtop .* PAUSED/.test(firstRow());
  if (!isPaused()) expect(await pressUntil('space', isPaused), text()).toBe(true);
  const isThere = (): boolean => onScreen(screenKey);
  if (isThere()) return;
  // In the devices' table P is no screen, as in esxtop.
  expect(await pressUntil('O', () => onScreen('O'))).toBe(true);
  expect(await pressUntil(screenKey, isThere), text()).toBe(true);
}

/** The current tab alone has a name where there is little room, and is a blank wider. */
function onScreen(screenKey: string): boolean {
  const tab = screens.find(({ key }) => key === screenKey)?.tab ?? '';
  const line = pty.term.buffer.active.getLine(1);
  const at = ` ${pty.screen()[1]}`.indexOf(` ${screenKey} ${tab}`);
  return (
    at >= 0 && (line?.getCell(at)?.isBgDefault() === false || line?.getCell(at)?.isInverse() !== 0)
  );
}

/** Keys of a scope with their bindings, moves in an order that has somewhere to go. */
function keysOf(scope: Scope): Key[] {
  const order =
    scope === 'events' || scope === 'history'
      ? LOG_ORDER
      : scope === 'latency'
        ? LATENCY_ORDER
        : ORDER;
  const all = bindings
    .filter((binding) => binding.scope === scope && !LEAVING.has(binding.action.do))
    .flatMap((binding) => binding.keys.map((key) => ({ key, binding })));
  const rank = ({ key }: Key): number => order.indexOf(key);
  return all.sort((a, b) => rank(a) - rank(b));
}

/** Keys that rightly change nothing: there are too few rows, or all columns are on the screen. */
function mayBeSilent({ action }: Binding, screenKey: string): boolean {
  const [, rows = '0', columns] =
    /(\d+) (?:rows?|lines?).*?(\d+ of \d+ columns)?/.exec(text()) ?? [];
  switch (action.do) {
    case 'screen':
      return screens.some(({ key, name }) => key === screenKey && name === action.name);
    case 'shift':
      return columns === undefined;
    case 'move':
      return screenKey !== LATENCY_KEY && Number(rows) < ROWS_TO_MOVE;
    default:
      return rows === '0' && screenKey !== LATENCY_KEY && screenKey !== OVERVIEW_KEY;
  }
}

/** Presses keys one after the other; those without an answer. */
async function walk(screenKey: string, keys: readonly Key[]): Promise<string[]> {
  const silent: string[] = [];
  for (const { key, binding } of keys) {
    const { action } = binding;
    if (action.do === 'clear' && binding.scope !== 'latency') {
      expect(await pressUntil('/e\r', () => text().includes('containing "e"')), text()).toBe(true);
    }
    if (action.do === 'redraw') {
      expect(await redraws()).toBe(true);
    } else {
      const isExcused = mayBeSilent(binding, screenKey);
      const ms = isExcused ? EXCUSED_MS : ANSWER_MS;
      const came = await (ROWS_ONLY.has(action.do) ? pressAndDraw(key, ms) : press(key, ms));
      if (!came && !isExcused) silent.push(`${screenKey}: ${key}`);
      // A frame may still be on its way, and the next key may have the same words for an answer:
      // what is drawn anew comes after all frames, and is without them.
      if (!ROWS_ONLY.has(action.do)) await redraws();
    }
    await settle(screenKey);
  }
  return silent;
}

/** Presses a key and has all drawn anew in one go; whether the screen differs then. */
async function pressAndDraw(key: string, ms: number): Promise<boolean> {
  const before = text();
  const drawn = pty.output().length;
  const isNew = (): boolean => pty.output().slice(drawn).includes(CLEAR) && text() !== before;
  return pressUntil(`${KEYS[key] ?? key}${KEYS['ctrl+l']}`, isNew, ms);
}

/** A long frame comes through the terminal in pieces: it is whole when the last row is there again. */
async function redraws(): Promise<boolean> {
  const drawn = pty.output().length;
  const isWhole = (): boolean =>
    pty.output().slice(drawn).includes(CLEAR) && pty.screen().at(-1) !== '';
  return pressUntil('ctrl+l', isWhole);
}

/** The layout at another size: a row in every place, and none beyond the edge. */
async function resize(columns: number, rows: number): Promise<void> {
  pty.resize(columns, rows);
  await pty.waitFor((now) => isFree() && now.startsWith('vmtop '), ANSWER_MS);
  const drawn = pty.output().length;
  expect(await redraws()).toBe(true);
  const frame = pty.output().slice(drawn);
  for (const [, y, x, row = ''] of frame.matchAll(PLACED)) {
    expect(Number(y)).toBeLessThanOrEqual(rows);
    expect(Number(x) - 1 + row.replace(SGR, '').length, row).toBeLessThanOrEqual(columns);
  }
}

/** Presses every key of a dialog; one that was closed is opened again. */
async function walkDialog(scope: Scope, screenKey: string, open: string): Promise<void> {
  const isOpen = (): boolean => !isFree();
  for (const { key, binding } of keysOf(scope)) {
    if (isFree()) {
      await settle(screenKey);
      expect(await pressUntil(open, isOpen), text()).toBe(true);
    }
    // What has room on the screen does not scroll.
    const isShort = binding.action.do === 'move' && SHORT.has(scope);
    expect((await press(key, isShort ? EXCUSED_MS : ANSWER_MS)) || isShort, key).toBe(true);
    await redraws();
  }
  await settle(OVERVIEW_KEY);
}

describe.skipIf(!existsSync(PROGRAM))('every key', () => {
  test('of every screen has an answer, at every size', { timeout: 120_000 }, async () => {
    await start('default');
    const silent: string[] = [];
    for (const [index, { name, key }] of screens.entries()) {
      await settle(key);
      const scopes = activeScopes({ ...initialState(false), screen: name });
      // Keys of all screens are dealt out: each is pressed on one of them.
      const keys = scopes.flatMap((scope) =>
        scope === 'global'
          ? keysOf(scope).filter((_key, place) => place % screens.length === index)
          : keysOf(scope),
      );
      // On a busy machine a key may come before what it is for: without an answer twice it has none.
      let unanswered = await walk(key, keys);
      if (unanswered.length > 0) unanswered = await walk(key, keys);
      silent.push(...unanswered);
      const [columns, rows] = SIZES[index % SIZES.length] ?? SMALL;
      await resize(columns, rows);
      await resize(...SMALL);
    }
    expect(silent).toEqual([]);
    for (const dialog of DIALOGS) await walkDialog(...dialog);
    pty.resize(20, 5);
    await pty.waitFor((now) => /vmtop needs\s+72 x 20/.test(now));
    await resize(...SMALL);
    pty.press('q');
    expect((await pty.exit).exitCode).toBe(0);
  });
});
