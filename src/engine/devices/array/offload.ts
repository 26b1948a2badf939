import { ATS, BLOCK_BYTES, type Io, UNMAP, XCOPY, ZERO } from '../../core/io.js';
import { isPayload } from '../../core/payloads.js';
import type { Sim } from '../../core/sim.js';
import {
  SENSE_COPY_TARGET_UNREACHABLE,
  SENSE_INVALID_CDB_FIELD,
  SENSE_INVALID_OPCODE,
  SENSE_INVALID_PARAMETER,
  SENSE_LBA_OUT_OF_RANGE,
  SENSE_MISCOMPARE,
  SENSE_SPACE_ALLOCATION_FAILED,
} from '../../core/status.js';
import {
  type BlockLimits,
  encodeBlockLimits,
  encodeProvisioning,
  VPD_BLOCK_LIMITS,
} from '../../formats/scsi-vpd.js';
import type { ArrayPlan } from '../../plan/plan.js';
import type { Media } from '../media.js';
import { PAGE_BLOCKS } from './pool.js';
import type { ThinPages } from './thin-pages.js';

/** Time to release or zero a page (model). */
const PAGE_NS = 2_000;

/** Most blocks of a WRITE SAME or an UNMAP: 32 MiB (model; arrays differ). */
const COMMAND_BLOCKS = 65_536;
/** Most blocks of a segment of EXTENDED COPY: its count has 16 bits (SPC-4, segment type 02h). */
export const SEGMENT_BLOCKS = 65_535;

/** The logical unit behind the commands. */
interface Unit {
  readonly index: number;
  readonly name: string;
  readonly sizeBlocks: number;
  readonly thin: boolean;
  readonly lost: boolean;
  readonly media: Media | undefined;
}

/** What the array does on its own for hosts: the VAAI commands (stack-lower reference, section 6). */
export class Offload {
  /** Time the command carried out last takes beyond the LUN's usual time, ns. */
  extraNs = 0;
  /** Owner tags of lock blocks; a block never locked holds 0. */
  private readonly tags = new Map<number, number>();
  private readonly expect: Float64Array;
  private readonly swap: Float64Array;
  private readonly copyTarget: Float64Array;
  private readonly copyUnit: Int32Array;
  private copyUntil = 0;
  private readonly vaai: ArrayPlan['vaai'];
  private readonly copyBlockNs: number;
  private refusing = false;
  private readonly limits: BlockLimits;
  /** Of the whole array, by layer index of the LUN: where EXTENDED COPY may copy to. */
  private peers: ReadonlyMap<number, Offload> | undefined;

  constructor(
    private readonly sim: Sim,
    { vaai, copyBytesPerSecond }: Pick<ArrayPlan, 'vaai' | 'copyBytesPerSecond'>,
    private readonly unit: Unit,
    private readonly pages: ThinPages | undefined,
  ) {
    this.vaai = vaai;
    this.copyBlockNs = (BLOCK_BYTES * 1e9) / copyBytesPerSecond;
    this.expect = sim.requests.column('ats.expect', Float64Array);
    this.swap = sim.requests.column('ats.swap', Float64Array);
    this.copyTarget = sim.requests.column('xcopy.target', Float64Array);
    this.copyUnit = sim.requests.column('xcopy.unit', Int32Array);
    this.limits = {
      compareAndWriteBlocks: vaai.ats ? 1 : 0,
      unmapBlocks: vaai.unmap ? COMMAND_BLOCKS : 0,
      unmapDescriptors: vaai.unmap ? 1 : 0,
      unmapGranularity: PAGE_BLOCKS,
      unmapAlignment: 0,
      writeSameBlocks: vaai.zero ? COMMAND_BLOCKS : 0,
    };
  }

  /** Makes the array's LUNs known to one another. */
  join(peers: Map<number, Offload>): void {
    peers.set(this.unit.index, this);
    this.peers = peers;
  }

