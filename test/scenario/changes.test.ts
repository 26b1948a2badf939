import { describe, expect, it } from 'vitest';
import { LEAST, planOf, problemsOf } from './helpers.js';

const TWO = LEAST.replace(
  'vms: [{ name: vm1 }]',
  `vms:
  - name: db
    shares: high
    reservation: 100
    disks: [{ size: 1GiB }, { size: 1GiB, qos: { shares: 4000, limit: 900 } }]
    workloads:
      - { name: loop, iodepth: 4 }
      - { name: open, disk: 1, rate_iops: 50 }
  - name: web
    count: 2
    limit: none
    queueDepth: 128
    disks: [{ size: 1GiB }]
    workloads: { burst: { count: 32, every: 250ms } }
`,
);
const changesOf = (text: string) => planOf(`${TWO}\nchanges: [${text}]\n`).changes;
const wrong = (text: string): string => problemsOf(`${TWO}\nchanges: [${text}]\n`).join('\n');

describe('settings of a VM', () => {
  it('hold for its disks, and a disk may say otherwise', () => {
    const [db, web] = planOf(TWO).vms;
    expect(db!.disks.map(({ qos }) => qos)).toEqual([
      { shares: 2000, reservation: 100, limit: 0 },
      { shares: 4000, reservation: 100, limit: 900 },
    ]);
    expect(web!.disks[0]!.qos).toEqual({ shares: 1000, reservation: 0, limit: 0 });
    expect([db!.queueDepth, web!.queueDepth]).toEqual([undefined, 128]);
  });

  it('takes raw shares from 1 to 100000', () => {
    const shares = (value: string): string => TWO.replace('shares: high', `shares: ${value}`);
    expect(planOf(shares('100000')).vms[0]!.disks[0]!.qos.shares).toBe(100_000);
    expect(problemsOf(shares('0')).join()).toMatch(/low, normal, high, or a number from 1/);
  });

  it('takes a limit below the reservation: the limit is the one that holds', () => {
    const { qos } = planOf(TWO.replace('limit: 900', 'limit: 90')).vms[0]!.disks[1]!;
    expect(qos).toMatchObject({ reservation: 100, limit: 90 });
  });

  it('knows which adapter has deeper queues', () => {
    const text = TWO.replace('queueDepth: 128', 'queueDepth: 128\n    adapter: lsilogic');
    expect(problemsOf(text).join()).toMatch(/only pvscsi/);
  });
});

describe('pace of a job', () => {
  const jobs = (text: string) => LEAST.replace('name: vm1', `name: vm1, workloads: [${text}]`);

  it('is a loop, a rate or bursts', () => {
    const [closed, open, even, bursts] = planOf(
      jobs(
        '{ iodepth: 4 }, { rate_iops: 9 }, { rate_iops: 9, rate_process: linear }, { burst: { count: 8, every: 20ms } }',
      ),
    ).jobs;
    expect(closed).toMatchObject({ iodepth: 4, rateIops: 0 });
    expect([open!.rateIops, open!.rateProcess]).toEqual([9, undefined]);
    expect(even).toMatchObject({ rateIops: 9, rateProcess: 'linear' });
    expect(bursts).toMatchObject({ rateIops: 0, burst: { count: 8, everyNs: 20e6 } });
  });

  it('replaces the rate of a profile by bursts', () => {
    const [job] = planOf(jobs('{ profile: web, burst: { count: 8, every: 20ms } }')).jobs;
    expect(job).toMatchObject({ rateIops: 0, burst: { count: 8 } });
  });

  it.each([
    ['{ burst: { count: 8, every: 1s }, rate_iops: 5 }', /bursts have their own rate/],
    ['{ burst: { count: 8, every: 1s }, rate_process: linear }', /bursts are evenly spaced/],
    ['{ burst: { count: 8, every: 1s }, thinktime: 1ms }', /wait for no answer/],
    ['{ rate_iops: 5, thinktime: 1ms }', /wait for no answer/],
    ['{ iodepth: 5, rate_process: linear }', /is about a rate.*give "rate_iops"/],
    ['{ burst: { count: 0, every: 1s } }', /a whole number from 1 to 4096/],
    ['{ burst: { count: 1, every: 0s } }', /a time with its unit/],
    ['{ rate_iops: 1, rate_process: random }', /poisson/],
  ])('cannot be %s', (text, message) => {
    expect(problemsOf(jobs(text)).join('\n')).toMatch(message);
  });
});

