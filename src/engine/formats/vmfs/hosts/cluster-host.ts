import { assert } from '../../../core/assert.js';
import { InputError } from '../../../core/errors.js';
import { type Address, HOLE, unitOf } from '../address.js';
import { Changes } from '../changes.js';
import type { Provisioning } from '../contents.js';
import { Core } from '../core.js';
import { REGULAR } from '../descriptor.js';
import { idleLog } from '../journal.js';
import type { VolumeBytes } from '../logical-volume.js';
import { Tree } from '../tree.js';
import type { Uuid } from '../uuid.js';
import { HEARTBEAT_NS, type Steps } from './access.js';
import { HostIo, type IoOptions } from './host-io.js';
import { OwnSlot } from './own-slot.js';
import { giveBlock, Recovery } from './recovery.js';
import { type HostCounts, Runner } from './runner.js';
import { HostView } from './view.js';

export interface MountOptions extends IoOptions {
  readonly host: Uuid;
  /** Unix time that changes are stamped with. */
  readonly seconds: number;
  /** Keep tiny files inside their descriptors. */
  readonly resident: boolean;
}

/**
 * One of several hosts that use a volume at once. Each method is a generator of accesses to the medium:
 * drive it to its end, answering each, before the next; only `beat` may run beside another. Paths, errors
 * and transactions are those of `Volume`.
 */
export class ClusterHost {
  private readonly changes: Changes;
  private mounted = true;

  private constructor(
    readonly core: Core,
    readonly tree: Tree,
    private readonly runner: Runner,
    private readonly journal: Address,
  ) {
    this.changes = new Changes(core, tree);
  }

  /**
   * Takes a heartbeat slot and a journal. What an earlier life of this host left behind is recovered.
   * @param volume only asked where it is and how large; all access goes through the steps
   * @throws FormatError where it holds no readable VMFS; InputError without a free slot or block
   */
  static *mount(volume: VolumeBytes, options: MountOptions): Steps<ClusterHost> {
    const io = new HostIo(options);
    const view = new HostView(volume);
    const recovery: { use: Recovery | undefined } = { use: undefined };
    const runner = new Runner(io, view, function* (lock, attempt) {
      assert(recovery.use !== undefined, 'a lock before the volume is open');
      return yield* recovery.use.contend(lock, attempt);
    });
    const core = yield* runner.prepare(() => new Core(view, options.seconds));
    const { generation, blockBytes, name } = core;
    view.lockUnit = generation.unitBytes;
    recovery.use = new Recovery(core, runner);
    const { slot, left } = yield* OwnSlot.take(io, generation, blockBytes, options.host, name);
    runner.slot = slot;
    spread(core, slot.number);
    const block = yield* ClusterHost.takeJournal(core, runner, slot);
    for (const number of left) {
      yield* recovery.use.recoverOwn(number, options.host);
    }
    return new ClusterHost(core, new Tree(core, options.resident), runner, block);
  }

  /** @throws InputError where the volume has no free block; the slot is free again then */
  private static *takeJournal(core: Core, runner: Runner, slot: OwnSlot): Steps<Address> {
    const { io } = runner;
    const blocks = core.require(core.resources.blocks);
    try {
      return yield* runner.run(core, () => core.allocator.take(blocks, 0), {
        // The slot names the journal while it is still free: a crash leaves nothing that is lost, and
        // nobody else can take the block before this host's lock on its cluster is broken.
        *before(address) {
          const at = unitOf(address) * core.blockBytes;
          yield* io.write(at, idleLog(), 'journal');
          yield* slot.nameJournal(address);
          runner.journalAt = at;
        },
      });
    } catch (error) {
      if (error instanceof InputError) yield* slot.clear();
      throw error;
    }
  }

  /** Leaves the volume: journal and slot are free again. */
  *unmount(): Steps<void> {
    const { core, runner, journal } = this;
    const { slot } = runner;
    assert(slot !== undefined && this.mounted, 'a host that is not mounted');
    for (const lock of [...runner.held]) yield* this.closeFile(lock);
    yield* runner.run(core, () => giveBlock(core, journal), {
      *after() {
        runner.journalAt = undefined;
        yield* slot.nameJournal(HOLE);
      },
    });
    yield* slot.clear();
    this.mounted = false;
  }

