import { FormatError, InputError } from '../../core/errors.js';
import { MIB } from './bytes.js';
import type { Provisioning } from './contents.js';
import { Core } from './core.js';
import { type Descriptor, DIRECTORY, POINTERS, REGULAR, RESIDENT, SYSTEM } from './descriptor.js';
import { entryOf, requireName } from './directory.js';
import { describe, describeEntry, type FileInfo, type SpaceInfo, spaceOf } from './info.js';
import { LogicalVolume } from './logical-volume.js';
import type { BlockMedium } from './medium.js';
import { ROOT } from './root.js';
import { replayInMemory, Session } from './session.js';
import { Tree } from './tree.js';
import type { Uuid } from './uuid.js';

export interface OpenOptions {
  /** Unix time changes are stamped with. */
  readonly seconds: number;
  /** UUID of the host that writes; without one the volume is only read. */
  readonly host?: Uuid;
  /**
   * Keep files of at most 1 KiB (VMFS 6: 3.5 KiB) inside their descriptors. As ESXi does; but
   * `fsck.vmfs` takes the content of such a file for a block address.
   */
  readonly resident?: boolean;
}

export interface CreateOptions {
  readonly length?: number;
  readonly provisioning?: Provisioning;
}

/** Slots of a file's map that one transaction changes: what fits into the journal on any volume. */
const STEP_SLOTS = 512;
/** Bytes one transaction writes: few blocks, and each is data that goes out first. */
const WRITE_BYTES = 32 * MIB;
const FILE_MODE = 0o100600;
const DIRECTORY_MODE = 0o755;

/** A VMFS volume: its files by path, over one or more media. */
export class Volume {
  /** Of the host that writes. */
  readonly session: Session | undefined;

  private constructor(
    readonly core: Core,
    readonly tree: Tree,
    options: OpenOptions,
  ) {
    if (options.host === undefined) replayInMemory(core);
    else this.session = Session.begin(core, options.host);
  }

  /**
   * @throws FormatError where the media hold no readable VMFS volume
   * @throws InputError where it cannot be written to but should be
   */
  static open(media: readonly BlockMedium[], options: OpenOptions): Volume {
    const volume = LogicalVolume.open(media);
    if (options.host !== undefined && !volume.writable) {
      throw InputError.of(
        volume.devices[0].medium.name,
        volume.complete ? 'the volume is read-only' : 'a device of the volume is missing',
        'give all its images, writable',
      );
    }
    const core = new Core(volume, options.seconds);
    const resident = options.resident ?? core.generation.product === 6;
    return new Volume(core, new Tree(core, resident), options);
  }

  /** Ends a session for writing; the volume is then as nobody's. */
  close(): void {
    this.session?.end();
  }

  stat(path: string): FileInfo {
    return describe(this.tree, path, this.tree.file(path));
  }

