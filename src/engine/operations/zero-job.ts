import { ZERO_DATA } from '../core/data-arena.js';
import { WRITE, ZERO } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { SENSE_SPACE_ALLOCATION_FAILED } from '../core/status.js';
import type { FileHandle } from '../stack/files.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import { HOLE, isBusy, toBeZeroed, type VmfsFile } from '../stack/filesystem/vmfs/file.js';
import { type DataMover, OUTSTANDING } from './data-mover.js';
import { type Ended, Operation } from './operation.js';
import { extentOf, type MoverStore } from './store.js';

/**
 * Zeroes every block of a file on VMFS that is still to be zeroed, 1 MiB at a time (from memory,
 * stack-lower reference, section 6.3): by WRITE SAME, or by writes where the array refuses that.
 */
export class ZeroJob extends Operation {
  private cursor = 0;
  private readonly place = new Int32Array(OUTSTANDING);
  private readonly step = new Uint8Array(OUTSTANDING);
  private readonly file: VmfsFile;

  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly store: MoverStore,
    handle: FileHandle,
    ended: Ended,
  ) {
    super(sim, mover, ended);
    this.file = handle as VmfsFile;
    sim.timers.delay(0, () => this.run());
  }

  override moved(slot: number, status: number, sense: number): void {
    const { file, mover } = this;
    const index = this.place[slot];
    if (status === 0) {
      file.map[index] = toBeZeroed(file.map[index]);
      file.unzeroed--;
      mover.add('zeroedBlocks', FILE_BLOCK);
      this.free(slot);
    } else if (this.step[slot] === ZERO && sense !== SENSE_SPACE_ALLOCATION_FAILED) {
      mover.add('fallbacks', 1);
      this.issue(slot, WRITE);
    } else {
      this.fail(slot, 'zeroing', status, sense);
    }
  }

  protected override begin(slot: number): boolean {
    const { map } = this.file;
    while (this.cursor < map.length && !isUnzeroed(map[this.cursor])) this.cursor++;
    if (this.cursor === map.length) return false;
    this.place[slot] = this.cursor++;
    const block = toBeZeroed(map[this.place[slot]]);
    const { vaai } = extentOf(this.store.vmfs!.extents, block).device;
    this.issue(slot, vaai.supports('zero') ? ZERO : WRITE);
    return true;
  }

  private issue(slot: number, op: number): void {
    this.step[slot] = op;
    this.send(slot, {
      op,
      lower: this.store.vmfs!.volume,
      file: -1,
      lba: toBeZeroed(this.file.map[this.place[slot]]) * FILE_BLOCK,
      blocks: FILE_BLOCK,
      data: ZERO_DATA,
    });
  }
}

function isUnzeroed(entry: number): boolean {
  return entry < HOLE && !isBusy(entry);
}
