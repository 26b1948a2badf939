/** A scenario registers machines there are: `vmx` of a VM. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNew } from '../../src/cli/disk/change.js';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { loadScenario } from '../../src/scenario/load.js';
import { fingerprint } from '../../src/scenario/session/fingerprint.js';

let folder: string;
const at = (name: string): string => join(folder, name);
const MIB = 1 << 20;

/** Settings of a disk and what else is to be said of it. */
function device(name: string, file: string, ...more: string[]): string[] {
  return [`${name}.present = "TRUE"`, `${name}.fileName = "${file}"`, ...more];
}

function machine(name: string, ...lines: string[]): void {
  const head = ['config.version = "8"', 'virtualHW.version = "14"', 'memSize = "64"'];
  const adapters = ['scsi0', 'scsi1', 'nvme0', 'sata0'].map((own) => `${own}.present = "TRUE"`);
  const types = ['scsi0.virtualDev = "pvscsi"', 'scsi1.virtualDev = "lsisas1068"'];
  const text = [...head, ...adapters, ...types, ...lines].join('\n');
  writeFileSync(at(`vm/${name}.vmx`), text);
}

function scenario(vmx: string, extra = ''): string {
  const text = `
arrays: [{ name: array1, luns: [{ name: lun, count: 1, size: 8GiB }] }]
hosts: [{ name: esx1 }]
datastores: [{ name: one, extents: array1/lun0 }]
duration: 2s
vms:
  - name: web1
    vmx: ${vmx}
${extra}    workloads: [{ rw: randwrite, disk: "nvme0:2" }, { rw: read, disk: 0, size: 8MiB, iodepth: 1, thinktime: 1ms }]
`;
  writeFileSync(at('drill.yaml'), text);
  return at('drill.yaml');
}

const problemsOf = (vmx: string, extra = ''): string => {
  try {
    loadScenario(scenario(vmx, extra));
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-vmx-'));
  mkdirSync(at('vm'));
  createNew(at('vm/root.vmdk'), '64MiB', 'thin', false);
  createNew(at('vm/data.vmdk'), '128MiB', 'zeroedthick', false);
  createNew(at('vm/split.vmdk'), '16MiB', '2gbsparse', false);
  createNew(at('outside.vmdk'), '16MiB', 'thin', false);
  machine(
    'web1',
    'ctkEnabled = "TRUE"',
    'sched.mem.min = "16"',
    ...device('scsi0:3', 'root.vmdk', 'scsi0:3.ctkEnabled = "TRUE"'),
    ...device('nvme0:2', 'data.vmdk', 'sched.nvme0:2.shares = "high"'),
    'sched.nvme0:2.throughputCap = "150"',
    ...device('sata0:0', 'boot.iso'),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

it('a machine has the memory, adapters and disks of its .vmx', () => {
  const plan = loadScenario(scenario('vm/web1.vmx'));
  const [vm] = plan.vms;
  expect(vm).toMatchObject({ memoryBytes: 64 * MIB, memoryReservedBytes: 16 * MIB });
  expect(vm?.disks).toMatchObject([
    { name: 'scsi0:3', sizeBytes: 64 * MIB, kind: 'thin', changeTracking: true },
    {
      name: 'nvme0:2',
      sizeBytes: 128 * MIB,
      kind: 'lazyThick',
      qos: { shares: 2000, reservation: 0, limit: 150 },
    },
  ]);
  const simulation = new Simulation(plan);
  simulation.runUntil(2e9);
  const adapters = simulation.entities
    .filter(({ scope }) => scope === 'vscsi')
    .map(({ name, labels }) => [name, labels.type]);
  expect(adapters).toEqual([
    ['web1:scsi0', 'pvscsi'],
    ['web1:nvme0', 'nvme'],
  ]);
  const files = simulation.entities.filter(({ labels }) => labels.role === 'changeTracking');
  expect(files.map(({ name }) => name)).toEqual(['[one] web1/web1-ctk.vmdk']);
  expect(simulation.totals().writes).toBeGreaterThan(100);
  // A limit of 150 I/Os per second, for two seconds.
  expect(simulation.totals().writes).toBeLessThanOrEqual(2 * 150 * 1.1);
  expect(simulation.totals().errors).toBe(0);
});

it('what cannot be run is said at the line that names it, with what to do', () => {
  machine('split', ...device('scsi0:0', 'split.vmdk'));
  machine('far', ...device('scsi0:0', '../outside.vmdk'));
  machine('gone', ...device('scsi1:0', 'gone.vmdk'));
  expect(problemsOf('vm/split.vmx')).toMatch(
    /drill\.yaml:8.*scsi0:0 \(split\.vmdk\): twoGbMaxExtentSparse is a format for exchange.*\n.*vmtop disk import/,
  );
  expect(problemsOf('vm/far.vmx')).toMatch(/is in another folder/);
  expect(problemsOf('vm/gone.vmx')).toMatch(/gone\.vmdk.*no such file/i);
  expect(problemsOf('vm/none.vmx')).toMatch(/drill\.yaml:8.*none\.vmx: no such file/i);
  expect(problemsOf('vm/root.vmdk')).toMatch(/expected the configuration of a virtual machine/);
  expect(problemsOf('vm/web1.vmx', '    disks: [{ size: 1GiB }]\n')).toMatch(
    /disks.*those of the \.vmx/,
  );
});

it('a session notices that the machine has changed', () => {
  const file = scenario('vm/web1.vmx');
  const before = fingerprint({ scenario: file });
  expect(fingerprint({ scenario: file })).toBe(before);
  createNew(at('vm/data.vmdk'), '256MiB', 'zeroedthick', true);
  expect(fingerprint({ scenario: file })).not.toBe(before);
});
