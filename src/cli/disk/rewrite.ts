import { linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../../engine/core/errors.js';
import { filesOf } from '../../engine/formats/vmdk/create.js';
import type { Descriptor } from '../../engine/formats/vmdk/descriptor.js';
import type { Disk } from '../../engine/formats/vmdk/disk.js';
import type { Format } from '../../engine/formats/vmdk/formats.js';
import { NewFiles } from '../../input/image/new-files.js';
import { writeDiskShown } from './write.js';

/** What is put behind the disk's name for new extents until the old ones are gone. */
const BETWEEN = /\.vmtop-new(er)?(?=[-.])/;

/**
 * Writes a disk in its own place; of other files none is touched, and no extent of the old one stays. Whenever
 * it is stopped, by a loss of power too, the descriptor names extents that belong together, old or new.
 */
export async function writeAnew(
  disk: Disk,
  path: string,
  format: Format,
  sectors: number,
  same: Descriptor,
): Promise<void> {
  // An embedded descriptor may still have the name the file had once.
  if (format.suffix === '') {
    await writeDiskShown(disk, path, format, { force: true, sectors, same });
    return;
  }
  const folder = dirname(path);
  const base = basename(path).replace(/\.vmdk$/i, '');
  const own = new Set([basename(path), ...namesOf(same)]);
  // A run that was stopped half way left old extents, or second names of new ones.
  for (const name of [...own]) own.add(name.replace(BETWEEN, ''));
  for (const name of filesOf(basename(path), format, sectors)) requireFree(folder, name, own);
  const between = betweenName(base, own);
  // What a run that was stopped has left is replaced.
  const force = new Set(filesOf(`${between}.vmdk`, format, sectors));
  // No more open to others than the disk is.
  const umask = process.umask(0o777 & ~statSync(path).mode);
  try {
    await writeDiskShown(disk, join(folder, `${between}.vmdk`), format, { force, sectors, same });
  } finally {
    process.umask(umask);
  }
  const finals = namesOf(same).map((name) => name.replace(between, base));
  for (const name of finals) requireFree(folder, name, own);
  // From here on the disk is the new one, under names of its own.
  renameSync(join(folder, `${between}.vmdk`), path);
  rename(folder, same, between, base);
  replaceText(path, same);
  for (const name of force) rmSync(join(folder, name), { force: true });
  for (const name of own) {
    if (name !== basename(path) && !finals.includes(name)) {
      rmSync(join(folder, name), { force: true });
    }
  }
}

/** Gives the extents the names they keep; where files can have two names, the old ones stay for now. */
function rename(folder: string, same: Descriptor, between: string, base: string): void {
  const lines = same.extents('').map((line) => {
    if (line.file === undefined) return line;
    const file = line.file.replace(between, base);
    const [from, to] = [join(folder, line.file), join(folder, file)];
    const second = join(folder, `.${file}.vmtop-${process.pid}.part`);
    try {
      linkSync(from, second);
      renameSync(second, to);
    } catch {
      renameSync(from, to);
    }
    return { ...line, file };
  });
  same.setExtents(lines);
}

function namesOf(descriptor: Descriptor): string[] {
  return descriptor.extents('').flatMap(({ file }) => (file === undefined ? [] : [file]));
}

/** Not a name the extents have already, from a run that was stopped. */
function betweenName(base: string, own: ReadonlySet<string>): string {
  const taken = [...own].some((file) => file.startsWith(`${base}.vmtop-new-`));
  return `${base}.vmtop-new${taken ? 'er' : ''}`;
}

function requireFree(folder: string, name: string, own: ReadonlySet<string>): void {
  const path = join(folder, name);
  if (own.has(name) || statSync(path, { throwIfNoEntry: false }) === undefined) return;
  throw InputError.of(path, 'the file exists', 'the disk needs the name; move the file away');
}

/** Puts a changed descriptor in the place of the old one. */
export function replaceText(path: string, descriptor: Descriptor): void {
  const files = new NewFiles(dirname(path));
  files.reserve([basename(path)], true);
  try {
    files.create(basename(path)).write(0, descriptor.bytes());
    files.commit();
  } finally {
    files.discard();
  }
}