  /** Files of a directory in the order of their names, without `.` and `..`. */
  list(path: string): FileInfo[] {
    const dir = this.tree.directory(path);
    return this.tree.format
      .entries(dir)
      .filter(({ name }) => name !== '.' && name !== '..')
      .sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0))
      .map((entry) => describeEntry(this.core, this.tree, entry));
  }

  /** Fills `into` with the file's bytes from `offset`; both inside its length. */
  read(path: string, offset: number, into: Uint8Array): void {
    this.tree.contents.read(this.tree.regular(path), offset, into);
  }

  space(): SpaceInfo {
    return spaceOf(this.core);
  }

  /** A new empty file, or one of a length whose blocks are provided as asked. */
  create(path: string, options: CreateOptions = {}): void {
    this.change(() => this.make(path, REGULAR));
    if (options.length !== undefined) {
      this.resize(path, options.length, options.provisioning ?? 'thin');
    }
  }

  makeDirectory(path: string): void {
    this.change(() => {
      const { file, directory } = this.make(path, DIRECTORY);
      this.tree.format.create(file, directory);
      file.links = 2;
      this.core.writeDescriptor(file);
      directory.links += 1;
      this.core.writeDescriptor(directory);
    });
  }

  private make(path: string, type: number): { file: Descriptor; directory: Descriptor } {
    const { directory, name, entry } = this.tree.place(path);
    requireName(name);
    if (entry !== undefined) throw InputError.of(path, 'a file of this name exists');
    const file = this.core.takeDescriptor();
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

  /** Writes into a file; a part between its end and `offset` becomes a hole. */
  write(path: string, offset: number, bytes: Uint8Array): void {
    const { contents } = this.tree;
    for (let done = 0; done < bytes.length; done += WRITE_BYTES) {
      this.changeFile(path, (file) => {
        if (offset + done > file.length) this.lengthenSparse(file, offset + done);
        contents.write(file, offset + done, bytes.subarray(done, done + WRITE_BYTES));
      });
    }
  }

  /**
   * Makes a file shorter or longer; new blocks are provided as asked. In one transaction as far as the
   * journal has room; beyond, a loss of power may find it half way.
   */
  resize(path: string, length: number, provisioning: Provisioning = 'thin'): void {
    const { contents } = this.tree;
    const before = this.tree.regular(path).length;
    if (length < before) {
      for (let done = false; !done; ) {
        done = this.changeFile(path, (file) => contents.shorten(file, length, STEP_SLOTS));
      }
      return;
    }
    if (provisioning === 'thin') {
      this.changeFile(path, (file) => this.lengthenSparse(file, length));
      return;
    }
    /** Offset behind the last block that is provided. */
    let provided = this.changeFile(path, (file) => {
      contents.lengthen(file, length, 'dense');
      return this.provide(file, before, provisioning);
    });
    while (provided < length) {
      const from = provided;
      provided = this.changeFile(path, (file) => this.provide(file, from, provisioning));
    }
  }

  /** Provides blocks from an offset on; the offset it came to. */
  private provide(file: Descriptor, offset: number, how: Provisioning): number {
    if (file.zla === RESIDENT) return file.length;
    const slotBytes = this.core.mapping.slotBytes(file);
    const slots = Math.ceil(file.length / slotBytes);
    const from = Math.floor(offset / slotBytes);
    return slotBytes * this.tree.contents.provide(file, from, slots, how);
  }

  private lengthenSparse(file: Descriptor, length: number): void {
    const { contents } = this.tree;
    contents.lengthen(file, length, 'sparse');
    if (this.core.generation.product === 6 && file.zla === POINTERS) {
      contents.form.fillTables(file, Math.ceil(length / this.core.blockBytes));
    }
  }

  /**
   * Removes a file or an empty directory. A large file is cut down first, in several transactions: after
   * a loss of power it may be found shorter.
   */
  remove(path: string): void {
    const file = this.tree.file(path);
    this.requireRemovable(file, path);
    const { contents } = this.tree;
    if (!file.isDirectory) {
      const last = STEP_SLOTS * this.core.mapping.slotBytes(file);
      if (file.length > last) this.resize(path, last);
    }
    this.change(() => {
      const { directory, entry } = this.tree.place(path);
      if (entry === undefined) throw new FormatError('the file is gone');
      const victim = this.core.readDescriptor(entry.address);
      contents.shorten(victim, 0, Number.POSITIVE_INFINITY);
      this.tree.format.remove(directory, entry);
      if (victim.isDirectory) directory.links = Math.max(2, directory.links - 1);
      directory.touch(this.core.seconds);
      this.core.writeDescriptor(directory);
      this.core.giveDescriptor(victim);
    });
  }

  private requireRemovable(file: Descriptor, path: string): void {
    this.core.requireUnlocked(file, path);
    if (file.address === ROOT) throw InputError.of(path, 'the root directory cannot be removed');
    if (file.type === SYSTEM) throw InputError.of(path, 'a file of the file system itself');
    if (!file.isDirectory) return;
    if (this.tree.format.entries(file).length > 2) {
      throw InputError.of(path, 'the directory is not empty', 'remove what is in it first');
    }
  }

  /**
   * Gives a file another name or directory, in one transaction.
   * @param replace true lets it take the place of a file that has the name
   */
  rename(from: string, to: string, replace = false): void {
    const victim = this.tree.place(to).entry;
    const moved = this.tree.file(from);
    this.requireMovable(moved, from, to);
    if (victim !== undefined) {
      if (victim.address === moved.address) return;
      if (!replace) throw InputError.of(to, 'a file of this name exists');
      this.tree.regular(to);
      const last = STEP_SLOTS * this.core.mapping.slotBytes(this.tree.file(to));
      if (this.tree.file(to).length > last) this.resize(to, last);
    }
    this.change(() => this.move(from, to, moved));
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
    if (tree.place(to).entry !== undefined) {
      const { directory, entry } = tree.place(to);
      if (entry === undefined) throw new FormatError('the file is gone');
      const victim = core.readDescriptor(entry.address);
      this.requireRemovable(victim, to);
      tree.contents.shorten(victim, 0, Number.POSITIVE_INFINITY);
      tree.format.remove(directory, entry);
      core.writeDescriptor(directory);
      core.giveDescriptor(victim);
    }
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
    return this.change(() => {
      const file = this.tree.regular(path);
      this.core.requireUnlocked(file, path);
      if (file.type !== REGULAR) throw InputError.of(path, 'not a regular file');
      const result = change(file);
      file.touch(this.core.seconds);
      this.core.writeDescriptor(file);
      return result;
    });
  }

  private change<T>(change: () => T): T {
    if (this.session === undefined) {
      throw InputError.of(this.core.name, 'the volume was opened for reading only');
    }
    return this.core.transaction(change);
  }
}
