import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { parseScenario } from '../../src/scenario/load.js';
import { LEAST, planOf, problemsOf } from './helpers.js';

/** The least scenario with one text replaced. */
const broken = (from: string, to: string): string[] => {
  expect(LEAST).toContain(from);
  return problemsOf(LEAST.replace(from, to));
};

describe('a scenario with problems', () => {
  it('names unknown keys with their line and the nearest known one', () => {
    expect(broken('size: 100GiB', 'size: 100GiB, thinn: true')).toEqual([
      '4: arrays[0].luns[0]: unknown key "thinn" | did you mean "thin"?',
    ]);
  });

  it('says what was expected of a value', () => {
    expect(broken('100GiB', 'lots')).toEqual([
      '4: arrays[0].luns[0].size: expected a size, such as 40GiB (1 MB to 64 TB), found "lots"',
    ]);
  });

  it('says which words there are', () => {
    expect(broken('name: array1', 'name: array1\n    access: alau')).toEqual([
      '4: arrays[0].access: expected alua, active-active, active-passive, found "alau" | did you mean "alua"?',
    ]);
  });

  it('reports what is missing', () => {
    expect(problemsOf('arrays: []')).toEqual([
      '1: hosts is missing: expected a list',
      '1: datastores is missing: expected a list',
      '1: vms is missing: expected a list',
    ]);
  });

  it('reports misspelt keys and wrong references in one go', () => {
    const problems = problemsOf(
      LEAST.replace('name: esx1', 'name: esx1, lokalDisks: []').replace(
        'array1/lun0',
        'array1/lun9',
      ),
    );
    expect(problems).toEqual([
      '5: hosts[0]: unknown key "lokalDisks" | did you mean "localDisks"?',
      '6: datastores[0].extents: there is no LUN "array1/lun9" | did you mean "array1/lun0"?',
    ]);
  });

  it('refuses a LUN that no path reaches', () => {
    const iscsiOnly = LEAST.replace('name: esx1', 'name: esx1, adapters: [{ driver: iscsi_vmk }]');
    expect(problemsOf(iscsiOnly)).toEqual([
      '6: datastores[0].extents: no path reaches array1/lun0 from any host | ' +
        'array1 is reached by fc: give the host an adapter for it, or check its "targets"',
    ]);
  });

  it('refuses a datastore on an array that a claim rule masks', () => {
    const masked = `${LEAST}claimRules: [{ number: 150, vendor: 'VM*', plugin: MASK_PATH }]`;
    expect(problemsOf(masked)).toEqual([
      '6: datastores[0].extents: no path reaches array1/lun0 from any host | ' +
        'a claim rule masks array1',
    ]);
  });

  it('refuses a VM on a host that does not mount its datastore', () => {
    const [problem] = problemsOf(
      LEAST.replace('[{ name: esx1 }]', '[{ name: esx1 }, { name: esx2, adapters: [] }]').replace(
        'name: vm1',
        'name: vm1, host: esx2, datastore: prod',
      ),
    );
    expect(problem).toBe(
      '7: vms[0].datastore: vm1 runs on esx2, which does not mount prod | prod is mounted by esx1',
    );
  });

  it('refuses names that come twice', () => {
    expect(broken('[{ name: vm1 }]', '[{ name: vm1 }, { name: vm1 }]')).toEqual([
      '7: vms[1].name: there already is a VM "vm1" | first at test.yaml:7:15',
    ]);
  });

  it('refuses disks that do not fit', () => {
    const disk = (text: string) => broken('name: vm1', `name: vm1, disks: [${text}]`);
    expect(disk('{ size: 200GiB }')[0]).toMatch(
      /^7: vms\[0\]\.disks\[0\]\.size: the disk \(200 GB\) is larger than prod/,
    );
    expect(disk('{ size: 60GiB, kind: eagerThick, count: 2 }')[0]).toMatch(
      /^6: datastores\[0\]: prod holds .* but .* are placed on it at the start/,
    );
    // Thin disks may promise more than there is.
    expect(() =>
      planOf(LEAST.replace('name: vm1', 'name: vm1, disks: [{ size: 60GiB, count: 2 }]')),
    ).not.toThrow();
  });

  it('refuses faults with unknown names, targets, settings and late times', () => {
    const fault = (text: string) => problemsOf(`${LEAST}\nfaults: [${text}]`);
    expect(fault('{ at: 1s, fault: path-dwn, target: x }')).toEqual([
      '9: faults[0].fault: there is no fault "path-dwn" | did you mean "path-down"?',
    ]);
    expect(fault("{ at: 1s, fault: path-down, target: 'esx1/vmhba1:C0:T0:L1' }")).toEqual([
      '9: faults[0].target: path-down acts on a path; there is no path "esx1/vmhba1:C0:T0:L1"' +
        ' | did you mean "esx1/vmhba1:C0:T0:L0"?',
    ]);
    expect(
      fault('{ at: 2m, fault: slow-disk, target: array1/lun0, params: { factr: 2, factor: 0 } }'),
    ).toEqual([
      '9: faults[0].at: comes after the end of the run (60 s) | make "duration" longer',
      '9: faults[0].params.factor: 0 is not in the range 1 to 100 | times slower; default 4',
      '9: faults[0].params.factr: unknown setting | did you mean "factor"?',
    ]);
  });

  it('refuses jobs that leave their disk', () => {
    const job = (text: string) => broken('name: vm1', `name: vm1, workloads: [${text}]`);
    expect(job('{ offset: 30GiB, size: 20GiB }')[0]).toMatch(/pass the end of vm1:scsi0:0/);
    expect(job('{ disk: 3 }')[0]).toMatch(/vm1 has no disk 3/);
    expect(job('oltpp')[0]).toBe(
      '7: vms[0].workloads[0].profile: there is no workload profile "oltpp" | did you mean "oltp"?',
    );
  });

  it('refuses expectations that promise nothing or the wrong kind', () => {
    const expected = (text: string) => problemsOf(`${LEAST}\nexpect: [${text}]`);
    expect(expected('{ metric: iops }')).toEqual([
      '9: expect[0]: promises nothing | give min, max or both',
    ]);
    expect(expected('{ metric: meanLatency, max: 5 }')).toEqual([
      '9: expect[0].max: expected a time with its unit, such as 5ms, found 5',
    ]);
    expect(expected('{ metric: iops, event: path.state, min: 1 }')).toEqual([
      '9: expect[0]: expected exactly one of metric, event and count',
    ]);
  });

  it('says where YAML itself is broken', () => {
    const [problem] = problemsOf('hosts:\n  - name: esx1\n   bad: [1, 2');
    expect(problem).toMatch(/^[23]: not valid YAML: /);
    expect(problemsOf('')).toEqual([
      'test.yaml: expected a scenario, found nothing | see: vmtop list scenarios',
    ]);
  });

  it('answers any text with problems, never with a crash', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        try {
          parseScenario(text, 'test.yaml');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('answers any value in place of another with problems, never with a crash', () => {
    const sites = ['array1', 'lun0', '100GiB', 'esx1', 'prod', 'array1/lun0', 'vm1'];
    fc.assert(
      fc.property(fc.constantFrom(...sites), fc.jsonValue({ maxDepth: 2 }), (site, value) => {
        try {
          planOf(LEAST.replace(site, () => JSON.stringify(value)));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
