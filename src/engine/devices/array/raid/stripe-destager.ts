import type { Io } from '../../../core/io.js';
import { Destager } from '../destager.js';
import { DESTAGING, DIRTY, TRACK_BLOCKS } from '../track-table.js';

/** How far along those that wait it looks for a track's neighbours (model). */
const LOOK = 64;

/**
 * Destages to a group: tracks of a stripe that follow one another and are dirty from end to end go
 * as one write, so that a stream of small writes becomes whole stripes, which need no reads for
 * their parity.
 */
export class StripeDestager extends Destager {
  /** Tracks a row carries, and the first of them. */
  private readonly tracks = this.sim.requests.column('destage.tracks', Int32Array);
  private readonly firstTrack = this.sim.requests.column('destage.firstTrack', Float64Array);

  constructor(...rest: ConstructorParameters<typeof Destager>) {
    super(...rest);
    // A write with parity is at one disk to read, then at another to write: two keep a disk busy.
    this.limit *= 2;
  }

  protected override dispatch(io: Io, address: number): void {
    const { requests } = this.sim;
    const { table } = this.cache;
    const { group, wholeBlocks } = this.pool;
    if (group === undefined) return;
    const first = table.trackOf(this.slotOf[io]);
    const end = ((Math.floor(address / wholeBlocks) + 1) * wholeBlocks) / TRACK_BLOCKS;
    this.firstTrack[io] = first;
    let next = first + 1;
    if (requests.blocks[io] === TRACK_BLOCKS) {
      while (next < end && this.gather(next)) next++;
      requests.blocks[io] = (next - first) * TRACK_BLOCKS;
    }
    this.tracks[io] = next - first;
    requests.lba[io] = address;
    group.submit(io);
  }

  protected override landed(io: Io): void {
    const { table } = this.cache;
    const first = this.firstTrack[io];
    for (let track = first; track < first + this.tracks[io]; track++) {
      this.settle(table.find(track));
    }
  }

  /** Takes a track along; false when it is not there to be taken. */
  private gather(track: number): boolean {
    const { table } = this.cache;
    const slot = table.find(track);
    if (slot < 0 || table.state[slot] !== DIRTY) return false;
    if (table.dirtyFrom[slot] !== 0 || table.dirtyTo[slot] !== TRACK_BLOCKS - 1) return false;
    const { ring, since } = this;
    const mask = ring.length - 1;
    const last = Math.min(LOOK, this.count);
    for (let index = 0; index < last; index++) {
      if (ring[(this.head + index) & mask] !== slot) continue;
      for (let hole = index; hole > 0; hole--) {
        ring[(this.head + hole) & mask] = ring[(this.head + hole - 1) & mask];
        since[(this.head + hole) & mask] = since[(this.head + hole - 1) & mask];
      }
      this.head = (this.head + 1) & mask;
      this.count--;
      table.state[slot] = DESTAGING;
      return true;
    }
    return false;
  }
}
