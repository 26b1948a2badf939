import { BLOCK_BYTES, READ } from '../core/io.js';
import type { DeviceSite, DiskModel } from './model.js';

/** Settings of a spinning disk; the models of the catalogue are sets of them. */
export interface MechanicsValues {
  readonly rpm: number;
  readonly seekTrack: number;
  readonly seekAverage: number;
  readonly writeSettle: number;
  readonly rateOuter: number;
  readonly rateInner: number;
}

/** A command this far ahead of the head goes on without seeking: `Disk.SectorMaxDiff`, 2,000. */
const NEAR_BLOCKS = 2000;

/**
 * Mean of sqrt(|x - y|) for x, y uniform in [0, 1]: the integral of 2 (1 - d) sqrt(d) over [0, 1].
 * Makes the published average seek time the mean over random accesses.
 */
const MEAN_ROOT_DISTANCE = 8 / 15;

/**
 * One arm over spinning platters (model; stack-lower reference, section 2.2):
 * seek `a + b sqrt(distance)`, rotation uniform in one revolution, transfer at the rate of the zone,
 * which falls linearly from the outer to the inner edge. Random reads of n blocks take on average
 * `seekAverage + 30 s / rpm + n * 512 / rate`, writes `writeSettle` more.
 * Left out: reordering inside the drive, its cache, head switches.
 */
export class Mechanics implements DiskModel {
  readonly channels = 1;
  private readonly turnNs: number;
  private readonly seekSpan: number;
  /** Block under the head once the last command is done. */
  private head = 0;

  constructor(
    private readonly site: DeviceSite,
    private readonly values: MechanicsValues,
  ) {
    this.turnNs = 60e9 / values.rpm;
    this.seekSpan = Math.max(0, values.seekAverage - values.seekTrack) / MEAN_ROOT_DISTANCE;
  }

  serviceNs(op: number, lba: number, blocks: number): number {
    const { capacityBlocks } = this.site;
    const { rateOuter, rateInner } = this.values;
    const zone = Math.min(1, lba / capacityBlocks);
    const blockNs = (BLOCK_BYTES * 1e9) / (rateOuter - (rateOuter - rateInner) * zone);
    const ahead = lba - this.head;
    let ns = blocks * blockNs;
    if (ahead >= 0 && ahead <= NEAR_BLOCKS) {
      ns += ahead * blockNs;
    } else {
      const distance = Math.min(1, Math.abs(ahead) / capacityBlocks);
      ns += this.values.seekTrack + this.seekSpan * Math.sqrt(distance);
      ns += this.site.stream.unit() * this.turnNs;
      if (op !== READ) ns += this.values.writeSettle;
    }
    this.head = lba + blocks;
    return Math.round(ns);
  }
}
