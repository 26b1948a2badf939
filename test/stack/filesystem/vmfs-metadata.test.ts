/** What VMFS makes I/Os of its own for, and under which protection they go to a device without ATS. */
import { describe, expect, it } from 'vitest';
import { ATS, RELEASE, RESERVE, WRITE } from '../../../src/engine/core/io.js';
import { PLUGIN_RESERVATION_LOST, pluginStatus } from '../../../src/engine/core/status.js';
import type { Purpose } from '../../../src/engine/stack/filesystem/vmfs/purpose.js';
import { NAMES, type Seen } from '../rig.js';
import { FB, GB, type Host, MB, Rig } from './vmfs-rig.js';

const SHARED = { hosts: ['esx1', 'esx2'] };

function names(seen: readonly Seen[]): string {
  return seen.map(({ op, blocks }) => `${NAMES[op]} ${blocks}`).join(', ');
}

/** A mount's counts by purpose, those that are not 0. */
function countsOf(rig: Rig, host: string): Partial<Record<Purpose, number>> {
  rig.sim.meters.sample();
  const entity = rig.sim.meters.entities.find(
    ({ scope, labels }) => scope === 'mount' && labels.host === host,
  );
  return Object.fromEntries(
    entity!.fields
      .map((field, index) => [field, entity!.values[index]] as const)
      .filter(([field, value]) => field.endsWith('Ios') && value !== 0),
  );
}

/** A rig whose device takes no ATS and whose volume two hosts mount, with a thin file open. */
function reserving(sizeBytes = 16 * MB): {
  rig: Rig;
  host: Host;
  write: (mb: number) => void;
} {
  const rig = new Rig(4096, { plan: SHARED });
  const host = rig.host();
  rig.device.unsupported.add(ATS);
  const file = rig.volume.createFile('disk', sizeBytes, 'thin');
  rig.open(host, file);
  rig.run(20);
  rig.device.drain();
  const write = (mb: number): void => {
    host.guest.issue(WRITE, file.index, mb * FB, 8);
    rig.run(20);
  };
  return { rig, host, write };
}

describe('metadata by purpose', () => {
  it('counts the lock, bitmap, descriptor and zeroing of a block, and heartbeats every 3 s', () => {
    const rig = new Rig(200);
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin');
    rig.open(host, file);
    host.guest.issue(WRITE, file.index, 0, 8);
    rig.run(7000);
    // The file's own lock and that of the cluster.
    const block = { lockIos: 2, bitmapIos: 1, descriptorIos: 1, zeroIos: 1 };
    expect(countsOf(rig, 'esx1')).toEqual({ ...block, heartbeatIos: 2 });
  });

  it('counts pointer blocks, read and written, of a file above 256 MB', () => {
    const rig = new Rig(2048);
    const host = rig.host();
    const file = rig.volume.createFile('disk', GB, 'thin');
    rig.open(host, file);
    host.guest.issue(WRITE, file.index, 0, 8);
    rig.run(20);
    const block = { lockIos: 2, bitmapIos: 1, pointerIos: 2, zeroIos: 1 };
    expect(countsOf(rig, 'esx1')).toEqual(block);
  });

  it('counts RESERVE and RELEASE without ATS, and that a lock is read before it is written', () => {
    const { rig, write } = reserving();
    const { lockIos = 0, reserveIos = 0 } = countsOf(rig, 'esx1');
    expect([lockIos, reserveIos]).toEqual([2, 2]);
    write(0);
    const block = { lockIos: 4, bitmapIos: 1, descriptorIos: 1, zeroIos: 1, reserveIos: 4 };
    expect(countsOf(rig, 'esx1')).toEqual(block);
  });
});

describe('a commit without ATS', () => {
  it('goes under one reservation, and zeroes its block without', () => {
    const { rig, write } = reserving();
    write(0);
    const commit = 'RESERVE 0, READ 1, WRITE 1, WRITE 1, WRITE 4';
    expect(names(rig.device.drain())).toBe(`${commit}, ZERO 2048, RELEASE 0, WRITE 8`);
  });

  it('of a volume that one host mounts needs none', () => {
    const rig = new Rig(200, { plan: { hosts: ['esx1'] } });
    const host = rig.host();
    rig.device.unsupported.add(ATS);
    rig.open(host, rig.volume.createFile('f', MB, 'thin'));
    rig.run(4000);
    expect(rig.device.drain().some(({ op }) => op === RESERVE)).toBe(false);
  });

  it('is begun anew where the reservation was lost', () => {
    const { rig, host, write } = reserving();
    rig.device.failures.set(WRITE, [pluginStatus(PLUGIN_RESERVATION_LOST), 0]);
    write(0);
    const seen = rig.device.drain();
    // Each loss is followed by RELEASE, which does no harm, and another RESERVE.
    expect(names(seen)).toMatch(/^(RESERVE 0, READ 1, WRITE 1, RELEASE 0(, |$))+/);
    expect(rig.logged('vmfs.reservation.lost')).toBeGreaterThan(1);
    rig.device.failures.clear();
    rig.run(50);
    expect(host.guest.done).toMatchObject([{ status: 0 }]);
  });

  it('leaves the device to others for as long as it was shared: 45 ms', () => {
    const { rig, host } = reserving(GB);
    const file = rig.volume.files.find((known) => known?.path === 'disk');
    // One block after the other, without a pause, for a second.
    const times: { op: number; at: number }[] = [];
    const { submit } = rig.device;
    rig.device.submit = function (io) {
      const op = rig.sim.requests.op[io]!;
      if (op === RESERVE || op === RELEASE) times.push({ op, at: rig.sim.now });
      submit.call(this, io);
    };
    for (let mb = 0; mb < 400; mb++) host.guest.issue(WRITE, file!.index, mb * FB, 8);
    rig.run(2000);
    const held = times.flatMap(({ op, at }, index) =>
      op === RELEASE ? [at - times[index - 1]!.at] : [],
    );
    // Disk.DiskReservationThreshold, and what had begun before it was over.
    expect(Math.max(...held)).toBeLessThan(60e6);
    for (const [index, { op, at }] of times.entries()) {
      const before = times[index - 1];
      if (op !== RESERVE || before === undefined) continue;
      const wasLong = before.at - times[index - 2]!.at >= 45e6;
      if (wasLong) expect(at - before.at).toBeGreaterThanOrEqual(45e6);
    }
  });
});

describe('an ATS-only volume', () => {
  it('waits until the device takes ATS again, and never reserves', () => {
    const rig = new Rig(200, { plan: { ...SHARED, locking: 'ats-only' } });
    const host = rig.host();
    const file = rig.volume.createFile('disk', 16 * MB, 'thin');
    rig.open(host, file);
    rig.device.unsupported.add(ATS);
    host.guest.issue(WRITE, file.index, 0, 8);
    rig.run(5000);
    expect(host.guest.done).toEqual([]);
    expect(rig.logged('vmfs.ats.lost')).toBe(1);
    expect(new Set(rig.device.drain().map(({ op }) => op))).toEqual(new Set([ATS]));
    rig.device.unsupported.clear();
    rig.run(2000);
    expect(host.guest.done).toMatchObject([{ status: 0 }]);
    expect(rig.logged('vmfs.ats.restored')).toBe(1);
  });
});
