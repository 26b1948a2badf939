/** The rows around the screens: status, tabs, story, notice and footer. */
import { formatStamp } from '../engine/formats/pdh/stamp.js';
import { shortNumber } from './charts/area.js';
import { OPERATIONS } from './dialogs/operations/index.js';
import { clockOf, shortenDevices } from './events.js';
import { hintFor, hintRow } from './hints/index.js';
import { type Action, bindings } from './keymap.js';
import { EVENTS, LATENCY, screenOf, screens } from './screens.js';
import { type Dialog, SPEEDS, speedName, type UiState } from './state.js';
import type { Source } from './store.js';
import { chosenOf } from './subject.js';
import { plain, shorten, widthOf, wrap } from './text.js';
import type { Theme } from './theme.js';
import { branchMark, goalMark, pastMark, shownAt, timeNotice } from './time/marks.js';
import { activeScopes, selectedObject } from './update.js';
import type { World } from './world.js';

/** A title is cut down to this, and then other parts give way. */
const TITLE_MIN = 15;
/** Its end does not follow each digit of the other parts. */
const TITLE_STEP = 5;

/** First row: what runs, how far it is, how fast. */
export function statusRow(world: World, ui: UiState, width: number, theme: Theme): string {
  const { plan } = world;
  const name = theme.paint('title', 'vmtop');
  if (plan === undefined) return `${name} ${theme.paint('dim', 'starting the engine')}`;
  const asked = speedName(SPEEDS[ui.speed] ?? 1);
  const state =
    world.lookAt !== undefined
      ? pastMark(world, theme)
      : world.done
        ? theme.paint('strong', 'END')
        : ui.paused
          ? theme.paint('warn', 'PAUSED')
          : plan.real
            ? theme.paint('ok', 'REAL')
            : `${asked} ${theme.paint('dim', `(${world.speed.toFixed(1)}x)`)}`;
  const { startsAt } = plan;
  const shown = shownAt(world);
  const time = startsAt === undefined ? clockOf(shown) : formatStamp(startsAt + shown / 1e9);
  const end = plan.real ? '' : ` ${theme.paint('dim', `of ${clockOf(plan.durationNs)}`)}`;
  const clock = `${time}${end}`;
  const window = world.frames.window;
  const span = (window.after.at - window.before.at) / 1e9;
  const rate = `${shortNumber(world.ioPerSecond)} I/O/s`;
  const counts = `${several(plan.hosts.length, 'host')}, ${several(plan.vms.length, 'VM')}`;
  const faults =
    world.active.length > 0 && world.lookAt === undefined
      ? theme.paint('bad', `! ${world.active.length} active`)
      : '';
  const parts = [
    clock,
    state,
    faults,
    branchMark(world, theme),
    goalMark(world, theme),
    ui.readOnly && !plan.real ? theme.paint('dim', 'read only') : '',
    // A recording is shown at a pace of its own.
    startsAt === undefined ? rate : '',
    theme.paint('dim', `avg over ${span.toFixed(1)} s`),
    theme.paint('dim', counts),
  ].filter((part) => part !== '');
  // The rate is worth more than the whole title, what follows it less.
  const needed = parts
    .slice(0, Math.max(1, parts.indexOf(rate) + 1))
    .reduce((sum, part) => sum + 2 + widthOf(part), widthOf(name) + 1);
  const spare = Math.floor((width - needed) / TITLE_STEP) * TITLE_STEP;
  const room = Math.max(TITLE_MIN, spare);
  const title = shorten(plain(plan.title || plan.name), room, theme.glyph.more);
  let row = `${name} ${theme.paint('strong', title)}`;
  for (const part of parts) {
    if (widthOf(row) + 2 + widthOf(part) > width) break;
    row += `  ${part}`;
  }
  return row;
}

