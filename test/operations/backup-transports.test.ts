import { describe, expect, it } from 'vitest';
import { TRANSPORT } from '../../src/engine/operations/backup/transport.js';
import type { BackupTransport } from '../../src/engine/plan/commands.js';
import { SECOND } from '../simulation/support.js';
import { BackupWork, backupPlan, stampsOf } from './backup-rig.js';

const MIB = 1024 * 1024;

/** One full backup under load; the guest writes on. */
function backedUp(transport: BackupTransport, host: Record<string, unknown> = {}) {
  const work = new BackupWork(backupPlan(host));
  work.run(SECOND);
  const before = (scope: string, field: string, name = ''): (() => number) => {
    const first = work.counters(scope, field, name);
    return () => work.counters(scope, field, name) - first;
  };
  const grown = {
    host: before('nexus', 'bytesIn', 'esx1:'),
    proxy: before('nexus', 'bytesIn', 'backup-proxy-esx1'),
    port: before('port', 'readBlocks'),
  };
  let beganAt = 0;
  work.backup({ transport }, () => {
    beganAt = work.simulation.now;
  });
  const endedAt = work.of('vm.snapshot.removed')[0]?.at ?? Number.NaN;
  const [point] = work.simulation.backups.pointsOf(0);
  return { work, grown, point, readNs: endedAt - beganAt };
}

describe.each(Object.keys(TRANSPORT) as BackupTransport[])('transport %s', (transport) => {
  const { work, grown, point, readNs } = backedUp(transport);
  const bytes = point?.readBytes ?? 0;
  const own = (): number => work.counters('client', 'reads', `backup-${transport}`);

  it('holds the disk as it was', () => {
    expect(bytes).toBeGreaterThan(30 * MIB);
    const { backups } = work.simulation;
    expect(stampsOf(backups.restorePoint(0))).toEqual(work.held.get('backup-1'));
  });

  it('loads the way it takes, and no other', () => {
    // What is allocated is read once by somebody over the fabric; guest and merge take little.
    const other = 8 * MIB;
    expect(grown.port() * 512).toBeGreaterThanOrEqual(bytes);
    if (transport === 'san') {
      expect(grown.proxy()).toBe(bytes);
      expect(grown.host()).toBeLessThan(other);
      expect(own()).toBe(0);
    } else {
      expect(grown.proxy()).toBe(0);
      expect(grown.host()).toBeGreaterThanOrEqual(bytes);
      expect(own() * TRANSPORT[transport].readBytes).toBeGreaterThanOrEqual(bytes);
    }
    const sent = transport === 'nbd' || transport === 'nbdssl' ? bytes : 0;
    expect(work.counters('backup', 'networkBytes')).toBe(sent);
    const adapter = work.counters('disk', 'readBlocks', 'backup-proxy-esx1');
    expect(adapter * 512).toBe(transport === 'hotadd' ? bytes : 0);
  });

  it('is as fast as its narrowest part', () => {
    const { cpuNsPerByte } = TRANSPORT[transport];
    // The link of 1 Gbit/s is narrower than the CPU of either; else 16 Gbit/s FC to each of 4 ports.
    const leastNs = (bytes * 1e9) / (cpuNsPerByte > 0 ? 125e6 : 4 * 2e9);
    expect(readNs).toBeGreaterThan(0.95 * leastNs);
    expect(readNs).toBeLessThan(cpuNsPerByte > 0 ? 1.2 * leastNs : (bytes * 1e9) / 125e6);
  });
});

