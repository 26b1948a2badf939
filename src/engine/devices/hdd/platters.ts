import { BLOCK_BYTES } from '../../core/io.js';

/** Where the blocks lie; times in ns, rates in bytes per second. */
export interface PlatterValues {
  readonly capacityBlocks: number;
  readonly turnNs: number;
  /** Recording surfaces, and so tracks of a cylinder. */
  readonly heads: number;
  readonly zones: number;
  /** Sustained rates of the outermost and the innermost zone, head switches included. */
  readonly rateOuter: number;
  readonly rateInner: number;
  readonly headSwitch: number;
  readonly seekTrack: number;
}

/**
 * The layout of a spinning disk: zones of equally many cylinders, outermost first, with fewer blocks
 * per track towards the inside; blocks run along a track, then down the heads, then inward. Each
 * track starts later on the turn than the one before it by the time it takes to get there (skew), so
 * that a transfer across tracks loses that time and no more.
 * Blocks past the stated capacity lie in a last zone that goes on.
 * Left out: spare sectors and defects, zones of unequal width.
 */
export class Platters {
  readonly cylinders: number;
  /** What `locate` found: cylinder from 0 (outermost), place on the turn (0 to 1). */
  cylinder = 0;
  turn = 0;
  /** Blocks per track there, and the first block of the track. */
  trackBlocks = 1;
  trackStart = 0;

  private readonly zoneStart: Float64Array;
  private readonly zoneTrackBlocks: Float64Array;
  private readonly zoneCylinders: number;
  private readonly headSkew: number;
  private readonly cylinderSkew: number;
  private zone = 0;

  constructor(private readonly values: PlatterValues) {
    const { capacityBlocks, turnNs, heads, zones, rateOuter, rateInner } = values;
    this.headSkew = values.headSwitch / turnNs;
    this.cylinderSkew = values.seekTrack / turnNs;
    // A track takes a turn and, on average, this part of one to get to the next.
    const step = ((heads - 1) * this.headSkew + this.cylinderSkew) / heads;
    this.zoneTrackBlocks = new Float64Array(zones);
    let blocks = 0;
    for (let zone = 0; zone < zones; zone++) {
      const inward = zones === 1 ? 0.5 : zone / (zones - 1);
      const rate = rateOuter - (rateOuter - rateInner) * inward;
      const perTrack = (rate * turnNs * (1 + step)) / (BLOCK_BYTES * 1e9);
      this.zoneTrackBlocks[zone] = Math.max(1, Math.round(perTrack));
      blocks += this.zoneTrackBlocks[zone];
    }
    this.zoneCylinders = Math.max(1, Math.ceil(capacityBlocks / (heads * blocks)));
    this.cylinders = this.zoneCylinders * zones;
    this.zoneStart = new Float64Array(zones);
    for (let zone = 1; zone < zones; zone++) {
      const size = this.zoneCylinders * heads * this.zoneTrackBlocks[zone - 1];
      this.zoneStart[zone] = this.zoneStart[zone - 1] + size;
    }
  }

  /** Finds a block; the answer stands in the fields. */
  locate(lba: number): void {
    const { zoneStart, zoneTrackBlocks } = this;
    let { zone } = this;
    while (zone > 0 && lba < zoneStart[zone]) zone--;
    while (zone + 1 < zoneStart.length && lba >= zoneStart[zone + 1]) zone++;
    this.zone = zone;
    const perTrack = zoneTrackBlocks[zone];
    const inside = lba - zoneStart[zone];
    const track = Math.floor(inside / perTrack);
    const cylinder = Math.floor(track / this.values.heads);
    const skew = (track - cylinder) * this.headSkew + cylinder * this.cylinderSkew;
    const turns = (inside - track * perTrack) / perTrack + skew;
    this.trackBlocks = perTrack;
    this.trackStart = zoneStart[zone] + track * perTrack;
    this.cylinder = Math.min(zone * this.zoneCylinders + cylinder, this.cylinders - 1);
    this.turn = turns - Math.floor(turns);
  }

  /** Time to pass over the blocks once the first is under the head, switches of tracks included. */
  transferNs(lba: number, blocks: number): number {
    const { turnNs, heads, headSwitch, seekTrack } = this.values;
    let ns = 0;
    let at = lba;
    let left = blocks;
    while (left > 0) {
      this.locate(at);
      const { zone, trackBlocks } = this;
      const next = zone + 1 < this.zoneStart.length ? this.zoneStart[zone + 1] : Infinity;
      const part = Math.min(left, next - at);
      const first = Math.floor((at - this.zoneStart[zone]) / trackBlocks);
      const last = Math.floor((at + part - 1 - this.zoneStart[zone]) / trackBlocks);
      const cylinders = Math.floor(last / heads) - Math.floor(first / heads);
      ns += (part / trackBlocks) * turnNs;
      ns += (last - first - cylinders) * headSwitch + cylinders * seekTrack;
      at += part;
      left -= part;
      if (left > 0) ns += seekTrack;
    }
    return ns;
  }

  /** Mean time per block of a long transfer from here, ns. */
  blockNs(lba: number): number {
    this.locate(lba);
    const { turnNs, heads } = this.values;
    const step = ((heads - 1) * this.headSkew + this.cylinderSkew) / heads;
    return (turnNs * (1 + step)) / this.trackBlocks;
  }
}
