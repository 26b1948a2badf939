import { describe, expect, test } from 'vitest';
import { READ, REPORT_GROUPS, SET_GROUPS } from '../../../src/engine/core/io.js';
import { claim } from '../../../src/engine/stack/storage-apis/psa/claim-rules.js';
import { PSSS } from '../../../src/engine/stack/storage-apis/psa/pss/index.js';
import { buildHost, type Host, type HostOptions } from './host.js';

const MS = 1e6;

function hpp(pss: string, pssParams: Record<string, number> = {}, more: HostOptions = {}): Host {
  return buildHost({ tpgs: 0, ...more, claimed: { plugin: 'HPP', pss, pssParams } });
}

function run(host: Host, blocks: readonly number[]): number[] {
  for (const [lba, length] of blocks.entries()) host.source.send(lba, READ, 1, length);
  host.sim.runUntil(host.sim.now + 50 * MS);
  return host.commands().map(({ path }) => path);
}

describe('claiming', () => {
  const device = {
    vendor: 'ATA',
    model: 'LOCAL DISK',
    transport: 'sas',
    tpgs: false,
    passive: false,
    localFlash: false,
  } as const;

  test('local flash and NVMe go to HPP with LB-RR, disks with moving parts to NMP', () => {
    const taken = { plugin: 'HPP', pss: 'LB-RR', pssParams: {} };
    expect(claim({ ...device, localFlash: true })).toEqual(taken);
    expect(claim({ ...device, transport: 'nvme' })).toEqual(taken);
    expect(claim(device)).toMatchObject({ plugin: 'NMP', satp: 'VMW_SATP_LOCAL' });
  });

  test('a user rule comes before the host’s own, either way', () => {
    const rule = {
      number: 150,
      vendor: 'ATA',
      model: '*',
      transport: '*',
      satp: undefined,
      satpParams: {},
      psp: undefined,
      pspParams: {},
    } as const;
    expect(claim({ ...device, localFlash: true }, [{ ...rule, plugin: 'NMP' }])).toMatchObject({
      plugin: 'NMP',
    });
    const iops = { ...rule, plugin: 'HPP', psp: 'LB-IOPS', pspParams: { iops: 3 } };
    expect(claim(device, [iops])).toEqual({
      plugin: 'HPP',
      pss: 'LB-IOPS',
      pssParams: { iops: 3 },
    });
  });
});

describe('path selection schemes', () => {
  test('LB-RR switches by commands or bytes, whichever comes first', () => {
    const host = hpp('LB-RR', { iops: 3, bytes: 64 * 512 });
    expect(run(host, [8, 8, 8, 64, 8, 8, 8])).toEqual([0, 0, 0, 1, 0, 0, 0]);
  });

  test('LB-IOPS and LB-BYTES', () => {
    expect(run(hpp('LB-IOPS', { iops: 2 }), [8, 800, 8, 8])).toEqual([0, 0, 1, 1]);
    expect(run(hpp('LB-BYTES', { bytes: 4096 }), [8, 4, 4, 8])).toEqual([0, 1, 1, 0]);
  });

  test('FIXED goes back to its path', () => {
    const host = hpp('FIXED', { preferred: 1 });
    host.nexuses[1].setUp(false);
    host.sim.runUntil(1 * MS);
    expect(run(host, [8])).toEqual([0]);
    host.nexuses[1].setUp(true);
    host.sim.runUntil(host.sim.now + 1 * MS);
    expect(run(host, [8])).toEqual([0, 1]);
  });

  test('LB-Latency samples each path', () => {
    const host = hpp('LB-Latency', {}, { rows: 512 });
    expect(run(host, new Array(32).fill(8))).toEqual([
      ...new Array(16).fill(0),
      ...new Array(16).fill(1),
    ]);
    expect(host.nmp.status().pspConfig).toBe('{latencyEvalTime=30000;samplingIosPerPath=16;}');
  });

  test('parameters and ranges are those of the product', () => {
    const limits = PSSS.flatMap(({ name, params }) =>
      Object.entries(params).map(([key, { initial, min, max }]) => [name, key, min, initial, max]),
    );
    expect(limits).toEqual([
      ['FIXED', 'preferred', 0, 0, 1023],
      ['LB-RR', 'iops', 1, 1000, 10000],
      ['LB-RR', 'bytes', 1, 10485760, 104857600],
      ['LB-IOPS', 'iops', 1, 1000, 10000],
      ['LB-BYTES', 'bytes', 1, 10485760, 104857600],
      ['LB-Latency', 'latencyEvalTime', 10000, 30000, 300000],
      ['LB-Latency', 'samplingIosPerPath', 16, 16, 160],
    ]);
  });
});

describe('access states', () => {
  test('optimized paths before others; inaccessible is unavailable; never moves a namespace', () => {
    const host = hpp('LB-IOPS', { iops: 1 }, { tpgs: 3, access: [1, 0], controllers: [0, 1] });
    expect(run(host, [8, 8])).toEqual([1, 1]);
    host.lun.setAccess([1, 3]);
    host.sim.runUntil(host.sim.now + 1 * MS);
    expect(host.paths.map(({ stateName }) => stateName)).toEqual([
      'active unoptimized',
      'unavailable',
    ]);
    expect(host.seen.some(({ op }) => op === REPORT_GROUPS)).toBe(true);
    host.lun.setAccess([2, 2]);
    host.sim.runUntil(host.sim.now + 5e9);
    expect(host.seen.some(({ op }) => op === SET_GROUPS)).toBe(false);
  });
});
