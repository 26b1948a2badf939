import { InputError, type Problem } from '../core/errors.js';

/** Unit of a setting's number, as the host prints it; `flag` is 0 or 1. */
export type SettingUnit =
  | 'flag'
  | 'count'
  | 'percent'
  | 'us'
  | 'ms'
  | 's'
  | 'KB'
  | 'sectors'
  | 'bytes';

export interface SettingInfo {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit: SettingUnit;
  readonly help: string;
}

function setting(
  initial: number,
  min: number,
  max: number,
  unit: SettingUnit,
  help: string,
): SettingInfo {
  return { default: initial, min, max, unit, help };
}

function flag(initial: 0 | 1, help: string): SettingInfo {
  return setting(initial, 0, 1, 'flag', help);
}

/**
 * ESXi advanced settings under their own names. Defaults are those of ESXi 6.7 to 8 (stack-lower
 * reference, section 12); a range the reference does not give is from memory.
 */
export const SETTINGS = {
  'Disk.AutoremoveOnPDL': flag(1, 'devices lost for good go once nobody uses them'),
  'Disk.DiskDelayPDLHelper': setting(10, 0, 300, 's', 'time without use before they go'),
  'Disk.DelayOnBusy': setting(
    400,
    0,
    5000,
    'ms',
    'pause before a command answered BUSY is retried',
  ),
  'Disk.DiskMaxIOSize': setting(32767, 32, 32767, 'KB', 'largest command; longer ones are split'),
  'Disk.DiskRetryPeriod': setting(2000, 500, 50000, 'ms', 'pause before a command is retried'),
  'Disk.FastPathRestoreInterval': setting(
    100,
    10,
    10_000,
    'ms',
    'how often a device with a latency-sensitive threshold is judged',
  ),
  'Disk.PathEvalTime': setting(300, 30, 1500, 's', 'every path gets a TEST UNIT READY this often'),
  'Disk.QFullSampleSize': setting(0, 0, 64, 'count', 'full answers that halve the depth; 0 is off'),
  'Disk.QFullThreshold': setting(8, 1, 16, 'count', 'good answers that raise the depth by one'),
  'Disk.RetryUnitAttention': flag(1, 'retry commands answered with a unit attention'),
  'Disk.MaxResetLatency': setting(2000, 500, 600000, 'ms', 'a reset without an answer is overdue'),
  'Disk.ResetPeriod': setting(30, 1, 3600, 's', 'pause before a reset is tried again'),
  'Disk.UseDeviceReset': flag(1, 'reset the target when resetting the LUN does not help'),
  'Disk.UseLunReset': flag(1, 'reset the LUN when an abort is not answered'),
  'Disk.ReturnCCForNoSpace': flag(0, 'give "no space" to the guest instead of stunning the VM'),
  'Disk.SchedCostUnit': setting(32768, 4096, 262144, 'bytes', 'bytes that cost one I/O of a limit'),
  'Disk.IdleCredit': setting(32, 1, 512, 'count', 'commands a client that was idle may be ahead'),
  'Disk.SchedNumReqOutstanding': setting(
    32,
    1,
    256,
    'count',
    'depth with competing worlds (DSNRO)',
  ),
  'Disk.SchedQControlSeqReqs': setting(
    128,
    0,
    2048,
    'count',
    'commands of one world that end DSNRO',
  ),
  'Disk.SchedQControlVMSwitches': setting(
    6,
    0,
    2048,
    'count',
    'switches of world that start DSNRO',
  ),
  'Disk.SchedQPriorityPercentage': setting(
    80,
    10,
    100,
    'percent',
    'dispatches from the priority queue',
  ),
  'Disk.SchedQuantum': setting(8, 1, 64, 'count', 'sequential commands of a world in a row'),
  'Disk.SchedQCleanupInterval': setting(300, 1, 86400, 's', 'unused queues of disks are freed'),
  'Disk.SchedReservationBurst': flag(1, 'what shares give is not charged to the reservation'),
  'Disk.SchedulerWithReservation': flag(1, 'mClock; 0 is SFQ, which has no reservations'),
  'Disk.SectorMaxDiff': setting(2000, 0, 2000000, 'sectors', 'distance that still is sequential'),
  'Disk.SharesHigh': setting(2000, 100, 10000, 'count', 'shares of level high'),
  'Disk.SharesLow': setting(500, 100, 10000, 'count', 'shares of level low'),
  'Disk.SharesNormal': setting(1000, 100, 10000, 'count', 'shares of level normal'),
  'Disk.DiskReservationThreshold': setting(
    45,
    0,
    3000,
    'ms',
    'a reservation this old is shared no more',
  ),
  'Scsi.ConflictRetries': setting(80, 0, 254, 'count', 'retries after a reservation conflict'),
  'Scsi.SCSITimeout_ReabortTime': setting(5000, 100, 600000, 'ms', 'a command is aborted again'),
  'Scsi.SCSITimeout_ScanTime': setting(1000, 10, 60000, 'ms', 'period of the time-out scanner'),
  'Scsi.ScsiTMHardTimeout': setting(
    120000,
    1000,
    3600000,
    'ms',
    'an abort this old: the command is wedged',
  ),
  'Scsi.TimeoutTMThreadRetry': setting(2000, 100, 60000, 'ms', 'an abort that could not be sent'),
  'Scsi.ScsiAllowDeviceSpinup': flag(1, 'START UNIT for devices that answer 02/04/02'),
  'Scsi.ScsiRestartStalledQueueLatency': setting(
    500,
    10,
    60000,
    'ms',
    'a queue the driver blocked is tried again',
  ),
  'Scsi.ExtendAPDCondition': flag(0, 'paths in state unavailable count as down'),
  'Scsi.FailVMIOonAPD': flag(0, 'after the APD time-out VM I/O fails too'),
  'Misc.DegradedPathEvalTime': setting(5, 1, 60, 's', 'errors of a path are counted this long'),
  'Misc.DegradedPathReEvalInterval': setting(60, 1, 3600, 's', 'degraded paths are tried again'),
  'Misc.EnablePSPLatencyPolicy': flag(1, 'round robin may choose by latency'),
  'Misc.HppDegradedPathThresholdPer': setting(20, 1, 100, 'percent', 'errors that degrade a path'),
  'Misc.HppManageDegradedPaths': flag(1, 'HPP avoids paths with many errors'),
  'Misc.NmpDegradedPathThresholdPer': setting(20, 1, 100, 'percent', 'errors that degrade a path'),
  'Misc.NmpManageDegradedPaths': flag(1, 'NMP avoids paths with many errors'),
  'Misc.APDHandlingEnable': flag(1, 'devices without paths enter all-paths-down handling'),
  'Misc.APDTimeout': setting(
    140,
    20,
    99999,
    's',
    'all paths down this long: system I/O fails fast',
  ),
  'DataMover.HardwareAcceleratedInit': flag(1, 'zero blocks with WRITE SAME'),
  'DataMover.HardwareAcceleratedMove': flag(1, 'clone with EXTENDED COPY'),
  'DataMover.MaxHWTransferSize': setting(4096, 1024, 32768, 'KB', 'most one EXTENDED COPY copies'),
  'Vmtop.SIOControl': flag(1, 'take part in Storage I/O Control (vmtop only)'),
  'Vmtop.SIOControlExternal': flag(1, 'suspend it for loads from outside (vmtop only)'),
  'Vmtop.SIOControlPeriod': setting(4000, 500, 60000, 'ms', 'time between its steps (vmtop only)'),
  'Vmtop.QFullByWindow': flag(0, 'full answers count within windows (vmtop only, not of ESXi)'),
  'Vmtop.FifoScheduler': flag(0, 'no scheduler: first come, first served (not of ESXi)'),
  'Vmtop.WorldQueueDepth': setting(
    256,
    1,
    4096,
    'count',
    'commands of a VM on a device (WQLEN; the number is from memory)',
  ),
  isPerFileSchedModelActive: flag(1, 'each virtual disk has a queue; 0: one per VM and device'),
  'VMFS3.HardwareAcceleratedLocking': flag(1, 'lock with COMPARE AND WRITE'),
  'VMFS3.EnableBlockDelete': flag(0, 'pass UNMAP of guests to the device on VMFS5'),
  'VMFS3.UseATSForHBOnVMFS5': flag(1, 'heartbeat with COMPARE AND WRITE'),
  'ISCSI.MaxIoSizeKB': setting(128, 128, 512, 'KB', 'largest iSCSI command'),
  'NFS.ApdStartCount': setting(3, 1, 10, 'count', 'failed heartbeats that start APD'),
  'NFS.DiskFileLockUpdateFreq': setting(10, 8, 3600, 's', 'lock files are written this often'),
  'NFS.LockRenewMaxFailureNumber': setting(3, 1, 100, 'count', 'missed writes: a lock is stale'),
  'NFS.LockUpdateTimeout': setting(5, 1, 3600, 's', 'time the write of a lock file may take'),
  'NFS.HeartbeatDelta': setting(5, 0, 3600, 's', 'a volume this long without answers is idle'),
  'NFS.HeartbeatFrequency': setting(12, 1, 3600, 's', 'heartbeat period of an idle volume'),
  'NFS.HeartbeatMaxFailures': setting(10, 1, 3600, 'count', 'failed heartbeats that take it down'),
  'NFS.HeartbeatTimeout': setting(5, 1, 3600, 's', 'time a heartbeat may take'),
  'NFS.MaxVolumes': setting(32, 8, 256, 'count', 'NFS 3 datastores of a host'),
  'NFS41.MaxVolumes': setting(32, 8, 256, 'count', 'NFS 4.1 datastores of a host'),
  'NFS41.MaxRead': setting(4294967295, 4096, 4294967295, 'bytes', 'largest NFS 4.1 READ'),
  'NFS41.MaxWrite': setting(4294967295, 4096, 4294967295, 'bytes', 'largest NFS 4.1 WRITE'),
  'NFS.MaxQueueDepth': setting(4294967295, 1, 4294967295, 'count', 'outstanding I/Os of a volume'),
} as const satisfies Readonly<Record<string, SettingInfo>>;