describe('changes', () => {
  it('are about all disks of a VM, or some', () => {
    const disks = (text: string) =>
      changesOf(text).map(({ command }) => (command.kind === 'qos' ? command.disk : -1));
    expect(disks('{ at: 1s, vm: db, limit: 200 }')).toEqual([0, 1]);
    expect(disks('{ at: 1s, vm: db, disk: scsi0:1, limit: 200 }')).toEqual([1]);
    expect(disks('{ at: 1s, vm: [web, db], disk: [0], limit: 200 }')).toEqual([2, 3, 0]);
    expect(disks('{ at: 1s, vm: "web*", shares: low }')).toEqual([2, 3]);
  });

  it('change several settings at once, and take limits away', () => {
    const [first, second] = changesOf(
      '{ at: 9s, vm: web1, limit: none }, { at: 2s, vm: web1, shares: 7000, reservation: 10, limit: 50 }',
    );
    expect(first).toEqual({
      atNs: 2e9,
      command: { kind: 'qos', disk: 2, qos: { shares: 7000, reservation: 10, limit: 50 } },
    });
    expect(second!.command).toMatchObject({ qos: { limit: 0 } });
  });

  it('change the pace of jobs', () => {
    expect(changesOf('{ at: 1s, vm: db, job: loop, iodepth: 9, thinktime: 2ms }')).toEqual([
      { atNs: 1e9, command: { kind: 'pace', job: 'db/loop', pace: { iodepth: 9, thinkNs: 2e6 } } },
    ]);
    expect(changesOf('{ at: 1s, vm: db, disk: 1, rate_iops: 70 }')).toEqual([
      { atNs: 1e9, command: { kind: 'pace', job: 'db/open', pace: { rateIops: 70 } } },
    ]);
  });

  it('change the depth of a device on its hosts', () => {
    const plan = planOf(`${TWO}\nchanges: [{ at: 1s, device: lun0, queueDepth: 8 }]\n`);
    const { uid } = plan.arrays[0]!.luns[0]!;
    expect(plan.changes.map(({ command }) => command)).toEqual([
      { kind: 'depth', host: 'esx1', device: uid, dqlen: 8 },
    ]);
    const [both] = changesOf('{ at: 1s, device: lun0, queueDepth: 8, schedNumReqOutstanding: 4 }');
    expect(both!.command).toMatchObject({ dqlen: 8, dsnro: 4 });
    expect(changesOf('{ at: 1s, device: array1/lun0, host: esx1, queueDepth: 8 }')).toHaveLength(1);
  });

  it.each([
    ['{ at: 1s, vm: db }', /changes nothing.*shares, reservation, limit, iodepth/],
    ['{ at: 1s, limit: 5 }', /says not of which VM/],
    ['{ at: 1s, vm: dc, limit: 500 }', /there is no VM "dc".*"db"/],
    ['{ at: 1s, vm: db, disk: 7, limit: 500 }', /db has no disk 7/],
    ['{ at: 2h, vm: db, limit: 500 }', /after the end of the run/],
    ['{ at: 1s, vm: db, limit: -1 }', /I\/Os per second, 0 to 10000000, or none/],
    ['{ at: 1s, vm: db, job: lop, iodepth: 5 }', /no job "lop" there.*"loop"/],
    ['{ at: 1s, vm: db, job: loop }', /has no new pace/],
    ['{ at: 1s, vm: db, job: loop, rate_iops: 5 }', /db\/loop keeps commands in flight/],
    ['{ at: 1s, vm: db, job: open, iodepth: 5 }', /db\/open comes at a rate.*rate_iops/],
    ['{ at: 1s, vm: web1, rate_iops: 5 }', /comes in bursts, which do not change/],
    ['{ at: 1s, queueDepth: 5 }', /says not of which device/],
    ['{ at: 1s, device: lun1, queueDepth: 5 }', /no host sees a "lun1"/],
    ['{ at: 1s, device: lun0, host: esx9, queueDepth: 5 }', /no host "esx9"/],
    ['{ at: 1s, device: lun0 }', /nothing of it changes/],
  ])('cannot be %s', (text, message) => {
    expect(wrong(text)).toMatch(message);
  });

  it('are checked one after the other: a limit may fall once the reservation has', () => {
    const text = '{ at: 2s, vm: db, limit: 50 }, { at: 1s, vm: db, reservation: none }';
    expect(changesOf(text)).toHaveLength(4);
  });
});
