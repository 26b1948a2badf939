/** What a disk of a group is. */
export const WHOLE = 0;
/** Failed or pulled out. */
export const ABSENT = 1;
/** There, with places still to be filled. */
export const REBUILDING = 2;

/** Which disks of a group hold what they should, stripe by stripe. */
export class Members {
  readonly state: Uint8Array;
  /** Disks that are not whole. */
  impaired = 0;
  /** Of disks that are not whole: 1 for each stripe whose unit is missing or out of date. */
  private readonly stale: (Uint8Array | undefined)[];

  constructor(
    count: number,
    private readonly rows: number,
  ) {
    this.state = new Uint8Array(count);
    this.stale = Array.from({ length: count }, () => undefined);
  }

  /** True when the disk's unit of a stripe is there and right. @param place the stripe on the disks */
  holds(disk: number, place: number): boolean {
    if (this.state[disk] === WHOLE) return true;
    return this.state[disk] === REBUILDING && this.stale[disk]?.[place] === 0;
  }

  /** The disk's unit of a stripe was to be written and could not be. */
  missed(disk: number, place: number): void {
    const stale = this.stale[disk];
    if (stale !== undefined) stale[place] = 1;
  }

  /** The disk's unit of a stripe has been rebuilt. */
  filled(disk: number, place: number): void {
    const stale = this.stale[disk];
    if (stale !== undefined) stale[place] = 0;
  }

  /** The disk is gone; what it holds stays right until it misses a write. */
  lose(disk: number): void {
    this.state[disk] = ABSENT;
    this.impaired++;
    this.stale[disk] = new Uint8Array(this.rows);
  }

  /** A disk is there again. @param empty it is another one, which holds nothing */
  regain(disk: number, empty: boolean): void {
    this.state[disk] = REBUILDING;
    if (empty) this.stale[disk]?.fill(1);
  }

  /** The disk is whole. */
  complete(disk: number): void {
    this.state[disk] = WHOLE;
    this.stale[disk] = undefined;
    this.impaired--;
  }

  /** How many stripes from `place` on are to be rebuilt, up to a limit; at least one. */
  staleRun(disk: number, place: number, most: number): number {
    let count = 1;
    while (count < most && this.stale[disk]?.[place + count] === 1) count++;
    return count;
  }

  /** The next stripe from `place` on whose unit is to be rebuilt, or -1. */
  nextStale(disk: number, place: number): number {
    return this.stale[disk]?.indexOf(1, place) ?? -1;
  }
}
