import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../../engine/core/errors.js';
import type { DiskFolder } from '../../engine/formats/vmdk/medium.js';
import { isAlive } from './alive.js';
import { DiskFile, identityOfFile } from './disk-file.js';
import { writeError } from './file-image.js';

const PART = /^\.(.*)\.vmtop-(\d+)\.part$/;

/**
 * Files that get their names when all of them are there: whoever looks, also after a failure, sees the
 * old files or the new ones. Until then they are hidden parts.
 */
export class NewFiles {
  private readonly files = new Map<string, DiskFile>();
  /** Who may read and write the files that are replaced: the new ones are no more open. */
  private readonly modes = new Map<string, number>();

  constructor(private readonly path: string) {}

  /**
   * @param names of all files that will be made
   * @param replace whether files that exist may be replaced, or which of them
   * @param keep files that are not replaced at all, by `identityOfFile`
   * @throws InputError when one exists and is not to be replaced, or is no file
   */
  reserve(
    names: readonly string[],
    replace: boolean | ReadonlySet<string>,
    keep: ReadonlySet<string> = new Set(),
  ): void {
    for (const name of names) {
      const path = join(this.path, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats === undefined) continue;
      if (!stats.isFile()) {
        const what = stats.isDirectory() ? 'a directory' : 'a device, pipe or socket';
        throw InputError.of(path, `expected a file or none, found ${what}`, 'give another name');
      }
      if (keep.has(identityOfFile(stats))) {
        throw InputError.of(path, 'it is a file of the source', 'give the target another name');
      }
      const free = typeof replace === 'boolean' ? replace : replace.has(name);
      if (!free) throw InputError.of(path, 'the file exists', '--force replaces it');
      this.modes.set(name, stats.mode & 0o7777);
    }
    this.removeLeftOvers(new Set(names));
  }

  readonly create = (name: string): DiskFile => {
    const file = DiskFile.create(this.part(name), join(this.path, name));
    this.files.set(name, file);
    const mode = this.modes.get(name);
    if (mode !== undefined) file.setMode(mode);
    return file;
  };

  /** The new files as a folder, to read what was written. */
  folder(): DiskFolder {
    return {
      open: (name) => {
        const file = this.files.get(name);
        if (file === undefined) throw InputError.of(name, 'no such new file');
        return file;
      },
      parent: (path) => ({ folder: this.folder(), name: path, identity: path }),
    };
  }

  /** True when a file of this length can be here; file systems differ (ext4: 16 TiB). */
  takes(bytes: number): boolean {
    const path = this.part('size');
    const file = DiskFile.create(path, join(this.path, 'size'));
    try {
      file.resize(bytes);
      return true;
    } catch (error) {
      if (error instanceof InputError) return false;
      throw error;
    } finally {
      file.close();
      rmSync(path, { force: true });
    }
  }

  /** Gives the files their names, in the order they were made. */
  commit(): void {
    for (const file of this.files.values()) file.flush();
    for (const [name, file] of this.files) {
      file.close();
      try {
        renameSync(this.part(name), join(this.path, name));
      } catch (error) {
        throw writeError(join(this.path, name), error);
      }
      this.files.delete(name);
    }
  }

  /** Removes what was not committed. */
  discard(): void {
    for (const [name, file] of this.files) {
      file.close();
      rmSync(this.part(name), { force: true });
    }
    this.files.clear();
  }

  private part(name: string): string {
    return join(this.path, `.${basename(name)}.vmtop-${process.pid}.part`);
  }

  /** Parts that a process left when it was killed: of these files, or of their disks in another format. */
  private removeLeftOvers(names: ReadonlySet<string>): void {
    if (!existsSync(this.path)) return;
    const disks = new Set([...names].map(diskOf));
    for (const entry of readdirSync(this.path)) {
      const [, name = '', pid = ''] = PART.exec(entry) ?? [];
      const other = Number(pid) !== process.pid && isAlive(Number(pid));
      if (!disks.has(diskOf(name)) || other) continue;
      rmSync(join(this.path, entry), { force: true });
    }
  }
}

/** The disk a file belongs to, without what its format puts behind the name. */
function diskOf(name: string): string {
  return name.replace(/\.vmdk$/i, '').replace(/-(flat|delta|sesparse|[sf]\d{3,})$/i, '');
}
