import { NO_DATA } from '../core/data-arena.js';
import { UNMAP } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { SENSE_INVALID_OPCODE } from '../core/status.js';
import { formatSize } from '../core/units.js';
import type { ReclaimPlan } from '../plan/plan.js';
import { FILE_BLOCK, FILE_BLOCK_BYTES } from '../stack/filesystem/file.js';
import { FreedSpace } from '../stack/filesystem/vmfs/freed-space.js';
import { type DataMover, type MoverClient, OUTSTANDING } from './data-mover.js';
import type { MoverStore } from './store.js';

/** Every so often the reclaimer may send what its rate allows for that time (model). */
const TICK_NS = 1_000_000_000;
/** Shortest step in which blocks get old: those that are due at once wait for the next tick (model). */
const STEP_NS_MIN = TICK_NS / 4;

/** A host that mounts the datastore. */
export interface Reclaimer {
  readonly mover: DataMover;
  readonly store: MoverStore;
}

/**
 * Automatic UNMAP of a VMFS 6 datastore (stack-upper reference, 8.1): blocks that have been free for a
 * while are given back to the array, slower while guests work on the datastore, and only by a host
 * that has a file open there.
 */
export class AutoReclaim implements MoverClient {
  private readonly first = new Int32Array(OUTSTANDING);
  private readonly count = new Int32Array(OUTSTANDING);
  private readonly free: number[] = Array.from({ length: OUTSTANDING }, (_, slot) => slot);
  private commands = 0;
  private reclaimed = 0;
  private running = false;
  /** Of file blocks, that may be sent yet. */
  private budget = 0;
  private by: Reclaimer;

  constructor(
    private readonly sim: Sim,
    private readonly hosts: readonly Reclaimer[],
    private readonly plan: ReclaimPlan,
  ) {
    this.by = hosts[0] as Reclaimer;
    this.volume.trackFreed();
    const stepNs = Math.max(STEP_NS_MIN, FreedSpace.stepNs(plan.afterNs));
    sim.timers.every(stepNs, () => this.volume.space.freed?.age());
    sim.timers.every(TICK_NS, () => this.tick());
  }

  moved(slot: number, status: number, sense: number): void {
    const isDone = status === 0;
    const count = this.count[slot] as number;
    this.volume.giveBack(this.first[slot] as number, count, 'unmapped', isDone);
    this.free.push(slot);
    if (isDone) {
      this.reclaimed += count;
      this.by.mover.add('reclaimedBlocks', count * FILE_BLOCK);
      this.send();
    } else if (sense === SENSE_INVALID_OPCODE) {
      this.budget = 0;
      this.end('the array does not know UNMAP');
    }
  }

  private get volume() {
    return this.by.store.vmfs!.datastore;
  }

  private tick(): void {
    const { datastore } = this.by.store;
    const commands = datastore.finishedCommands();
    const { busyBytesPerSecond, idleBytesPerSecond } = this.plan;
    const rate = commands > this.commands ? busyBytesPerSecond : idleBytesPerSecond;
    this.commands = commands;
    this.budget = Math.floor((rate * TICK_NS) / 1e9 / FILE_BLOCK_BYTES);
    const able = this.hosts.find(({ store: { mount } }) => mount.mounted && mount.openFiles > 0);
    if (able === undefined) return;
    if (this.free.length === OUTSTANDING) this.by = able;
    // What a host has been refused it tries again after a rescan.
    const { extents } = this.by.store.vmfs!;
    if (extents.some(({ device }) => device.vaai.supports('delete'))) this.send();
  }

  private send(): void {
    while (this.budget > 0 && this.free.length > 0) {
      const run = this.volume.space.takeFreed(this.budget);
      if (run === undefined) {
        if (this.free.length === OUTSTANDING) this.end('nothing is due');
        return;
      }
      const slot = this.free.pop() as number;
      this.first[slot] = run.first;
      this.count[slot] = run.count;
      this.budget -= run.count;
      this.begin();
      this.by.mover.send(
        {
          op: UNMAP,
          lower: this.by.store.vmfs!.volume,
          file: -1,
          lba: run.first * FILE_BLOCK,
          blocks: run.count * FILE_BLOCK,
          data: NO_DATA,
        },
        this,
        slot,
      );
    }
  }

  private begin(): void {
    if (this.running) return;
    this.running = true;
    this.reclaimed = 0;
    const { name } = this.volume;
    const what = `by ${this.by.mover.host}, priority ${this.plan.priority}`;
    this.sim.log.note('reclaim.begin', name, what, 'blocks that were freed are due');
  }

  private end(why: string): void {
    if (!this.running) return;
    this.running = false;
    const what = `${formatSize(this.reclaimed * FILE_BLOCK_BYTES)} unmapped`;
    this.sim.log.note('reclaim.end', this.volume.name, what, why);
  }
}
