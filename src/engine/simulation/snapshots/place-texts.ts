import type { Sim } from '../../core/sim.js';
import type { FilePart } from '../../operations/file-job.js';
import type { FileHandle } from '../../stack/files.js';
import type { Vm } from '../../stack/vmfiles/vm.js';
import type { MoveFiles } from './new-leaves.js';

/** Pause between two looks whether the files can be written (model). */
const LOOK_NS = 1_000_000;

export interface PlaceTextsParts {
  /** What says where a disk of a machine lies now; nothing where no bytes are kept. */
  readonly partsOf: (vm: string, disk: number) => readonly FilePart[];
  /** An operation on a machine's snapshots is under way. */
  readonly isBusy: (vm: string) => boolean;
  /** The file itself is still on its way to the volume. */
  readonly isChanging: (host: string, file: FileHandle) => boolean;
  readonly write: (host: string, ...move: Parameters<MoveFiles>) => void;
}

interface Placing {
  readonly disks: Set<number>;
  isWriting: boolean;
}

/**
 * Writes the texts of machines whose disks have other names or lie elsewhere: one disk after the other,
 * each with what is so when it is written; and not while an operation on snapshots writes the same files,
 * for what that one says becomes true only later.
 */
export class PlaceTexts {
  /** By machine. */
  private readonly placing = new Map<string, Placing>();

  constructor(
    private readonly sim: Sim,
    private readonly parts: PlaceTextsParts,
  ) {}

  placed(vm: Vm, disk: number): void {
    const placing = this.placing.get(vm.name);
    if (placing !== undefined) placing.disks.add(disk);
    else if (this.parts.partsOf(vm.name, disk).length > 0) {
      this.placing.set(vm.name, { disks: new Set([disk]), isWriting: false });
      this.next(vm);
    }
  }

  /** Writes what an operation on a machine's snapshots has to say: after what is being written here. */
  writeLast(vm: Vm, ...[files, then]: Parameters<MoveFiles>): void {
    if (this.placing.get(vm.name)?.isWriting) {
      this.sim.timers.delay(LOOK_NS, () => this.writeLast(vm, files, then));
    } else this.parts.write(vm.host, files, then);
  }

  private next(vm: Vm): void {
    const { partsOf, isBusy, isChanging, write } = this.parts;
    const placing = this.placing.get(vm.name) as Placing;
    const [disk] = placing.disks;
    if (disk === undefined) {
      this.placing.delete(vm.name);
      return;
    }
    const files = partsOf(vm.name, disk);
    if (isBusy(vm.name) || files.some(({ handle }) => isChanging(vm.host, handle))) {
      this.sim.timers.delay(LOOK_NS, () => this.next(vm));
      return;
    }
    placing.disks.delete(disk);
    placing.isWriting = true;
    // What a device refuses stays as it was, until an operation on snapshots writes it again.
    write(vm.host, files, () => {
      placing.isWriting = false;
      this.next(vm);
    });
  }
}
