import { NO_DATA } from '../core/data-arena.js';
import { UNMAP } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import { type DataMover, OUTSTANDING } from './data-mover.js';
import { type Ended, Operation } from './operation.js';
import type { MoverStore } from './store.js';

/** File blocks of one pass, as `esxcli storage vmfs unmap` takes them (stack-lower reference, 6.4). */
const PASS = 200;

/**
 * Gives the free space of a VMFS volume back to its arrays: takes it, so that no file is given it
 * meanwhile, some blocks at a time, unmaps it and lets it go.
 */
export class ReclaimJob extends Operation {
  reclaimedBlocks = 0;
  private cursor = 0;
  /** Blocks of the pass under way, in order, and the first that no command has asked for. */
  private pass: number[] = [];
  private next = 0;
  private readonly first = new Int32Array(OUTSTANDING);
  private readonly count = new Int32Array(OUTSTANDING);

  constructor(
    sim: Sim,
    mover: DataMover,
    private readonly store: MoverStore,
    ended: Ended,
  ) {
    super(sim, mover, ended);
    sim.timers.delay(0, () => this.run());
  }

  override moved(slot: number, status: number, sense: number): void {
    const { first, count, store } = this;
    const blocks = count[slot] * FILE_BLOCK;
    // Free in the file system, whether or not the array took notice.
    const why = 'the reclaimer is done with them';
    store.vmfs!.datastore.giveBack(first[slot], count[slot], why, status === 0);
    if (status !== 0) {
      this.letGo();
      this.fail(slot, 'UNMAP', status, sense);
      return;
    }
    this.reclaimedBlocks += blocks;
    this.mover.add('reclaimedBlocks', blocks);
    this.free(slot);
  }

  protected override begin(slot: number): boolean {
    const { datastore, volume } = this.store.vmfs!;
    if (this.next === this.pass.length) {
      // At most half of what is free: a file that grows meanwhile has to find some.
      const most = Math.min(PASS, Math.ceil(datastore.free / 2));
      this.pass = datastore.space.takeFree(this.cursor, most);
      this.next = 0;
      if (this.pass.length === 0) return false;
      this.cursor = (this.pass.at(-1) as number) + 1;
    }
    const { pass } = this;
    const start = this.next++;
    while (this.next < pass.length && pass[this.next] === pass[this.next - 1] + 1) this.next++;
    this.first[slot] = pass[start];
    this.count[slot] = this.next - start;
    this.send(slot, {
      op: UNMAP,
      lower: volume,
      file: -1,
      lba: pass[start] * FILE_BLOCK,
      blocks: this.count[slot] * FILE_BLOCK,
      data: NO_DATA,
    });
    return true;
  }

  /** Blocks that were taken and will not be unmapped. */
  private letGo(): void {
    const { datastore } = this.store.vmfs!;
    for (; this.next < this.pass.length; this.next++) {
      datastore.giveBack(this.pass[this.next], 1, 'the reclaimer has given up');
    }
  }
}