  get counts(): Readonly<HostCounts> {
    return this.runner.counts;
  }

  /** Time (ns of the host's clock) at which the next heartbeat is due. */
  get nextBeatAt(): number {
    return this.runner.io.beatAt + HEARTBEAT_NS;
  }

  /** Sends a heartbeat: at least every 3 s while no other step is taken. */
  *beat(): Steps<void> {
    const { slot } = this.runner;
    if (slot !== undefined) yield* slot.beat();
  }

  *createFile(path: string): Steps<void> {
    yield* this.runner.run(this.core, () => this.changes.createFile(path));
  }

  *makeDirectory(path: string): Steps<void> {
    yield* this.runner.run(this.core, () => this.changes.makeDirectory(path));
  }

  /** @param bytes at most 32 MiB; they stay as they are until the end */
  *write(path: string, offset: number, bytes: Uint8Array): Steps<void> {
    yield* this.runner.run(this.core, () => this.changes.write(path, offset, bytes));
  }

  /** Makes a file longer by a hole, or shorter: in several transactions where it is much. */
  *resize(path: string, length: number): Steps<void> {
    while (!(yield* this.runner.run(this.core, () => this.changes.resize(path, length))));
  }

  /** Allocates the blocks of a file up to a length that are holes. */
  *allocate(path: string, length: number, how: Exclude<Provisioning, 'thin'>): Steps<void> {
    for (let done = 0; done < length; ) {
      const from = done;
      done = yield* this.runner.run(this.core, () => this.changes.provide(path, length, from, how));
    }
  }

  *rename(from: string, to: string, replace = false): Steps<void> {
    if (replace) yield* this.cutDown(to);
    yield* this.runner.run(this.core, () => this.changes.rename(from, to, replace));
  }

  *remove(path: string): Steps<void> {
    yield* this.cutDown(path);
    yield* this.runner.run(this.core, () => this.changes.remove(path));
  }

  /** A file that one transaction cannot give back becomes one that it can. */
  private *cutDown(path: string): Steps<void> {
    const { core, changes, tree } = this;
    const last = yield* this.runner.run(core, () => {
      const { entry } = tree.place(path);
      if (entry === undefined) return undefined;
      const file = core.readDescriptor(entry.address);
      if (file.type !== REGULAR || file.length <= changes.oneCut(path)) return undefined;
      changes.requireRemovable(file, path);
      return changes.oneCut(path);
    });
    if (last !== undefined) yield* this.resize(path, last);
  }

  /** The bytes of a file as they are at one instant. */
  *read(path: string, offset: number, length: number): Steps<Uint8Array> {
    return yield* this.runner.run(this.core, () => {
      const into = new Uint8Array(length);
      this.tree.contents.read(this.tree.regular(path), offset, into);
      return into;
    });
  }

  *lengthOf(path: string): Steps<number> {
    return yield* this.runner.run(this.core, () => this.tree.file(path).length);
  }

  /** Names in a directory, sorted. */
  *names(path: string): Steps<string[]> {
    const { tree } = this;
    const entries = yield* this.runner.run(this.core, () =>
      tree.format.entries(tree.directory(path)),
    );
    return entries
      .map(({ name }) => name)
      .filter((name) => name !== '.' && name !== '..')
      .sort();
  }

  /**
   * Locks a file until it is closed, as a running VM locks its disks: other hosts are told who has it.
   * @returns what `closeFile` wants
   */
  *openFile(path: string): Steps<number> {
    return yield* this.runner.run(this.core, () => this.tree.regular(path).at, {
      keep: (lock) => lock,
    });
  }

  *closeFile(lock: number): Steps<void> {
    const { runner } = this;
    if (!runner.held.delete(lock)) return;
    yield* runner.release([{ at: lock, expected: EMPTY, bytes: runner.view.lockBytes(lock) }]);
  }
}

const EMPTY = new Uint8Array(0);

/** Hosts begin in clusters of their own, so that they seldom want the same locks (reference, section 19). */
function spread(core: Core, slot: number): void {
  for (const resource of core.resources.list) {
    core.allocator.beginAt(resource, Math.floor(((slot * SPREAD) % 1) * resource.clusters));
  }
}

/** Model: the golden section, which keeps any number of slots apart. */
const SPREAD = 0.618034;
