import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, relative, resolve } from 'node:path';
import {
  type DiskFolder,
  OutsideError,
  type ParentPlace,
} from '../../engine/formats/vmdk/medium.js';
import { DiskFile } from './disk-file.js';

const HINT = '--outside follows it, when you trust the disk';

/** Opens the files of disks for reading, each once, and closes them all. */
export class DiskFiles {
  private readonly files = new Map<string, DiskFile>();

  /** @param outside take files from other folders, where snapshots and links point */
  constructor(private readonly outside: boolean) {}

  folder(path: string): DiskFolder {
    return {
      open: (name) => this.inside(path, name),
      parent: (named) => this.place(path, named),
    };
  }

  /** A file that a person named, wherever it is. */
  open(path: string): DiskFile {
    const key = normalize(path);
    let file = this.files.get(key);
    if (file === undefined) {
      file = DiskFile.open(path, false);
      this.files.set(key, file);
    }
    return file;
  }

  /** A file that a disk names: a link could have any other file read. */
  private inside(folder: string, name: string): DiskFile {
    const path = join(folder, name);
    if (!this.outside && !this.files.has(normalize(path))) {
      const real = identityOf(path);
      if (real !== path && dirname(real) !== identityOf(folder)) {
        throw OutsideError.of(path, `a link to another folder: "${real}"`, HINT);
      }
    }
    return this.open(path);
  }

  /** The files that were opened, by `DiskFile.identity`. */
  identities(): ReadonlySet<string> {
    return new Set([...this.files.values()].map(({ identity }) => identity));
  }

  /** A disk that was copied here may still name the folder it came from. */
  private place(folder: string, named: string): ParentPlace {
    const inside = join(folder, named.split(/[/\\]/).at(-1) ?? '');
    let path = isAbsolute(named) ? named : resolve(folder, named);
    if (!existsSync(path) && existsSync(inside)) path = inside;
    if (!this.outside && relative(resolve(folder), resolve(path)) !== basename(path)) {
      const message = `the disk names a file in another folder: "${named}"`;
      throw OutsideError.of(folder, message, HINT);
    }
    return { folder: this.folder(dirname(path)), name: basename(path), identity: identityOf(path) };
  }

  close(): void {
    for (const file of this.files.values()) file.close();
    this.files.clear();
  }
}

function identityOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
