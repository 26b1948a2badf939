export interface JobPlan {
  readonly name: string;
  readonly vm: string;
  /** Index of the virtual disk. */
  readonly disk: number;
  readonly rw: 'read' | 'write' | 'randread' | 'randwrite' | 'rw' | 'randrw' | 'unmap';
  /** Percentage of reads in rw and randrw. */
  readonly rwmixread: number;
  /** Percentage of the writes that are UNMAPs instead; 0. */
  readonly trimPercent?: number;
  /** A SYNCHRONIZE CACHE follows so many writes; 0 for none. */
  readonly fsync?: number;
  /** Block sizes in bytes with their weights. */
  readonly bs: readonly { readonly bytes: number; readonly weight: number }[];
  readonly iodepth: number;
  /** Open arrivals per second; 0 is a closed loop of `iodepth`. */
  readonly rateIops: number;
  /** Open arrivals: independent of one another (the default), or all the same time apart. */
  readonly rateProcess?: 'poisson' | 'linear';
  /** Open loop instead of a rate: so many commands at one instant, again and again. */
  readonly burst?: { readonly count: number; readonly everyNs: number };
  readonly thinkNs: number;
  readonly distribution: 'random' | 'zipf';
  readonly zipfTheta: number;
  /** Part of the disk the job touches, bytes from `offset`. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly startNs: number;
  /** 0 is the end of the run. */
  readonly stopNs: number;
  /** Checks every read against what was written; the part of the disk is the job's alone. */
  readonly verify?: boolean;
}

/** A closed loop's commands in flight and pause, or an open one's rate. */
export interface Pace {
  readonly iodepth?: number;
  readonly thinkNs?: number;
  readonly rateIops?: number;
}

export interface ReplayPlan {
  readonly name: string;
  readonly vm: string;
  /** Virtual disks the trace's units are mapped onto, in order. */
  readonly disks: readonly number[];
  readonly timing: ReplayTiming;
  /** Records of the trace, ready to issue. */
  readonly records: TraceTable;
}

/** `scale` 1 is the original timing, 2 twice as fast; `asap` keeps `iodepth` in flight. */
export type ReplayTiming =
  | { readonly kind: 'scaled'; readonly scale: number }
  | { readonly kind: 'asap'; readonly iodepth: number };

/** A whole trace in columns, in time order, times from 0. */
export interface TraceTable {
  readonly count: number;
  /** ns from the first record. */
  readonly at: Float64Array;
  readonly op: Uint8Array;
  /** 512-byte blocks. */
  readonly lba: Float64Array;
  readonly blocks: Int32Array;
  /** Unit (volume, LUN) of the trace, from 0. */
  readonly unit: Int32Array;
  readonly units: number;
  /** Measured service time of each record, ns; only where the trace has them. Replays do not use it. */
  readonly serviceNs?: Float64Array;
}
