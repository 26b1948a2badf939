import { assert } from '../../../core/assert.js';
import { ATS, type Io, OP_NAMES, UNMAP, XCOPY, ZERO } from '../../../core/io.js';
import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import { CHECK, SENSE_INVALID_OPCODE } from '../../../core/status.js';
import type { Settings } from '../../settings.js';

export type Primitive = 'ats' | 'clone' | 'zero' | 'delete';

export type VaaiStatus = 'unknown' | 'supported' | 'unsupported';

/** Where a primitive counts its blocks and its time; ATS moves one block. */
const MOVED: Readonly<Partial<Record<Primitive, string>>> = {
  clone: 'cloneReadBlocks',
  zero: 'zeroBlocks',
  delete: 'deleteBlocks',
};
const TIMED: Readonly<Partial<Record<Primitive, string>>> = {
  ats: 'atsNs',
  clone: 'cloneNs',
  zero: 'zeroNs',
};

const OPS: Readonly<Record<Primitive, number>> = {
  ats: ATS,
  clone: XCOPY,
  zero: ZERO,
  delete: UNMAP,
};
const COUNTERS: Readonly<Record<Primitive, readonly [string, string]>> = {
  ats: ['ats', 'atsFailed'],
  clone: ['clones', 'cloneFailed'],
  zero: ['zeros', 'zeroFailed'],
  delete: ['deletes', 'deleteFailed'],
};

/**
 * What a device can do by itself (VAAI): counts each primitive's commands and remembers the answer
 * "invalid operation code", so that the layers above fall back to their own means at once. Any
 * other failure is that one command's (stack-lower reference, section 6.6).
 */
export class Vaai {
  private readonly values: Float64Array;
  /** Per operation: its counter, or -1 when it is no primitive. */
  private readonly slots: Int32Array;
  /** Per operation: where its blocks and its time are summed, or -1. */
  private readonly blockSlots: Int32Array;
  private readonly timeSlots: Int32Array;
  private readonly cloneWrites: number;
  private readonly status = new Map<number, VaaiStatus>();

  constructor(
    private readonly sim: Sim,
    entity: Entity,
    private readonly settings: Settings,
  ) {
    this.values = entity.values;
    this.slots = new Int32Array(OP_NAMES.length).fill(-1);
    this.blockSlots = new Int32Array(OP_NAMES.length).fill(-1);
    this.timeSlots = new Int32Array(OP_NAMES.length).fill(-1);
    this.cloneWrites = entity.slot('cloneWrites');
    for (const primitive of Object.keys(OPS) as Primitive[]) {
      const [tries, failures] = COUNTERS[primitive];
      const slot = entity.slot(tries);
      this.slots[OPS[primitive]] = slot;
      const moved = MOVED[primitive];
      const timed = TIMED[primitive];
      if (moved !== undefined) this.blockSlots[OPS[primitive]] = entity.slot(moved);
      if (timed !== undefined) this.timeSlots[OPS[primitive]] = entity.slot(timed);
      // The failure counter stands right behind, so one slot names both.
      assert(entity.slot(failures) === slot + 1, `${failures} must follow ${tries}`);
    }
  }

  /** False once the device has refused the primitive, or when the host has it switched off. */
  supports(primitive: Primitive): boolean {
    return this.enabled(primitive) && this.statusOf(primitive) !== 'unsupported';
  }

  /** As `esxcli storage core device vaai status get` shows it; unknown until first used. */
  statusOf(primitive: Primitive): VaaiStatus {
    return this.status.get(OPS[primitive]) ?? 'unknown';
  }

  /** A command has its final outcome; anything but a primitive is ignored. */
  finished(io: Io): void {
    const { op, status, sense, blocks, arrivedAt } = this.sim.requests;
    const slot = this.slots[op[io]];
    if (slot < 0) return;
    this.values[slot]++;
    if (status[io] === 0) {
      const moved = this.blockSlots[op[io]];
      const timed = this.timeSlots[op[io]];
      if (moved >= 0) this.values[moved] += blocks[io];
      if (timed >= 0) this.values[timed] += this.sim.now - arrivedAt[io];
      if (!this.status.has(op[io])) this.status.set(op[io], 'supported');
      return;
    }
    this.values[slot + 1]++;
    if (status[io] === CHECK && sense[io] === SENSE_INVALID_OPCODE) {
      this.status.set(op[io], 'unsupported');
    }
  }

  /** The array has copied so much to this device: the other half of a command sent to the source. */
  copiedHere(blocks: number): void {
    this.values[this.cloneWrites]++;
    this.values[this.cloneWrites + 2] += blocks;
  }

  /** What the device refused it may know by now: a rescan asks anew. */
  forget(): void {
    this.status.clear();
  }

  private enabled(primitive: Primitive): boolean {
    const { settings } = this;
    if (primitive === 'ats') return settings.on('VMFS3.HardwareAcceleratedLocking');
    if (primitive === 'clone') return settings.on('DataMover.HardwareAcceleratedMove');
    if (primitive === 'zero') return settings.on('DataMover.HardwareAcceleratedInit');
    return true;
  }
}
