import type { Io } from '../../../../core/io.js';
import type { Sim } from '../../../../core/sim.js';
import { FILE_BLOCK } from '../../file.js';
import type { VmfsFile } from '../file.js';
import type { CommitClient } from './commits.js';
import type { RecordedVolume } from './recorded-volume.js';

/** What becomes of an UNMAP when the volume no longer says that the file has its blocks. */
export interface UnmapUser {
  unmapped(piece: Io): void;
}

/**
 * Blocks that guests give back, on volumes whose bytes are kept. The array has zeroed them when the
 * volume takes them from the file, so that either way the guest reads zeros.
 */
export class RecordedUnmaps implements CommitClient {
  /** First file block of the file that an UNMAP names. */
  private readonly slot: Int32Array;

  constructor(
    private readonly sim: Sim,
    private readonly volume: RecordedVolume,
    private readonly host: number,
    private readonly user: UnmapUser,
  ) {
    this.slot = sim.requests.column('vmfs.unmappedSlot', Int32Array);
  }

  /** The UNMAP of whole file blocks from `slot` on goes to the array. */
  begin(piece: Io, slot: number): void {
    this.slot[piece] = slot;
  }

  /** The array has answered. @param block the first of its blocks on the volume */
  record(piece: Io, file: VmfsFile, block: number): void {
    const { volume } = this;
    const { bytes } = volume;
    const address = volume.addressOf(file);
    const slot = this.slot[piece];
    const count = this.sim.requests.blocks[piece] / FILE_BLOCK;
    const change = (): void => bytes.unbind(address, slot, block, count);
    volume.commits.add(this.host, change, this, piece);
  }

  committed(piece: number, status: number, sense: number): void {
    this.sim.requests.status[piece] = status;
    this.sim.requests.sense[piece] = sense;
    this.user.unmapped(piece);
  }
}