  /** A page of vital product data, as INQUIRY returns it: B0h or B2h. */
  vitalProductData(page: number): Uint8Array {
    if (page === VPD_BLOCK_LIMITS) return encodeBlockLimits(this.limits);
    return encodeProvisioning({
      unmaps: this.vaai.unmap,
      readsZeros: true,
      thin: this.unit.thin,
    });
  }

  /** The array copies and zeroes for hosts. */
  get available(): boolean {
    return !this.refusing && this.vaai.clone && this.vaai.zero;
  }

  /** The array no longer knows any of the commands: 05/20/00. */
  setRefusing(refusing: boolean, why: string): void {
    if (refusing === this.refusing) return;
    this.refusing = refusing;
    const what = refusing ? 'refuses offloaded commands' : 'takes offloaded commands again';
    this.sim.log.note('lun.offload', this.unit.name, what, why);
  }

  /** The LUN an EXTENDED COPY would write to; undefined where it names none of the array. */
  targetOf(io: Io): Unit | undefined {
    const number = this.copyUnit[io];
    return number === 0 ? this.unit : this.peers?.get(number)?.unit;
  }

  /** Carries out a command; returns the sense it is refused with, 0 when it is done. */
  execute(io: Io): number {
    const { op, lba, blocks } = this.sim.requests;
    const code = op[io];
    this.extraNs = 0;
    if (this.refusing || !this.supports(code)) return SENSE_INVALID_OPCODE;
    if (lba[io] + blocks[io] > this.unit.sizeBlocks) return SENSE_LBA_OUT_OF_RANGE;
    if (code === ATS) return this.compareAndWrite(io);
    if (code === XCOPY) return this.copy(io);
    if (blocks[io] > COMMAND_BLOCKS) return SENSE_INVALID_CDB_FIELD;
    if (code === UNMAP) {
      this.extraNs = (this.pages?.free(lba[io], blocks[io]) ?? 0) * PAGE_NS;
    } else {
      if (!this.allocate(lba[io], blocks[io])) return SENSE_SPACE_ALLOCATION_FAILED;
      this.extraNs = Math.ceil(blocks[io] / PAGE_BLOCKS) * PAGE_NS;
    }
    return 0;
  }

  private supports(code: number): boolean {
    if (code === ATS) return this.vaai.ats;
    if (code === XCOPY) return this.vaai.clone;
    if (code === UNMAP) return this.vaai.unmap;
    return code === ZERO && this.vaai.zero;
  }

  private compareAndWrite(io: Io): number {
    const { lba, blocks, data } = this.sim.requests;
    const sameBytes = isPayload(data[io]) ? this.unit.media?.matches(io) : undefined;
    const same = sameBytes ?? (this.tags.get(lba[io]) ?? 0) === this.expect[io];
    if (!same) return SENSE_MISCOMPARE;
    if (!this.allocate(lba[io], blocks[io])) return SENSE_SPACE_ALLOCATION_FAILED;
    this.tags.set(lba[io], this.swap[io]);
    return 0;
  }

  /** One segment, from this LUN to this one or, by the number of its layer, another of the array. */
  private copy(io: Io): number {
    const { lba, blocks } = this.sim.requests;
    const length = blocks[io];
    const target = this.copyTarget[io];
    if (length > SEGMENT_BLOCKS) return SENSE_INVALID_PARAMETER;
    const number = this.copyUnit[io];
    const peer = number === 0 ? this : this.peers?.get(number);
    if (peer === undefined || peer.unit.lost || peer.refusing) return SENSE_COPY_TARGET_UNREACHABLE;
    if (target + length > peer.unit.sizeBlocks) return SENSE_LBA_OUT_OF_RANGE;
    if (!peer.allocate(target, length)) return SENSE_SPACE_ALLOCATION_FAILED;
    const { now } = this.sim;
    this.copyUntil = Math.max(this.copyUntil, now) + Math.round(length * this.copyBlockNs);
    this.extraNs = this.copyUntil - now;
    if (peer.unit.media !== undefined) {
      this.unit.media?.copy(lba[io], target, length, peer.unit.media);
    }
    return 0;
  }

  private allocate(lba: number, blocks: number): boolean {
    return this.pages === undefined || this.pages.allocate(lba, blocks);
  }
}