export type SettingName = keyof typeof SETTINGS;

const NS: Readonly<Partial<Record<SettingUnit, number>>> = { us: 1e3, ms: 1e6, s: 1e9 };
const BYTES: Readonly<Partial<Record<SettingUnit, number>>> = { KB: 1024, bytes: 1, sectors: 512 };

/** The advanced settings of one host: the defaults and what the host overrides. */
export class Settings {
  private readonly values = new Map<string, number>();

  /**
   * @param overrides by name, in the setting's own unit
   * @throws InputError listing every unknown name and every value out of range
   */
  constructor(overrides: Readonly<Record<string, number>> = {}, place = 'settings') {
    const problems: Problem[] = [];
    for (const [name, info] of Object.entries(SETTINGS)) this.values.set(name, info.default);
    for (const [name, value] of Object.entries(overrides)) {
      const problem = check(name, value, place);
      if (problem !== undefined) problems.push(problem);
      this.values.set(name, value);
    }
    if (problems.length > 0) throw new InputError(problems);
  }

  /** In the setting's own unit. */
  get(name: SettingName): number {
    return this.values.get(name)!;
  }

  /** True for a flag that is on. */
  on(name: SettingName): boolean {
    return this.get(name) !== 0;
  }

  /** A time, in nanoseconds. */
  ns(name: SettingName): number {
    return this.get(name) * (NS[SETTINGS[name].unit] ?? Number.NaN);
  }

  /** A size, in bytes. */
  bytes(name: SettingName): number {
    return this.get(name) * (BYTES[SETTINGS[name].unit] ?? Number.NaN);
  }
}

function check(name: string, value: number, place: string): Problem | undefined {
  const known: Readonly<Record<string, SettingInfo>> = SETTINGS;
  const info = known[name];
  if (info === undefined) {
    const group = name.slice(0, name.indexOf('.') + 1);
    const names = Object.keys(SETTINGS).filter((other) => other.startsWith(group));
    const hint = `known here: ${names.join(', ') || 'none'}`;
    return { place: `${place}.${name}`, message: 'unknown advanced setting', hint };
  }
  if (Number.isInteger(value) && value >= info.min && value <= info.max) return undefined;
  return {
    place: `${place}.${name}`,
    message: `${value} is not a whole number from ${info.min} to ${info.max} (${info.unit})`,
    hint: `${info.help}; default ${info.default}`,
  };
}
