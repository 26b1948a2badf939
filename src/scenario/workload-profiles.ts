import type { JobPlan } from '../engine/plan/plan.js';

/** A job's settings under a name; each may be overridden where the profile is used. */
export interface WorkloadProfile {
  readonly name: string;
  readonly summary: string;
  readonly job: Partial<
    Pick<JobPlan, 'rw' | 'rwmixread' | 'bs' | 'iodepth' | 'rateIops' | 'thinkNs' | 'zipfTheta'>
  >;
}

const KIB = 1024;
const MS = 1e6;
const of = (kib: number, weight = 100) => ({ bytes: kib * KIB, weight });

/**
 * Kinds of work seen in virtual machines; *model*: block sizes and mixes as commonly described for
 * each, rates low enough for several to share one array.
 */
export const WORKLOAD_PROFILES: readonly WorkloadProfile[] = [
  {
    name: 'oltp',
    summary: 'database: 8 KB random, 70 % reads, hot spots',
    job: { rw: 'randrw', rwmixread: 70, bs: [of(8)], iodepth: 16, thinkNs: 2 * MS, zipfTheta: 0.9 },
  },
  {
    name: 'log',
    summary: 'database log: 4 KB to 16 KB sequential writes, one at a time',
    job: { rw: 'write', bs: [of(4, 60), of(16, 40)], iodepth: 1, thinkNs: 1 * MS },
  },
  {
    name: 'web',
    summary: 'web server: small random reads of popular pages at a steady rate',
    job: {
      rw: 'randrw',
      rwmixread: 95,
      bs: [of(4, 50), of(16, 30), of(64, 20)],
      iodepth: 16,
      rateIops: 800,
      zipfTheta: 1.1,
    },
  },
  {
    name: 'mail',
    summary: 'mail server: 32 KB random, 55 % reads',
    job: { rw: 'randrw', rwmixread: 55, bs: [of(32)], iodepth: 4, thinkNs: 2 * MS },
  },
  {
    name: 'vdi',
    summary: 'desktops: 4 KB random, 80 % writes, steady rate',
    job: { rw: 'randrw', rwmixread: 20, bs: [of(4, 80), of(16, 20)], iodepth: 8, rateIops: 400 },
  },
  {
    name: 'fileserver',
    summary: 'file server: 4 KB to 256 KB mixed, 75 % reads',
    job: {
      rw: 'randrw',
      rwmixread: 75,
      bs: [of(4, 30), of(32, 30), of(64, 30), of(256, 10)],
      iodepth: 4,
      thinkNs: 1 * MS,
    },
  },
  {
    name: 'stream',
    summary: 'media or scan: 256 KB sequential reads',
    job: { rw: 'read', bs: [of(256)], iodepth: 4, thinkNs: 5 * MS },
  },
  {
    name: 'backup',
    summary: 'backup: 512 KB sequential reads, as fast as they come',
    job: { rw: 'read', bs: [of(512)], iodepth: 4 },
  },
  {
    name: 'ingest',
    summary: 'loader: 64 KB sequential writes that grow thin disks',
    job: { rw: 'write', bs: [of(64)], iodepth: 2, thinkNs: 2 * MS },
  },
  {
    name: 'noisy',
    summary: 'noisy neighbour: 64 KB random reads and writes, 64 outstanding',
    job: { rw: 'randrw', rwmixread: 50, bs: [of(64)], iodepth: 64 },
  },
];

/** What a job does when nothing is said. */
export const JOB_DEFAULTS = {
  rw: 'randread',
  rwmixread: 50,
  bs: [of(4)],
  iodepth: 1,
  rateIops: 0,
  thinkNs: 0,
  zipfTheta: 0,
} as const;
