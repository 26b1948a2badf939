import { InputError } from '../../core/errors.js';
import { decodeUtf8, encodeUtf8, showName } from './bytes.js';
import { Contents } from './contents.js';
import type { Core } from './core.js';
import { type Descriptor, SYMLINK } from './descriptor.js';
import type { DirectoryFormat, Entry } from './directory.js';
import { FlatDirectories } from './flat-directory.js';
import { HashedDirectories } from './hashed-directory.js';
import { ROOT } from './root.js';

/** Model: deeper paths are a loop or damage. */
const DEPTH_MAX = 256;

/** A place in the tree: the directory, the name in it, and the file where there is one. */
export interface Place {
  readonly directory: Descriptor;
  readonly name: string;
  readonly entry: Entry | undefined;
}

/** The directories of a volume and the paths through them. */
export class Tree {
  readonly contents: Contents;
  readonly format: DirectoryFormat;

  constructor(
    private readonly core: Core,
    resident: boolean,
  ) {
    this.contents = new Contents(core, resident);
    const context = { core, contents: this.contents };
    this.format =
      core.generation.product === 6 ? new HashedDirectories(context) : new FlatDirectories(context);
  }

  get root(): Descriptor {
    return this.core.readDescriptor(ROOT);
  }

  find(dir: Descriptor, name: string): Entry | undefined {
    const entries = this.format.entries(dir);
    return (
      entries.find((entry) => entry.name === name) ??
      // A name that is not UTF-8 can only be asked for as it is shown.
      entries.find((entry) => showName(entry.name) === name)
    );
  }

  /** @throws InputError when there is no such file */
  file(path: string): Descriptor {
    const { directory, entry } = this.place(path);
    if (entry === undefined) {
      if (namesOf(path).length === 0) return directory;
      throw InputError.of(path, 'no such file or directory on the volume');
    }
    return this.core.readDescriptor(entry.address);
  }

  /** @throws InputError unless it is a directory */
  directory(path: string): Descriptor {
    const file = this.file(path);
    if (file.isDirectory) return file;
    throw InputError.of(path, 'expected a directory, found a file');
  }

  /** @throws InputError unless it is a file with content */
  regular(path: string): Descriptor {
    const file = this.file(path);
    if (file.isDirectory) throw InputError.of(path, 'expected a file, found a directory');
    return file;
  }

  /**
   * Where a path leads. `..` of the root is the root: no path leaves the volume.
   * @throws InputError when a directory on the way does not exist
   */
  place(path: string): Place {
    const names = namesOf(path);
    if (names.length > DEPTH_MAX) {
      throw InputError.of(path, `a path of ${names.length} parts, expected at most ${DEPTH_MAX}`);
    }
    let directory = this.root;
    const name = names.pop();
    if (name === undefined) return { directory, name: '.', entry: undefined };
    const passed: string[] = [];
    for (const part of names) {
      passed.push(part);
      const entry = this.find(directory, part);
      const shown = `/${passed.join('/')}`;
      if (entry === undefined) throw InputError.of(shown, 'no such directory on the volume');
      directory = this.core.readDescriptor(entry.address);
      if (!directory.isDirectory) {
        const what = directory.type === SYMLINK ? 'a symbolic link' : 'a file';
        throw InputError.of(shown, `expected a directory, found ${what}`);
      }
    }
    return { directory, name, entry: this.find(directory, name) };
  }

  /** True where `inner` is `outer` or lies below it. */
  isInside(inner: Descriptor, outer: Descriptor): boolean {
    let at = inner;
    for (let depth = 0; depth <= DEPTH_MAX; depth++) {
      if (at.address === outer.address) return true;
      if (at.address === ROOT) return false;
      const parent = this.find(at, '..');
      if (parent === undefined) return false;
      at = this.core.readDescriptor(parent.address);
    }
    return true;
  }

  /** What a symbolic link says. */
  linkTarget(file: Descriptor): string {
    const bytes = new Uint8Array(Math.min(file.length, 4096));
    this.contents.read(file, 0, bytes);
    return decodeUtf8(bytes);
  }
}

/** Parts of a path, with `.` and `..` resolved before the volume is asked. */
function namesOf(path: string): string[] {
  const names: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') names.pop();
    else names.push(part);
  }
  if (encodeUtf8(path).length > 65536) throw InputError.of('', 'a path of more than 64 KiB');
  return names;
}
