import { describe, expect, it } from 'vitest';
import { LEAST, planOf, problemsOf } from './helpers.js';

/** The least scenario with these jobs on its one VM. */
const withJobs = (...jobs: readonly string[]): string =>
  LEAST.replace(
    'vms: [{ name: vm1 }]',
    `vms:\n  - name: vm1\n    disks: [{ size: 2GiB }, { size: 2GiB }]\n    workloads:\n${jobs
      .map((job) => `      - { ${job} }`)
      .join('\n')}`,
  );

describe('jobs that verify', () => {
  it('say so in the plan; others do not', () => {
    const yaml = withJobs('rw: randrw, size: 64MiB, verify: true', 'disk: 1, rw: randrw');
    expect(planOf(yaml).jobs.map(({ verify }) => verify)).toEqual([true, undefined]);
  });

  it('may give blocks back and flush', () => {
    const yaml = withJobs(
      'rw: randrw, size: 64MiB, verify: true, trim_percentage: 20, fsync: 8',
      'disk: 1, rw: randrw, trim_percentage: 0, fsync: 0',
    );
    const [first, second] = planOf(yaml).jobs;
    expect(first).toMatchObject({ trimPercent: 20, fsync: 8 });
    expect(second).not.toHaveProperty('trimPercent');
    expect(problemsOf(withJobs('rw: rw, trim_percentage: 101')).join()).toMatch(/trim_percentage/);
  });

  it('may lie side by side, and beside jobs that only read', () => {
    const yaml = withJobs(
      'rw: randrw, size: 64MiB, verify: true',
      'rw: randrw, offset: 64MiB, size: 64MiB, verify: true',
      'rw: randread, size: 128MiB',
      'rw: randwrite, offset: 128MiB, size: 1GiB',
    );
    expect(planOf(yaml).jobs).toHaveLength(4);
  });

  it.each([
    ['rw: unmap, size: 64MiB, verify: true', /rw: a job that verifies reads and writes/],
    ['rw: rw, offset: 512B, size: 64MiB, verify: true', /offset: .* whole blocks of 4 KiB/],
    ['rw: rw, size: 6KiB, verify: true', /size: .* whole blocks of 4 KiB/],
    ['rw: rw, bs: 4k/50:2k/50, size: 64MiB, verify: true', /bs: .* multiples of 4 KiB/],
    [
      'rw: rw, verify: true',
      /a job verifies at most 1 GB, not 2 GB \| give it "size: 1 GB" or less/,
    ],
  ])('%s is refused', (job, message) => {
    expect(problemsOf(withJobs(job)).join('\n')).toMatch(message);
  });

  it('want their part of the disk for themselves', () => {
    const yaml = withJobs(
      'name: mine, rw: randrw, size: 64MiB, verify: true',
      'name: other, rw: randwrite, offset: 63MiB, size: 64MiB',
    );
    expect(problemsOf(yaml)).toEqual([
      expect.stringMatching(
        /verify: vm1\/other writes to the part of the disk that vm1\/mine verif/,
      ),
    ]);
  });
});