describe('the management network', () => {
  it('bounds NBD, and with a wide one the CPU that encrypts does', () => {
    const narrow = backedUp('nbd', { managementBandwidth: '20MB/s' });
    const bytes = narrow.point?.readBytes ?? 0;
    const atLinkNs = (bytes * 1e9) / (20 * MIB);
    expect(narrow.readNs / atLinkNs).toBeGreaterThan(0.97);
    expect(narrow.readNs / atLinkNs).toBeLessThan(1.1);
    const wide = backedUp('nbdssl', { managementBandwidth: '100Gbit' });
    const { cpuNsPerByte } = TRANSPORT.nbdssl;
    expect(wide.work.counters('backup', 'cpuNs')).toBeCloseTo(bytes * cpuNsPerByte, -3);
    expect(wide.readNs).toBeGreaterThan(0.95 * bytes * cpuNsPerByte);
  });
});

describe('a backup that fails in the middle', () => {
  const work = new BackupWork(backupPlan({ managementBandwidth: '20MB/s' }));
  const { simulation } = work;
  work.run(SECOND);
  work.backup();
  work.wait(0.3 * SECOND);
  let heal = (): void => {};
  work.backup({ mode: 'incremental' }, () => {
    heal = work.inject('pdl', 'array1/lun0');
  });

  it('keeps nothing and says so; its snapshot stays until the list of them can be written', () => {
    expect(work.of('backup.failed').map(({ what }) => what)).toEqual(['backup-2']);
    expect(simulation.backups.pointsOf(0)).toHaveLength(1);
    expect(simulation.snapshots.list('vm1').map(({ name }) => name)).toEqual(['backup-2']);
    expect(work.counters('backup', 'result')).toBe(2);
    expect(work.of('backup.failed')[0]?.why).toMatch(/read at \d+ KiB/);
  });

  it('leaves the change id of the last good one, from which the next one goes on', () => {
    heal();
    simulation.command({ kind: 'rescan', host: 'esx1' });
    work.wait(10 * SECOND);
    expect(simulation.snapshots.list('vm1')).toEqual([]);
    simulation.command({ kind: 'snapshot', vm: 'vm1', action: 'consolidate' });
    work.until(() => simulation.snapshots.taskOf('vm1') === undefined);
    work.backup({ mode: 'incremental' });
    const points = simulation.backups.pointsOf(0);
    expect(points.map(({ name, mode }) => `${name} ${mode}`)).toEqual([
      'backup-1 full',
      'backup-3 incremental',
    ]);
    expect(stampsOf(simulation.backups.restorePoint(0))).toEqual(work.held.get('backup-3'));
  });

  it('reads all again once what changed is not known any more', () => {
    simulation.command({ kind: 'power', vm: 'vm1', state: 'off' });
    work.wait(SECOND);
    simulation.command({ kind: 'power', vm: 'vm1', state: 'on' });
    simulation.command({ kind: 'track', disk: 0, state: 'off' });
    work.backup({ mode: 'incremental' });
    expect(simulation.backups.pointsOf(0).at(-1)?.mode).toBe('full');
    expect(work.of('backup.full')[0]?.why).toMatch(/change id .* is not known/);
  });
});

describe('what is refused', () => {
  const work = new BackupWork(backupPlan());
  const { simulation } = work;
  work.run(SECOND);
  const about = { kind: 'backup', vm: 'vm1', transport: 'nbd', mode: 'full' } as const;

  it('is a second backup of a VM, and another hand on its snapshot', () => {
    simulation.command(about);
    expect(() => simulation.command(about)).toThrow(/is under way/);
    work.until(() => work.held.size > 0);
    const remove = { kind: 'snapshot', vm: 'vm1', action: 'deleteAll' } as const;
    expect(() => simulation.command(remove)).toThrow(/backup backup-1 reads its snapshot/);
    work.until(() => !simulation.backups.isBusy);
    expect(simulation.backups.pointsOf(0)).toHaveLength(1);
  });

  it('is a backup there is none of, and a VM there is none of', () => {
    expect(() => simulation.command({ kind: 'restore', disk: 0, backup: 'x' })).toThrow(
      /no backup x of disk 0.*known: backup-1/s,
    );
    expect(() => simulation.command({ ...about, vm: 'nobody' })).toThrow(/no such disk to back up/);
  });
});
