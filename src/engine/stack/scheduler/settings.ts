import { QOS_DEFAULTS, type QosSettings } from '../../qos/discipline.js';
import type { SchedulerKind } from '../../qos/index.js';
import type { Settings } from '../settings.js';

/** Settings of a device queue; in the comments their names among the ESXi advanced settings. */
export interface SchedulerSettings extends QosSettings {
  /** Disk.SchedulerWithReservation; plain FIFO is an addition of vmtop. */
  readonly kind: SchedulerKind;
  /** isPerFileSchedModelActive: each virtual disk is a client of its own, not each VM. */
  readonly perDisk: boolean;
  /** WQLEN: commands of one world the device may have. */
  readonly worldDepth: number;
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
}

/** Defaults of ESXi (stack-lower 5.2, 5.3, 9.1); WQLEN is from memory. */
export const SCHEDULER_DEFAULTS: SchedulerSettings = {
  ...QOS_DEFAULTS,
  kind: 'mclock',
  perDisk: true,
  worldDepth: 256,
  competingDepth: 32,
  vmSwitches: 6,
  seqReqs: 128,
  fullSample: 0,
  fullThreshold: 8,
  fullByWindow: false,
};

/** What a host's advanced settings say about its schedulers. */
export function schedulerSettingsOf(settings: Settings): SchedulerSettings {
  const withReservation = settings.on('Disk.SchedulerWithReservation') ? 'mclock' : 'sfq';
  return {
    kind: settings.on('Vmtop.FifoScheduler') ? 'fifo' : withReservation,
    perDisk: settings.on('isPerFileSchedModelActive'),
    worldDepth: settings.get('Vmtop.WorldQueueDepth'),
    costUnitBytes: settings.bytes('Disk.SchedCostUnit'),
    idleCredit: settings.get('Disk.IdleCredit'),
    reservationBurst: settings.on('Disk.SchedReservationBurst'),
    quantum: settings.get('Disk.SchedQuantum'),
    sectorMaxDiff: settings.get('Disk.SectorMaxDiff'),
    cleanupNs: settings.ns('Disk.SchedQCleanupInterval'),
    competingDepth: settings.get('Disk.SchedNumReqOutstanding'),
    vmSwitches: settings.get('Disk.SchedQControlVMSwitches'),
    seqReqs: settings.get('Disk.SchedQControlSeqReqs'),
    fullSample: settings.get('Disk.QFullSampleSize'),
    fullThreshold: settings.get('Disk.QFullThreshold'),
    fullByWindow: settings.on('Vmtop.QFullByWindow'),
  };
}
