import { FormatError, InputError } from '../../core/errors.js';
import { MIB } from './bytes.js';
import type { Provisioning } from './contents.js';
import type { Core } from './core.js';
import { type Descriptor, DIRECTORY, REGULAR, RESIDENT, SYSTEM } from './descriptor.js';
import { entryOf, requireName } from './directory.js';
import { ROOT } from './root.js';
import type { Tree } from './tree.js';

/** Slots of a file's map that one transaction changes: what fits into the journal on any volume. */
const STEP_SLOTS = 512;
/** Bytes one transaction writes: few blocks, and each is data that goes out first. */
export const WRITE_BYTES = 32 * MIB;
const FILE_MODE = 0o100600;
const DIRECTORY_MODE = 0o755;

/**
 * What can be done to the files of a volume, each method one transaction: whoever calls makes it one,
 * alone (`Volume`) or among several hosts (`hosts/`).
 */
export class Changes {
  constructor(
    private readonly core: Core,
    private readonly tree: Tree,
  ) {}

  createFile(path: string): void {
    this.make(path, REGULAR);
  }

  makeDirectory(path: string): void {
    const { file, directory } = this.make(path, DIRECTORY);
    this.tree.format.create(file, directory);
    file.links = 2;
    this.core.writeDescriptor(file);
    directory.links += 1;
    this.core.writeDescriptor(directory);
  }

  private make(path: string, type: number): { file: Descriptor; directory: Descriptor } {
    const { directory, name, entry } = this.tree.place(path);
    requireName(name);
    if (entry !== undefined) throw InputError.of(path, 'a file of this name exists');
    const file = this.core.takeDescriptor(directory);
    const { form } = this.tree.contents;
    file.type = type;
    file.mode = type === DIRECTORY ? DIRECTORY_MODE : FILE_MODE;
    if (this.core.generation.product === 6) file.parent = directory.address;
    form.begin(file, type === DIRECTORY ? form.smallestDirectory : form.smallest);
    this.core.writeDescriptor(file);
    this.tree.format.add(directory, entryOf(name, file));
    directory.touch(this.core.seconds);
    this.core.writeDescriptor(directory);
    return { file, directory };
  }

  /**
   * Writes into a file; a part between its end and `offset` becomes a hole.
   * @param bytes at most `WRITE_BYTES` of them
   */
  write(path: string, offset: number, bytes: Uint8Array): void {
    this.changeFile(path, (file) => {
      if (offset > file.length) this.tree.contents.lengthenSparse(file, offset);
      this.tree.contents.write(file, offset, bytes);
    });
  }

  /** Makes a file longer by a hole, or shorter as far as one transaction goes; true when it has the length. */
  resize(path: string, length: number): boolean {
    return this.changeFile(path, (file) => {
      if (length < file.length) return this.tree.contents.shorten(file, length, STEP_SLOTS);
      this.tree.contents.lengthenSparse(file, length);
      return true;
    });
  }

  /**
   * Makes a file longer where it is not, and provides blocks from an offset on.
   * @returns the offset it came to
   */
  provide(path: string, length: number, from: number, how: Provisioning): number {
    return this.changeFile(path, (file) => {
      if (length > file.length) this.tree.contents.lengthen(file, length, 'dense');
      if (file.zla === RESIDENT) return file.length;
      const slotBytes = this.core.mapping.slotBytes(file);
      const slots = Math.ceil(file.length / slotBytes);
      const first = Math.floor(from / slotBytes);
      return slotBytes * this.tree.contents.provide(file, first, slots, how);
    });
  }

  /** Bytes of a file that one transaction can give back. */
  oneCut(path: string): number {
    return STEP_SLOTS * this.core.mapping.slotBytes(this.tree.file(path));
  }

  /** Removes a file of at most `oneCut` bytes, or an empty directory. */
  remove(path: string): void {
    const { directory, entry } = this.tree.place(path);
    const victim =
      entry === undefined ? this.tree.file(path) : this.core.readDescriptor(entry.address);
    this.requireRemovable(victim, path);
    if (entry === undefined) throw new FormatError('the file is gone');
    this.tree.contents.shorten(victim, 0, Number.POSITIVE_INFINITY);
    this.tree.format.remove(directory, entry);
    if (victim.isDirectory) directory.links = Math.max(2, directory.links - 1);
    directory.touch(this.core.seconds);
    this.core.writeDescriptor(directory);
    this.core.giveDescriptor(victim);
  }

  requireRemovable(file: Descriptor, path: string): void {
    this.core.requireUnlocked(file, path);
    if (file.address === ROOT) throw InputError.of(path, 'the root directory cannot be removed');
    if (file.type === SYSTEM) throw InputError.of(path, 'a file of the file system itself');
    if (!file.isDirectory) return;
    if (this.tree.format.entries(file).length > 2) {
      throw InputError.of(path, 'the directory is not empty', 'remove what is in it first');
    }
  }

  /**
   * Gives a file another name or directory.
   * @param replace true lets it take the place of a file of at most `oneCut` bytes that has the name
   */
  rename(from: string, to: string, replace: boolean): void {
    const { core, tree } = this;
    const moved = tree.file(from);
    this.requireMovable(moved, from, to);
    const taken = tree.place(to);
    if (taken.entry !== undefined) {
      if (taken.entry.address === moved.address) return;
      if (!replace) throw InputError.of(to, 'a file of this name exists');
      const victim = tree.regular(to);
      this.requireRemovable(victim, to);
      tree.contents.shorten(victim, 0, Number.POSITIVE_INFINITY);
      tree.format.remove(taken.directory, taken.entry);
      core.writeDescriptor(taken.directory);
      core.giveDescriptor(victim);
    }
    this.move(from, to, moved);
  }

  private requireMovable(file: Descriptor, from: string, to: string): void {
    this.core.requireUnlocked(file, from);
    if (file.address === ROOT || file.type === SYSTEM) {
      throw InputError.of(from, 'a file of the file system itself');
    }
    const { directory, name } = this.tree.place(to);
    requireName(name);
    if (file.isDirectory && this.tree.isInside(directory, file)) {
      throw InputError.of(to, `a directory cannot move into itself (${from})`);
    }
  }

  private move(from: string, to: string, moved: Descriptor): void {
    const { core, tree } = this;
    const source = tree.place(from);
    if (source.entry === undefined) throw new FormatError('the file is gone');
    tree.format.remove(source.directory, source.entry);
    if (moved.isDirectory) source.directory.links -= 1;
    source.directory.touch(core.seconds);
    core.writeDescriptor(source.directory);
    // Read again: both names may be in one directory.
    const target = tree.place(to);
    tree.format.add(target.directory, entryOf(target.name, moved));
    if (moved.isDirectory) {
      target.directory.links += 1;
      const up = tree.find(moved, '..');
      if (up === undefined) throw new FormatError(`${from} has no record ".."`);
      tree.format.retarget(moved, up, entryOf('..', target.directory));
    }
    if (core.generation.product === 6) moved.parent = target.directory.address;
    core.writeDescriptor(moved);
    target.directory.touch(core.seconds);
    core.writeDescriptor(target.directory);
  }

  private changeFile<T>(path: string, change: (file: Descriptor) => T): T {
    const file = this.tree.regular(path);
    this.core.requireUnlocked(file, path);
    if (file.type !== REGULAR) throw InputError.of(path, 'not a regular file');
    const result = change(file);
    file.touch(this.core.seconds);
    this.core.writeDescriptor(file);
    return result;
  }
}