function several(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

interface Tab {
  readonly name: string;
  readonly text: string;
  /** Its first column. */
  readonly x: number;
}

/** Titles give way to short ones, those to bare keys. The current one is a blank wider on each side. */
function tabsIn(current: string, width: number): Tab[] {
  const cells = (named: number, short: boolean): { name: string; text: string }[] =>
    screens.map(({ name, key, title, tab }, index) => ({
      name,
      text: index < named || name === current ? `${key} ${short ? tab : title}` : key,
    }));
  const fits = (tabs: readonly { text: string }[], gap: number): boolean =>
    tabs.reduce((sum, { text }) => sum + text.length + gap, 2) <= width;
  let tabs = cells(screens.length, false);
  let gap = 2;
  if (!fits(tabs, gap)) {
    gap = 1;
    for (let named = screens.length; named >= 0; named--) {
      tabs = cells(named, true);
      if (fits(tabs, gap)) break;
    }
  }
  let x = 0;
  return tabs.map(({ name, text }, index) => {
    const touching = name === current || tabs[index - 1]?.name === current;
    const at = x + (touching ? gap - 1 : gap);
    const shown = name === current ? ` ${text} ` : text;
    x = at + shown.length;
    return { name, text: shown, x: at };
  });
}

/** Second row: all screens with their keys. */
export function tabsRow(current: string, width: number, theme: Theme): string {
  return tabsIn(current, width).reduce((row, { name, text, x }) => {
    const cell =
      name === current
        ? theme.paint('selected', text)
        : theme.paint('accent', text.slice(0, 1)) + text.slice(1);
    return row + ' '.repeat(x - widthOf(row)) + cell;
  }, '');
}

/** The screen whose tab is at a column. */
export function tabAt(current: string, width: number, column: number): string | undefined {
  const tabs = tabsIn(current, width);
  return tabs.find(({ text, x }) => column >= x && column < x + text.length)?.name;
}

/** What a drill tells: the latest line of its story, in rows of its own. */
export function storyRows(world: World, width: number, height: number, theme: Theme): string[] {
  const { narrative } = world;
  const mark = theme.paint('accent', '> ');
  const text =
    narrative === undefined ? (world.plan?.summary ?? '') : narrative.what || narrative.why;
  const all = wrap(plain(text), width - 3);
  const lines = all.slice(0, height);
  if (all.length > height) lines.push(`${lines.pop()}${theme.glyph.more}`);
  return lines.map((line, index) => (index === 0 ? mark : '  ') + theme.paint('accent', line));
}

/** esxtop's message line: answers to keys, else what waits for a person, else what the row means. */
export function noticeRow(world: World, ui: UiState, width: number, theme: Theme): string {
  if (ui.notice !== '') {
    const { more } = theme.glyph;
    const text = plain(ui.notice);
    const fitting = text.length < width ? text : shortenDevices(text, more);
    return theme.paint('strong', ` ${shorten(fitting, width - 1, more)}`);
  }
  const time = timeNotice(world, width - 1, theme);
  if (time !== '') return ` ${time}`;
  const [stunned] = world.stunned;
  if (stunned !== undefined) {
    return theme.paint(
      'bad',
      ` ! ${plain(stunned.name)} has stopped: no space left. Press a to answer`,
    );
  }
  const selected = ui.screen === LATENCY ? chosenOf(ui, world) : selectedObject(ui, world);
  const hint = hintFor(world, selected);
  if (hint === undefined) return '';
  const named = hint.about.index !== selected?.index;
  return ` ${hintRow(hint, width - 1, theme, named)}`;
}

/** Last row: the keys of the innermost scope. */
export function footerRow(ui: UiState, width: number, theme: Theme, source: Source): string {
  const dialog = ui.dialogs.at(-1);
  const keys = dialog === undefined ? mainKeys(ui, source) : dialogKeys(dialog.kind);
  const widthWith = (shown: readonly FooterKey[]): number =>
    shown.reduce((sum, { key, text }) => sum + key.length + text.length + 3, 0);
  const shown = [...keys];
  while (shown.length > 0 && widthWith(shown) > width) {
    const least = shown.findLastIndex(({ always }) => !always);
    shown.splice(least, 1);
  }
  return shown.map(({ key, text }) => ` ${theme.paint('accent', key)} ${text} `).join('');
}

interface FooterKey {
  readonly key: string;
  readonly text: string;
  /** Stays when others give way, the last of them first. */
  readonly always: boolean;
}

/** Keys for rows of certain kinds only. */
const SCOPES_OF: Partial<Record<Action['do'], ReadonlySet<string>>> = {
  qos: new Set(['disk', 'world', 'vm']),
  switch: new Set(['path', 'device', 'mount', 'backup']),
  operations: new Set(OPERATIONS.flatMap(({ scopes }) => scopes)),
  rank: new Set(['path']),
};
/** Keys that only refuse when nothing may be changed. */
const CHANGES: ReadonlySet<Action['do']> = new Set([
  'faults',
  'qos',
  'switch',
  'rank',
  'operations',
  'undo',
]);
/** Keys for time that what is shown does not have. */
const BEYOND: Readonly<Record<Source, ReadonlySet<Action['do']>>> = {
  engine: new Set(),
  recording: new Set(['rewind']),
  real: new Set(['step', 'speed', 'rewind']),
};
/** What the screen is for, how to learn the rest, and how to leave. */
const ALWAYS = new Set(['faults', 'help', 'quit']);

function mainKeys(ui: UiState, source: Source): FooterKey[] {
  const { view } = screenOf(ui.screen);
  const moves =
    view !== undefined || ui.screen === LATENCY ? 'select' : ui.screen === EVENTS ? 'scroll' : '';
  const keys: FooterKey[] = [];
  if (moves !== '') keys.push({ key: 'arrows', text: moves, always: false });
  if (view?.expand !== undefined || view?.rollUp !== undefined)
    keys.push({ key: 'e', text: 'expand', always: false });
  // The keys of the screen itself before those of every screen.
  for (const scope of activeScopes(ui)) {
    for (const { keys: names, short, action } of bindings.filter((item) => item.scope === scope)) {
      const [key] = names;
      if (key === undefined || short === '') continue;
      if (SCOPES_OF[action.do]?.has(view?.scope ?? '') === false) continue;
      if (ui.readOnly && CHANGES.has(action.do)) continue;
      if (BEYOND[source].has(action.do)) continue;
      keys.push({ key, text: short, always: ALWAYS.has(action.do) });
    }
  }
  return keys;
}

function dialogKeys(kind: Dialog['kind']): FooterKey[] {
  const keys = {
    help: { arrows: 'scroll', Esc: 'close' },
    history: { arrows: 'scroll', Esc: 'close' },
    report: { arrows: 'scroll', Esc: 'close' },
    fields: { letters: 'show, hide or move groups', Esc: 'back' },
    form: { Enter: 'confirm', arrows: 'field', Esc: 'back' },
    menu: { Enter: 'choose', arrows: 'move', letters: 'narrow', Esc: 'back' },
  };
  return Object.entries(keys[kind]).map(([key, text]) => ({ key, text, always: key === 'Esc' }));
}
