/** What an array keeps twice, or can compute. */
export type RaidLevel = 0 | 1 | 5 | 6 | 10;

export interface RaidPlan {
  readonly level: RaidLevel;
  /** Disks that take over for failed ones, one after the other. */
  readonly spares: number;
  /** A rebuild writes no faster than this. */
  readonly rebuildBytesPerSecond: number;
}

/** The link over which two controllers mirror what is written. */
export interface MirrorPlan {
  /** There and back. */
  readonly latencyNs: number;
  readonly bytesPerSecond: number;
}
