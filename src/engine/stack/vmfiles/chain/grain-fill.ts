import { ZERO_DATA } from '../../../core/data-arena.js';
import { expand } from '../../../core/expand.js';
import { BLOCK_BYTES, type Io, READ } from '../../../core/io.js';
import { isPayload } from '../../../core/payloads.js';
import type { Sim } from '../../../core/sim.js';
import { OVERWRITTEN } from '../../../devices/media.js';
import { type Link, Lookup } from './link.js';
import type { TableIo } from './table-io.js';

/** A grain that is being put together; blocks of 512 bytes. */
interface Filling {
  readonly bytes: Uint8Array;
  done: number;
}

/**
 * Grains of which a row writes a part, where bytes are kept: what is around that part is read from the
 * links below, and written with it (vmdk-formats reference, 13).
 */
export class GrainFill {
  private readonly grains = new Map<Io, Filling>();
  private readonly found = new Lookup();

  constructor(
    private readonly sim: Sim,
    private readonly tableIo: TableIo,
  ) {}

  begin(io: Io, grainBlocks: number): void {
    this.grains.set(io, { bytes: new Uint8Array(grainBlocks * BLOCK_BYTES), done: 0 });
  }

  /**
   * Sends for the next part of the grain that begins at block `at` of the disk.
   * @returns false when all of it is there
   */
  readOn(io: Io, links: readonly Link[], at: number): boolean {
    const { found } = this;
    const grain = this.grains.get(io) as Filling;
    const size = grain.bytes.length / BLOCK_BYTES;
    while (grain.done < size) {
      found.find(links, at + grain.done, size - grain.done);
      const { index, zeros, block, length } = found;
      const from = grain.done;
      grain.done += length;
      if (index < 0 || zeros) continue;
      const { file } = links[index];
      // The last grain of a disk may be more than is left of the base.
      const there = Math.min(length, file.sizeBlocks - block);
      if (there <= 0) continue;
      const into = grain.bytes.subarray(from * BLOCK_BYTES, (from + there) * BLOCK_BYTES);
      this.tableIo.send(READ, file, block, there, io, into);
      return true;
    }
    return false;
  }

  /** The grain, with what the row writes from block `offset` of it on. */
  whole(io: Io, offset: number): Uint8Array {
    const { data, blocks } = this.sim.requests;
    const { bytes } = this.grains.get(io) as Filling;
    const from = offset * BLOCK_BYTES;
    const end = from + blocks[io] * BLOCK_BYTES;
    if (isPayload(data[io])) bytes.set(this.sim.payloads.bytesOf(data[io], blocks[io]), from);
    else if (data[io] === ZERO_DATA) bytes.fill(0, from, end);
    else bytes.set(expand(OVERWRITTEN).subarray(from, end), from);
    return bytes;
  }

  forget(io: Io): void {
    this.grains.delete(io);
  }
}
