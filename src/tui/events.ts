/** Log entries as rows of the screen. */
import type { LogEntry } from '../engine/core/event-log.js';
import type { PathEvent } from './engine.js';
import { plain, shorten, wrap } from './text.js';
import type { Theme, Tone } from './theme.js';

/** Which entries are trouble; the words of event kinds and of path states. */
const BAD =
  /lost\b|\.full|dead|crash|stale|\.missing|\.locked|to red\b|apd\.(start|timeout)|\bpdl\b|question|\bfailed|timedout|not reachable|\bdown$/i;
const WARN =
  /degraded|failover|threshold|slow|trespass|reset|refused|cancelled|unresolved|consolidationNeeded|to yellow\b/i;
const GOOD =
  /restored|exit|to green\b|heal|resumed|repaired|recovered|freed|\.space|again|up$|-> active|lun \S+ reachable/i;

interface Weight {
  readonly mark: string;
  readonly tone: Tone;
}

export function weigh({ kind, what }: Pick<LogEntry, 'kind' | 'what'>): Weight {
  if (kind === 'narrative') return { mark: '>', tone: 'accent' };
  // What a fault does is told with how it ends.
  if (kind === 'fault.inject') return { mark: '*', tone: 'warn' };
  const text = `${kind} ${what}`;
  if (GOOD.test(text)) return { mark: '+', tone: 'ok' };
  if (BAD.test(text)) return { mark: '!', tone: 'bad' };
  if (WARN.test(text)) return { mark: '*', tone: 'warn' };
  return { mark: ' ', tone: 'plain' };
}

const NS_PER_MS = 1e6;

/** `1:23.456`, with hours when there are any. */
export function clockOf(ns: number): string {
  const ms = Math.floor(ns / NS_PER_MS);
  const two = (value: number): string => String(value).padStart(2, '0');
  const seconds = `${two(Math.floor(ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60
    ? `${minutes}:${seconds}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${seconds}`;
}

const TIME_WIDTH = 9;
const KIND_WIDTH = 28;
/** Narrower than this the kind is left out: the mark and the text say it. */
const WIDE = 110;
const NAA = /(naa\.\w{7})\w+(\w{4})/g;

/** Devices' names with the few digits that tell them apart. */
export function shortenDevices(text: string, mark: string): string {
  return text.replace(NAA, `$1${mark}$2`);
}

/** Entries of the log in one row: the last of them, and how many there were, since when. */
export interface ShownEntry extends LogEntry {
  readonly times: number;
  readonly since: number;
}

/** Entries that follow one another and differ in nothing but figures are told together. */
export function foldEvents(entries: readonly LogEntry[]): ShownEntry[] {
  const shown: ShownEntry[] = [];
  for (const entry of entries) {
    const last = shown.at(-1);
    if (last !== undefined && isMore(last, entry)) {
      shown[shown.length - 1] = { ...entry, times: last.times + 1, since: last.since };
    } else shown.push({ ...entry, times: 1, since: entry.at });
  }
  return shown;
}

function isMore(last: LogEntry, { kind, object, what, why }: LogEntry): boolean {
  const words = (text: string): string => text.replace(/[\d.]+/g, '#');
  return (
    last.kind === kind &&
    last.object === object &&
    last.why === why &&
    words(last.what) === words(what)
  );
}

/** An entry in one row, cut where it is too long. */
export function eventRow(entry: ShownEntry, width: number, theme: Theme): string {
  const { head, text, tone, room } = eventParts(entry, width, theme);
  return head + theme.paint(tone, shorten(text, room, theme.glyph.more));
}

/** An entry in as many rows as it takes. */
export function eventRows(entry: ShownEntry, width: number, theme: Theme): string[] {
  const { head, text, tone, room } = eventParts(entry, width, theme);
  return wrap(text, room).map(
    (line, index) => (index === 0 ? head : ' '.repeat(width - room)) + theme.paint(tone, line),
  );
}

interface EventParts {
  readonly head: string;
  readonly text: string;
  readonly tone: Tone;
  /** Columns beside the head. */
  readonly room: number;
}

function eventParts(entry: ShownEntry, width: number, theme: Theme): EventParts {
  const { mark, tone } = weigh(entry);
  const time = theme.paint('dim', clockOf(entry.at).padStart(TIME_WIDTH));
  const { more } = theme.glyph;
  const kind =
    width >= WIDE ? `${shorten(plain(entry.kind), KIND_WIDTH, more).padEnd(KIND_WIDTH)} ` : '';
  const why = entry.why === '' ? '' : ` (${entry.why})`;
  const object = width >= WIDE ? entry.object : shortenDevices(entry.object, more);
  const times = entry.times > 1 ? `, ${entry.times} times since ${clockOf(entry.since)}` : '';
  const text =
    entry.kind === 'narrative' ? entry.what || entry.why : `${object}: ${entry.what}${why}${times}`;
  const room = width - TIME_WIDTH - 3 - kind.length;
  const head = `${time} ${theme.paint(tone, mark)} ${theme.paint('dim', kind)}`;
  return { head, text: plain(text), tone, room };
}

/** The same for one path's own history, which needs no names. */
export function pathEventRow({ at, what, why }: PathEvent, width: number, theme: Theme): string {
  const { mark, tone } = weigh({ kind: '', what });
  const time = theme.paint('dim', clockOf(at).padStart(TIME_WIDTH));
  const text = plain(why === '' ? what : `${what} (${why})`);
  const room = width - TIME_WIDTH - 4;
  return `${time} ${theme.paint(tone, mark)} ${theme.paint(tone, shorten(text, room, theme.glyph.more))}`;
}
