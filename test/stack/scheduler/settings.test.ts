import { expect, it } from 'vitest';
import {
  SCHEDULER_DEFAULTS,
  schedulerSettingsOf,
} from '../../../src/engine/stack/scheduler/settings.js';
import { Settings } from '../../../src/engine/stack/settings.js';

it("a host's advanced settings reach its schedulers; their defaults are the schedulers' own", () => {
  expect(schedulerSettingsOf(new Settings())).toEqual(SCHEDULER_DEFAULTS);
  const settings = schedulerSettingsOf(
    new Settings({
      'Disk.SchedulerWithReservation': 0,
      isPerFileSchedModelActive: 0,
      'Vmtop.WorldQueueDepth': 33,
      'Disk.SchedCostUnit': 65_536,
      'Disk.IdleCredit': 7,
      'Disk.SchedReservationBurst': 0,
      'Disk.SchedQuantum': 5,
      'Disk.SectorMaxDiff': 100,
      'Disk.SchedQCleanupInterval': 60,
      'Disk.SchedNumReqOutstanding': 48,
      'Disk.SchedQControlVMSwitches': 9,
      'Disk.SchedQControlSeqReqs': 64,
      'Disk.QFullSampleSize': 32,
      'Disk.QFullThreshold': 4,
      'Vmtop.QFullByWindow': 1,
      'Disk.FastPathRestoreInterval': 250,
    }),
  );
  expect(settings).toEqual({
    kind: 'sfq',
    perDisk: false,
    worldDepth: 33,
    costUnitBytes: 65_536,
    idleCredit: 7,
    reservationBurst: false,
    quantum: 5,
    sectorMaxDiff: 100,
    cleanupNs: 60e9,
    competingDepth: 48,
    vmSwitches: 9,
    seqReqs: 64,
    fullSample: 32,
    fullThreshold: 4,
    fullByWindow: true,
    fastPathNs: 250e6,
  });
  expect(schedulerSettingsOf(new Settings({ 'Vmtop.FifoScheduler': 1 })).kind).toBe('fifo');
});
