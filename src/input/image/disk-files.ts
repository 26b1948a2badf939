import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import {
  type DiskFolder,
  ParentOutside,
  type ParentPlace,
} from '../../engine/formats/vmdk/medium.js';
import { DiskFile } from './disk-file.js';

/** Opens the files of disks for reading, each once, and closes them all. */
export class DiskFiles {
  private readonly files = new Map<string, DiskFile>();

  /** @param outside take parents from other folders, as snapshots say */
  constructor(private readonly outside: boolean) {}

  folder(path: string): DiskFolder {
    return {
      open: (name) => this.open(join(path, name)),
      parent: (hint) => this.parent(path, hint),
    };
  }

  open(path: string): DiskFile {
    let file = this.files.get(path);
    if (file === undefined) {
      file = DiskFile.open(path, false);
      this.files.set(path, file);
    }
    return file;
  }

  /** The files that were opened, by `DiskFile.identity`. */
  identities(): ReadonlySet<string> {
    return new Set([...this.files.values()].map(({ identity }) => identity));
  }

  private parent(folder: string, hint: string): ParentPlace {
    const path = isAbsolute(hint) ? hint : resolve(folder, hint);
    if (!this.outside && relative(resolve(folder), path) !== basename(path)) {
      throw new ParentOutside([
        {
          place: folder,
          message: `a snapshot names a parent in another folder: "${hint}"`,
          hint: '--outside follows it, when you trust the disk',
        },
      ]);
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
