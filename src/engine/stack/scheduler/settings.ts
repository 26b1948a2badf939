/** Settings of a device queue; in the comments their names among the ESXi advanced settings. */
export interface SchedulerSettings {
  /** Disk.SchedCostUnit: bytes one unit of cost moves. */
  readonly costUnitBytes: number;
  /** Disk.IdleCredit: units of cost a client that wakes up may lag behind the others. */
  readonly idleCredit: number;
  /** Disk.SchedNumReqOutstanding: depth while several worlds compete; 0 leaves the depth alone. */
  readonly competingDepth: number;
  /** Disk.SchedQControlVMSwitches: changes of world after which the depth falls. */
  readonly vmSwitches: number;
  /** Disk.SchedQControlSeqReqs: commands of one world in a row after which it rises again. */
  readonly seqReqs: number;
  /** Disk.QFullSampleSize: refusals (or answers, by window) that count together; 0 is off. */
  readonly fullSample: number;
  /** Disk.QFullThreshold. */
  readonly fullThreshold: number;
  /** Refusals are counted within windows of answers: the other published description. */
  readonly fullByWindow: boolean;
  /** Disk.FastPathRestoreInterval, ns: how often a device with a threshold is judged. */
  readonly fastPathNs: number;
}

/** Defaults of ESXi (stack-lower 5.2, 5.3, 9.1). */
export const SCHEDULER_DEFAULTS: SchedulerSettings = {
  costUnitBytes: 32_768,
  idleCredit: 32,
  competingDepth: 32,
  vmSwitches: 6,
  seqReqs: 128,
  fullSample: 0,
  fullThreshold: 8,
  fullByWindow: false,
  fastPathNs: 100e6,
};
