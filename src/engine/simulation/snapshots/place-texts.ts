import type { Sim } from '../../core/sim.js';
import type { FilePart } from '../../operations/file-job.js';
import type { FileHandle } from '../../stack/files.js';
import type { Vm } from '../../stack/vmfiles/vm.js';
import type { MoveFiles } from './new-leaves.js';

/** First and longest pause between two looks whether the files can be written (model). */
const LOOK_NS = 1_000_000;
const LOOK_NS_MAX = 64_000_000;

export interface PlaceTextsParts {
  /** What says where a disk of a machine lies now. */
  readonly partsOf: (vm: string, disk: number) => readonly FilePart[];
  /** An operation on a machine's snapshots is under way. */
  readonly isBusy: (vm: string) => boolean;
  /** The file itself is still on its way to the volume. */
  readonly isChanging: (host: string, file: FileHandle) => boolean;
  readonly write: (host: string, ...move: Parameters<MoveFiles>) => void;
}

interface Task {
  /** Whose place is written as it is then; undefined for what somebody else writes. */
  readonly disk: number | undefined;
  readonly files: () => readonly FilePart[];
  /** What has to be on its volume before these files may name it. */
  readonly after: readonly FileHandle[];
  /** Told when they are written, or that a device has refused one. */
  readonly waiting: ((problem?: string) => void)[];
}

/**
 * Writes the texts of machines whose disks have other names or lie elsewhere: one after the other, each
 * with what is so when it is written; and not while an operation on snapshots writes the same files, for
 * what that one says becomes true only later. A text never names what is not on its volume yet.
 */
export class PlaceTexts {
  /** By machine; the first is being written, or waits until it can be. */
  private readonly queues = new Map<string, Task[]>();
  /** By machine: its first is on its way to the devices. */
  private readonly writing = new Set<string>();
  /** Machines of which nothing is to be written now. */
  private readonly held = new Set<string>();
  /** By machine: disks whose texts a device has refused. They are written when the machine goes on. */
  private readonly refused = new Map<string, Set<number>>();

  constructor(
    private readonly sim: Sim,
    private readonly parts: PlaceTextsParts,
  ) {}

  /** @param then told when it is written, or that a device has refused it */
  placed(vm: Vm, disk: number, then: (problem?: string) => void = () => {}): void {
    const waiting = this.queues.get(vm.name)?.slice(this.writing.has(vm.name) ? 1 : 0) ?? [];
    const same = waiting.find((task) => task.disk === disk);
    if (same !== undefined) {
      same.waiting.push(then);
      return;
    }
    const keep = (problem?: string): void => {
      if (problem !== undefined) this.refusedOf(vm).add(disk);
    };
    const files = () => this.parts.partsOf(vm.name, disk);
    this.add(vm, { disk, files, after: [], waiting: [keep, then] });
  }

  /**
   * Writes files in their turn for somebody who goes on before anything else is written.
   * @param files asked for when it is their turn
   * @param after files that have to be on their volume first
   */
  write(
    vm: Vm,
    files: () => readonly FilePart[],
    after: readonly FileHandle[],
    then: (problem?: string) => void,
  ): void {
    this.add(vm, { disk: undefined, files, after, waiting: [then] });
  }

  /** Writes what an operation on a machine's snapshots has to say: after what is being written here. */
  writeLast(vm: Vm, ...[files, then]: Parameters<MoveFiles>): void {
    if (this.writing.has(vm.name)) {
      this.sim.timers.delay(LOOK_NS, () => this.writeLast(vm, files, then));
    } else this.parts.write(vm.host, files, then);
  }

  /** Nothing else is written of a machine until what is returned is called. */
  hold(vm: Vm): () => void {
    this.held.add(vm.name);
    return () => this.held.delete(vm.name);
  }

  private refusedOf(vm: Vm): Set<number> {
    const known = this.refused.get(vm.name);
    if (known !== undefined) return known;
    const disks = new Set<number>();
    this.refused.set(vm.name, disks);
    vm.onResume(() => {
      const again = [...disks];
      disks.clear();
      for (const disk of again) this.placed(vm, disk);
    });
    return disks;
  }

  private add(vm: Vm, task: Task): void {
    const queue = this.queues.get(vm.name);
    if (queue !== undefined) {
      queue.push(task);
      return;
    }
    this.queues.set(vm.name, [task]);
    // What else comes at this instant may be the same.
    this.sim.timers.delay(0, () => this.next(vm));
  }

  private next(vm: Vm, pauseNs = LOOK_NS): void {
    const { isBusy, isChanging, write } = this.parts;
    const [task] = this.queues.get(vm.name) as Task[];
    const files = task.files();
    const handles = [...task.after, ...files.map(({ handle }) => handle)];
    const mayWrite = !isBusy(vm.name) && !this.held.has(vm.name);
    if (!mayWrite || handles.some((handle) => isChanging(vm.host, handle))) {
      this.sim.timers.delay(pauseNs, () => this.next(vm, Math.min(2 * pauseNs, LOOK_NS_MAX)));
      return;
    }
    this.writing.add(vm.name);
    write(vm.host, files, (problem) => {
      this.writing.delete(vm.name);
      for (const then of task.waiting) then(problem);
      const queue = this.queues.get(vm.name) as Task[];
      queue.shift();
      if (queue.length > 0) this.next(vm);
      else this.queues.delete(vm.name);
    });
  }
}
