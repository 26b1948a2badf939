import { ATS, type Io, UNMAP, XCOPY, ZERO } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import {
  SENSE_INVALID_OPCODE,
  SENSE_LBA_OUT_OF_RANGE,
  SENSE_MISCOMPARE,
  SENSE_SPACE_ALLOCATION_FAILED,
} from '../../core/status.js';
import type { ArrayPlan } from '../../simulation/plan.js';
import { PAGE_BLOCKS } from './pool.js';
import type { ThinPages } from './thin-pages.js';

/** Time to release or zero a page, and to copy a block inside the array, one at a time (model). */
const PAGE_NS = 2_000;
const COPY_BLOCK_NS = 512;

/** What the array does on its own for hosts: the VAAI commands (stack-lower reference, section 6). */
export class Offload {
  /** Time the command carried out last takes beyond the LUN's usual time, ns. */
  extraNs = 0;
  /** Owner tags of lock blocks; a block never locked holds 0. */
  private readonly tags = new Map<number, number>();
  private readonly expect: Float64Array;
  private readonly swap: Float64Array;
  private readonly copyTarget: Float64Array;
  private copyUntil = 0;

  constructor(
    private readonly sim: Sim,
    private readonly vaai: ArrayPlan['vaai'],
    private readonly sizeBlocks: number,
    private readonly pages: ThinPages | undefined,
  ) {
    this.expect = sim.requests.column('ats.expect', Float64Array);
    this.swap = sim.requests.column('ats.swap', Float64Array);
    this.copyTarget = sim.requests.column('xcopy.target', Float64Array);
  }

  /** Carries out a command; returns the sense it is refused with, 0 when it is done. */
  execute(io: Io): number {
    const { op, lba, blocks } = this.sim.requests;
    const code = op[io];
    this.extraNs = 0;
    if (!this.supports(code)) return SENSE_INVALID_OPCODE;
    if (lba[io] + blocks[io] > this.sizeBlocks) return SENSE_LBA_OUT_OF_RANGE;
    if (code === ATS) return this.compareAndWrite(io);
    if (code === XCOPY) return this.copy(io);
    if (code === UNMAP) {
      this.extraNs = (this.pages?.free(lba[io], blocks[io]) ?? 0) * PAGE_NS;
      return 0;
    }
    if (!this.allocate(lba[io], blocks[io])) return SENSE_SPACE_ALLOCATION_FAILED;
    this.extraNs = Math.ceil(blocks[io] / PAGE_BLOCKS) * PAGE_NS;
    return 0;
  }

  private supports(code: number): boolean {
    if (code === ATS) return this.vaai.ats;
    if (code === XCOPY) return this.vaai.clone;
    if (code === UNMAP) return this.vaai.unmap;
    return code === ZERO && this.vaai.zero;
  }

  private compareAndWrite(io: Io): number {
    const { lba, blocks } = this.sim.requests;
    if ((this.tags.get(lba[io]) ?? 0) !== this.expect[io]) return SENSE_MISCOMPARE;
    if (!this.allocate(lba[io], blocks[io])) return SENSE_SPACE_ALLOCATION_FAILED;
    this.tags.set(lba[io], this.swap[io]);
    return 0;
  }

  private copy(io: Io): number {
    const blocks = this.sim.requests.blocks[io];
    const target = this.copyTarget[io];
    if (target + blocks > this.sizeBlocks) return SENSE_LBA_OUT_OF_RANGE;
    if (!this.allocate(target, blocks)) return SENSE_SPACE_ALLOCATION_FAILED;
    const { now } = this.sim;
    this.copyUntil = Math.max(this.copyUntil, now) + blocks * COPY_BLOCK_NS;
    this.extraNs = this.copyUntil - now;
    return 0;
  }

  private allocate(lba: number, blocks: number): boolean {
    return this.pages === undefined || this.pages.allocate(lba, blocks);
  }
}
