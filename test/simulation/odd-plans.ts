import { Stream } from '../../src/engine/core/random.js';
import type { AdapterPlan, JobPlan, Plan } from '../../src/engine/plan/plan.js';
import { lightPlan, MS } from './support.js';

const RWS = ['read', 'write', 'randread', 'randwrite', 'rw', 'randrw', 'unmap'] as const;
const PSPS = ['VMW_PSP_FIXED', 'VMW_PSP_MRU', 'VMW_PSP_RR'] as const;

/** The default scenario with everything that has a limit turned to odd, mostly small, values. */
export function oddPlan(seed: number, stopNs: number): Plan {
  const stream = new Stream(seed, 'odd plan');
  const one = <T>(list: readonly T[]): T => list[stream.below(list.length)];
  const plan = lightPlan(stopNs, { seed, iodepth: 1 + stream.below(24), thinkNs: 0 });
  const adapter = (adapter: AdapterPlan): AdapterPlan => ({
    ...adapter,
    family: one(['native', 'vmklinux']),
    aqlen: one([1, 3, 32, adapter.aqlen]),
    lunQueueDepth: one([1, 4, adapter.lunQueueDepth]),
    merge: one([adapter.merge, false]),
  });
  const job = (job: JobPlan): JobPlan => {
    const paced = one([true, false]);
    return {
      ...job,
      rw: one(RWS),
      rwmixread: stream.below(101),
      bs: [
        { bytes: 512 * (1 + stream.below(64)), weight: 3 },
        { bytes: one([4_096, 65_536, 1_048_576, 4 * 1_048_576]), weight: 1 },
      ],
      rateIops: paced ? 20 + stream.below(400) : 0,
      thinkNs: paced ? 0 : one([0.5 * MS, 5 * MS]),
      distribution: one(['random', 'zipf']),
      zipfTheta: 0.9,
      // Some jobs keep to a few places, where they meet themselves and first writes.
      ...(one([true, false]) ? { offsetBytes: 0, sizeBytes: 8 * 1024 * 1024 } : {}),
    };
  };
  return {
    ...plan,
    rows: one([200, 1_024, 4_096]),
    arrays: plan.arrays.map((array) => ({
      ...array,
      access: one(['alua', 'active-active']),
      cacheBytes: one([0, 1024 * 1024, array.cacheBytes]),
      portQueueDepth: one([2, 64, array.portQueueDepth]),
      vaai: {
        ats: one([true, false]),
        clone: true,
        zero: one([true, false]),
        unmap: one([true, false]),
      },
    })),
    hosts: plan.hosts.map((host) => ({
      ...host,
      adapters: host.adapters.map(adapter),
      settings: {
        'Disk.DiskMaxIOSize': one([32, 100, 32767]),
        'Disk.SchedNumReqOutstanding': one([1, 8, 32]),
        'NFS.MaxQueueDepth': one([1, 16, 4294967295]),
      },
    })),
    claimRules: [
      {
        ...plan.claimRules[0],
        vendor: 'VMTOP',
        model: '*',
        psp: one(PSPS),
        pspParams: {},
      },
      ...plan.claimRules,
    ],
    vms: plan.vms.map((vm) => ({
      ...vm,
      adapter: one(['pvscsi', 'lsilogic']),
      disks: vm.disks.map((disk) => ({
        ...disk,
        kind: one(['thin', 'lazyThick', 'eagerThick']),
        writtenBytes: 0,
        qos: {
          shares: one([1, 500, 2_000]),
          reservation: one([0, 0, 500]),
          limit: one([0, 0, 1_000]),
        },
      })),
    })),
    jobs: plan.jobs.map(job),
  };
}
