/**
 * esxtop's entity file: which adapters, devices and virtual disks to show. A section begins with a line
 * that names its kind; then one object per line, and `#` before one that is left out. Esxtop reference,
 * section 5.4; `VirtualDisk` is vmtop's own, as the names of further sections are not published.
 */
import { InputError } from '../../engine/core/errors.js';
import type { EntityInfo } from '../../engine/core/meters.js';
import type { UiState } from '../state.js';

const SECTIONS: Readonly<Record<string, string>> = {
  Adapter: 'adapter',
  Device: 'device',
  VirtualDisk: 'disk',
};
/** Sections of panels vmtop does not have begin with a word alone as well: no object has such a name. */
const SECTION_LINE = /^[A-Z][A-Za-z]*$/;

/** @throws InputError for text before the first section */
export function parseEntities(text: string, file: string): NonNullable<UiState['entities']> {
  const found: Record<string, Set<string>> = {};
  let section: Set<string> | undefined;
  let begun = false;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '') continue;
    if (SECTION_LINE.test(line)) {
      const scope = SECTIONS[line];
      begun = true;
      section = scope === undefined ? undefined : (found[scope] ?? new Set());
      if (scope !== undefined && section !== undefined) found[scope] = section;
    } else if (!begun) {
      const known = Object.keys(SECTIONS).join(', ');
      throw InputError.of(`${file}:${index + 1}`, `expected a section first: ${known}`);
    } else if (!line.startsWith('#')) section?.add(line);
  }
  return found;
}

/** Objects of a kind the file has no section for are all shown. */
export function isListed(
  { scope, name, labels }: EntityInfo,
  entities: UiState['entities'],
): boolean {
  const listed = entities?.[scope];
  return listed === undefined || listed.has(name) || listed.has(`${labels.host}/${name}`);
}

/** All objects there are, to be edited; `host/name`, as names are unique on their host only. */
export function formatEntities(all: readonly EntityInfo[]): string {
  const sections = Object.entries(SECTIONS).map(([title, scope]) => {
    const own = all.filter((info) => info.scope === scope);
    return [title, ...own.map(({ name, labels }) => `${labels.host}/${name}`)].join('\n');
  });
  return `${sections.join('\n')}\n`;
}
