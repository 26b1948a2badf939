import { InputError } from '../../core/errors.js';
import { Changes, WRITE_BYTES } from './changes.js';
import type { Provisioning } from './contents.js';
import { Core } from './core.js';
import { RDM, REGULAR } from './descriptor.js';
import {
  describe,
  describeEntry,
  type FileInfo,
  mappedDevice,
  type SpaceInfo,
  spaceOf,
} from './info.js';
import { LogicalVolume } from './logical-volume.js';
import type { BlockMedium } from './medium.js';
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

/** A VMFS volume: its files by path, over one or more media. */
export class Volume {
  /** Of the host that writes. */
  readonly session: Session | undefined;
  private readonly changes: Changes;
  /** Within a transaction of several changes. */
  private isTogether = false;

  private constructor(
    readonly core: Core,
    readonly tree: Tree,
    options: OpenOptions,
  ) {
    this.changes = new Changes(core, tree);
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
        volume.bare
          ? 'a file system without LVM is only read'
          : volume.complete
            ? 'the volume is read-only'
            : `a device of the volume is missing: it has ${volume.missing}`,
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
    const file = this.tree.regular(path);
    if (file.type === RDM) {
      throw InputError.of(
        path,
        `a raw device mapping: its content is on the device ${mappedDevice(file)}`,
      );
    }
    this.tree.contents.read(file, offset, into);
  }

  space(): SpaceInfo {
    return spaceOf(this.core);
  }

  /** A new empty file, or one of a length whose blocks are provided as asked. */
  create(path: string, options: CreateOptions = {}): void {
    this.change(() => this.changes.createFile(path));
    if (options.length !== undefined) {
      this.resize(path, options.length, options.provisioning ?? 'thin');
    }
  }

  makeDirectory(path: string): void {
    this.change(() => this.changes.makeDirectory(path));
  }

  /** Writes into a file; a part between its end and `offset` becomes a hole. */
  write(path: string, offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; done += WRITE_BYTES) {
      const part = bytes.subarray(done, done + WRITE_BYTES);
      this.change(() => this.changes.write(path, offset + done, part));
    }
  }

  /**
   * Makes a file shorter or longer; new blocks are provided as asked. In one transaction as far as the
   * journal has room; beyond, a loss of power may find it half way.
   */
  resize(path: string, length: number, provisioning: Provisioning = 'thin'): void {
    const before = this.tree.regular(path).length;
    if (length < before || provisioning === 'thin') {
      while (!this.change(() => this.changes.resize(path, length)));
      return;
    }
    /** Offset behind the last block that is provided. */
    let provided = before;
    do {
      const from = provided;
      provided = this.change(() => this.changes.provide(path, length, from, provisioning));
    } while (provided < length);
  }

  /**
   * Removes a file or an empty directory. A large file is cut down first, in several transactions: after
   * a loss of power it may be found shorter.
   */
  remove(path: string): void {
    const file = this.tree.file(path);
    this.changes.requireRemovable(file, path);
    if (file.type === REGULAR) this.cutDown(path);
    this.change(() => this.changes.remove(path));
  }

  private cutDown(path: string): void {
    const last = this.changes.oneCut(path);
    if (this.tree.file(path).length > last) this.resize(path, last);
  }

  /**
   * Gives a file another name or directory, in one transaction.
   * @param replace true lets it take the place of a file that has the name
   */
  rename(from: string, to: string, replace = false): void {
    const { entry } = this.tree.place(to);
    const moved = this.tree.file(from);
    if (replace && entry !== undefined && entry.address !== moved.address) {
      const victim = this.tree.regular(to);
      this.changes.requireRemovable(victim, to);
      if (victim.type === REGULAR) this.cutDown(to);
    }
    this.change(() => this.changes.rename(from, to, replace));
  }

  /** Makes several changes one transaction: of names and small files, which the journal has room for. */
  together(change: () => void): void {
    this.change(() => {
      this.isTogether = true;
      try {
        change();
      } finally {
        this.isTogether = false;
      }
    });
  }

  private change<T>(change: () => T): T {
    if (this.isTogether) return change();
    if (this.session === undefined) {
      throw InputError.of(this.core.name, 'the volume was opened for reading only');
    }
    return this.core.transaction(change);
  }
}
