/** All rules, and what they find in a window: an explanation of what is not well, worst first. */
import type { EntityInfo } from '../../engine/core/meters.js';
import { Row, type Window } from '../../engine/views/kit/row.js';
import { shortenDevices } from '../events.js';
import { plain, shorten, wrap } from '../text.js';
import type { Theme, Tone } from '../theme.js';
import type { World } from '../world.js';
import { backupRules } from './backup-rules.js';
import { deviceRules } from './device-rules.js';
import { guestRules } from './guest-rules.js';
import type { Rule } from './rule.js';
import { storageRules } from './storage-rules.js';

export const rules: readonly Rule[] = [
  ...guestRules,
  ...deviceRules,
  ...storageRules,
  ...backupRules,
];

export interface Hint {
  readonly rule: Rule;
  readonly about: EntityInfo;
  readonly text: string;
}

/** Everything the rules have to say; nothing when all is well, or before there is a window. */
export function hintsOf(window: Window): readonly Hint[] {
  const known = found.get(window.after);
  if (known !== undefined) return known;
  const hints = window.after.at > window.before.at ? apply(window) : [];
  found.set(window.after, hints);
  return hints;
}

/** Screens ask for the same window several times. */
const found = new WeakMap<object, readonly Hint[]>();

function apply(window: Window): Hint[] {
  const hints = rules.flatMap((rule) =>
    window.entities
      .scope(rule.scope)
      .map((info) => new Row(window, info))
      .filter(rule.when)
      .map((row) => ({ rule, about: row.info, text: rule.words(row) })),
  );
  return hints.sort((a, b) => b.rule.level - a.rule.level);
}

/** The first hint about an object, or about a part of it or what it is made of. */
export function hintFor(world: World, selected: EntityInfo | undefined): Hint | undefined {
  if (selected === undefined) return undefined;
  const hints = hintsOf(world.frames.window);
  return (
    hints.find(({ about }) => about.index === selected.index) ??
    hints.find(({ about }) => isPart(about, selected)) ??
    hints.find(({ about }) => about.scope === 'pool' && poolsOf(world, selected).has(about.name))
  );
}

/** Pools that the LUNs of a datastore, of a device or of a LUN itself are cut from. */
function poolsOf(world: World, { scope, name, labels }: EntityInfo): ReadonlySet<string> {
  const uids: readonly (string | undefined)[] =
    scope === 'datastore'
      ? (world.plan?.datastores.find((store) => store.name === name)?.devices ?? [])
      : scope === 'device'
        ? [name]
        : scope === 'lun'
          ? [labels.uid ?? '']
          : [];
  const luns = world.frames.entities
    .scope('lun')
    .filter(({ labels: { uid } }) => uids.includes(uid));
  return new Set(luns.map(({ labels: { array, pool } }) => `${array}:${pool}`));
}

/** Virtual disks of a machine, clients and filters of a disk, the device of a path. */
function isPart(about: EntityInfo, selected: EntityInfo): boolean {
  const { labels } = about;
  if (labels.host !== undefined && selected.labels.host !== undefined) {
    if (labels.host !== selected.labels.host) return false;
  }
  switch (selected.scope) {
    case 'vm':
    case 'world':
      return labels.vm === (selected.labels.vm ?? selected.name);
    case 'disk':
      return (
        (about.scope === 'client' && about.name.startsWith(`${selected.name} on `)) ||
        (about.scope === 'filter' && about.name === selected.name)
      );
    case 'path':
      return about.scope === 'device' && about.name === selected.labels.device;
    case 'lun':
      return about.scope === 'device' && about.name === selected.labels.uid;
    default:
      return false;
  }
}

/**
 * One hint as a row: mark, what it is about, what it means.
 * @param named false where the object is the selected row anyway
 */
export function hintRow(hint: Hint, width: number, theme: Theme, named = true): string {
  const line = lineOf(hint, theme, named);
  return theme.paint(toneOf(hint), shorten(line, width, theme.glyph.more));
}

/** The same in at most so many rows. */
export function hintRows(hint: Hint, width: number, height: number, theme: Theme): string[] {
  const [first = '', ...rest] = wrap(lineOf(hint, theme, true), width - MARK);
  const lines =
    rest.length < height ? rest : [...rest.slice(0, height - 2), rest.slice(height - 2).join(' ')];
  return [first, ...lines.map((line) => ' '.repeat(MARK) + line)].map((line) =>
    theme.paint(toneOf(hint), shorten(line, width, theme.glyph.more)),
  );
}

/** Columns of the mark and its blank. */
const MARK = 2;

function toneOf({ rule }: Hint): Tone {
  return rule.level === 2 ? 'bad' : 'warn';
}

function lineOf({ rule, about, text }: Hint, theme: Theme, named: boolean): string {
  const { more } = theme.glyph;
  const mark = rule.level === 2 ? '!' : '*';
  const where = about.labels.host === undefined ? '' : `${about.labels.host} `;
  const object = named ? `${where}${about.name}: ` : '';
  return shortenDevices(plain(`${mark} ${object}${text}`), more);
}
