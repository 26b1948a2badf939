import { assert } from '../../core/assert.js';
import { DATA_BLOCKS, type DataArena, NO_DATA } from '../../core/data-arena.js';
import { type Io, NO_IO, READ } from '../../core/io.js';
import type { Requests } from '../../core/requests.js';
import type { Merger } from './merger.js';

/**
 * The data of merged commands, in runs that verify data: the members' own parts of the arena lie
 * apart, as the pages of their guests do, so a merged command has a part of its own. What its members
 * write is gathered there when it is sent, and what it has read is handed out when it returns.
 */
export class MergedData {
  /** Parts of the arena that no command uses, each long enough for the longest. */
  private readonly places: number[] = [];
  private readonly ownData: Int32Array;

  constructor(
    private readonly requests: Requests,
    private readonly arena: DataArena,
    private readonly merger: Merger,
    /** Longest merged command, in 512-byte blocks. */
    private readonly maxBlocks: number,
  ) {
    this.ownData = requests.column('adapter.ownData', Int32Array);
  }

  /** A merged command goes to the driver. Either all of its members carry data or none does. */
  gather(leader: Io): void {
    const { op, data, blocks } = this.requests;
    this.ownData[leader] = data[leader];
    if (data[leader] === NO_DATA) return;
    const place = this.places.pop() ?? this.arena.reserve(Math.ceil(this.maxBlocks / DATA_BLOCKS));
    if (op[leader] === READ) {
      // What no medium fills in must not look like an answer.
      this.arena.stamps.fill(Number.NaN, place, place + blocks[leader] / DATA_BLOCKS);
    } else {
      this.eachPart(leader, place, (own, part, count) => {
        this.arena.stamps.copyWithin(part, own, own + count);
      });
    }
    data[leader] = place;
  }

  /** The command is back, its leader still covers the others. @param good it has read everything */
  scatter(leader: Io, good: boolean): void {
    const { op, data } = this.requests;
    const place = data[leader];
    if (place === NO_DATA) return;
    data[leader] = this.ownData[leader];
    if (good && op[leader] === READ) {
      this.eachPart(leader, place, (own, part, count) => {
        this.arena.stamps.copyWithin(own, part, part + count);
      });
    }
    this.places.push(place);
  }

  /** Calls `visit` with where each member's own data is, its part of the whole, and their length. */
  private eachPart(
    leader: Io,
    place: number,
    visit: (own: number, part: number, count: number) => void,
  ): void {
    const { lba, data, blocks } = this.requests;
    const { rider } = this.merger;
    const start = lba[leader];
    let covered = 0;
    for (let io = leader; io !== NO_IO; io = rider[io]) {
      const at = io === leader ? this.merger.startOf(io) : lba[io];
      const length = io === leader ? this.merger.lengthOf(io) : blocks[io];
      const own = io === leader ? this.ownData[io] : data[io];
      visit(own, place + (at - start) / DATA_BLOCKS, length / DATA_BLOCKS);
      covered += length;
    }
    if (covered !== blocks[leader])
      assert(false, `merged command ${leader} covers ${covered} blocks`);
  }
}
