import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import type { DatastorePlan } from '../../src/engine/plan/plan.js';
import { parseScenario, planScenario } from '../../src/scenario/load.js';

function plan(datastores: readonly string[], settings = ''): readonly DatastorePlan[] {
  const text = `
arrays: [{ name: array1, luns: [{ name: lun0, size: 64GiB }] }]
nfsServers: [{ name: filer1 }]
hosts: [{ name: esx1, settings: { ${settings} } }]
datastores:
${datastores.map((datastore) => `  - ${datastore}`).join('\n')}
vms: [{ name: web, disks: [{ size: 1GiB }] }]
`;
  const { source, text: parsed } = parseScenario(text, 'stores.yaml');
  return planScenario(source, parsed).datastores;
}

function problem(datastores: readonly string[], settings = ''): string {
  try {
    plan(datastores, settings);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'none';
}

describe('datastores of a scenario', () => {
  it('have a version, alarms, and automatic UNMAP on VMFS 6 only', () => {
    const MB = 1024 * 1024;
    const [six] = plan(['{ name: ds, extents: array1/lun0, version: 6 }']);
    expect(six?.reclaim).toEqual({
      priority: 'low',
      busyBytesPerSecond: 25 * MB,
      idleBytesPerSecond: 50 * MB,
      afterNs: 12 * 3600e9,
    });
    const [five, nas] = plan([
      '{ name: ds, extents: array1/lun0, alarms: { yellow: 60 } }',
      '{ name: nas, server: filer1, version: 4.1 }',
    ]);
    expect([five?.reclaim, five?.version, nas?.version]).toEqual([undefined, undefined, 4.1]);
    const { alarms } = five as DatastorePlan;
    expect(alarms).toEqual({ yellow: 60, red: 85, hysteresis: 2, refreshNs: 20e9 });
  });

  it.each([
    [
      '{ name: ds, extents: array1/lun0, version: 4.1 }',
      /4.1 is no version of VMFS.*use 3, 5 or 6/s,
    ],
    [
      '{ name: ds, extents: array1/lun0, version: 3, locking: ats-only }',
      /VMFS 3 is never ATS-only/,
    ],
    ['{ name: ds, server: filer1, version: 6 }', /6 is no version of NFS/],
    ['{ name: ds, extents: array1/lun0, reclaim: low }', /only VMFS 6 unmaps by itself/],
    ['{ name: ds, extents: array1/lun0, version: 6, reclaim: fixed }', /rate from 100MB/],
    ['{ name: ds, extents: array1/lun0, alarms: { yellow: 90 } }', /is above "red"/],
  ])('are refused: %s', (datastore, message) => {
    expect(problem([datastore])).toMatch(message);
  });

  it('on NFS are no more than NFS.MaxVolumes', () => {
    const nine = Array.from(
      { length: 9 },
      (_, n) => `{ name: n${n}, server: filer1, capacity: 8GiB }`,
    );
    expect(problem(nine)).toBe('none');
    expect(problem(nine, 'NFS.MaxVolumes: 8')).toMatch(/esx1 mounts 9 NFS 3 .*NFS.MaxVolumes is 8/);
  });
});
