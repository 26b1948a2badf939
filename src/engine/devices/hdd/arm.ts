import type { Platters } from './platters.js';
import { SeekCurve, type SeekValues } from './seek-curve.js';

export interface ArmValues extends SeekValues {
  readonly headSwitch: number;
}

/**
 * Part of a turn that is no time at all: a block right after the last one starts where that ended, and
 * what rounding makes of "where" must not cost a turn.
 */
const ROUNDING = 1e-6;

/** Where the arm is and when it is free; instants and spans in ns. */
export class Arm {
  /** When it is done with all it was told to do. */
  freeAt = 0;
  /** When it last came to rest over a track. */
  settledAt = 0;
  private cylinder = 0;
  private trackStart = -1;
  private readonly seeks: SeekCurve;

  /** @param phase place of the platters at time 0, in turns */
  constructor(
    private readonly platters: Platters,
    private readonly values: ArmValues,
    private readonly turnNs: number,
    private readonly phase: number,
  ) {
    this.seeks = new SeekCurve(values, platters.cylinders);
  }

  /**
   * Goes to a block.
   * @param settleNs added to the movement, if there is one
   * @returns when the block comes under the head
   */
  reach(lba: number, from: number, settleNs: number): number {
    this.settledAt = Math.max(from, this.freeAt) + this.moveNs(lba, settleNs);
    this.freeAt = this.pass(lba, this.settledAt);
    return this.freeAt;
  }

  /** How long `reach` would take, without going there. */
  reachNs(lba: number, from: number, settleNs: number): number {
    const settledAt = Math.max(from, this.freeAt) + this.moveNs(lba, settleNs);
    return this.pass(lba, settledAt) - from;
  }

  /** Passes over the blocks from where `reach` stopped; returns when it is done. */
  transfer(lba: number, blocks: number): number {
    const { platters } = this;
    this.freeAt += platters.transferNs(lba, blocks);
    platters.locate(lba + blocks - 1);
    this.rest();
    return this.freeAt;
  }

  /** The arm has followed the blocks to this one while it had nothing else to do. */
  follow(lba: number): void {
    this.platters.locate(lba);
    this.rest();
  }

  /** When the block is under the head for the first time from `at` on, without moving. */
  pass(lba: number, at: number): number {
    this.platters.locate(lba);
    const turns = at / this.turnNs + this.phase;
    const ahead = this.platters.turn - (turns - Math.floor(turns));
    if (ahead <= 0 && ahead > -ROUNDING) return at;
    return at + (ahead < 0 ? ahead + 1 : ahead) * this.turnNs;
  }

  private moveNs(lba: number, settleNs: number): number {
    this.platters.locate(lba);
    const { cylinder, trackStart } = this.platters;
    if (trackStart === this.trackStart) return 0;
    const distance = Math.abs(cylinder - this.cylinder);
    return (distance === 0 ? this.values.headSwitch : this.seeks.ns(distance)) + settleNs;
  }

  /** The arm is where `locate` was last asked for. */
  private rest(): void {
    this.cylinder = this.platters.cylinder;
    this.trackStart = this.platters.trackStart;
  }
}
