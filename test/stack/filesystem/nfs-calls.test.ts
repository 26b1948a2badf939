import { describe, expect, it } from 'vitest';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import {
  CHECK,
  HOST_ABORT,
  HOST_ERROR,
  hostStatus,
  SENSE_WRITE_PROTECTED,
} from '../../../src/engine/core/status.js';
import { NfsServer } from '../../../src/engine/devices/nfs-server.js';
import { FileNumbers } from '../../../src/engine/stack/filesystem/file.js';
import { FileSystemSwitch } from '../../../src/engine/stack/filesystem/file-system-switch.js';
import { NfsVolume } from '../../../src/engine/stack/filesystem/nfs/volume.js';
import { Settings } from '../../../src/engine/stack/settings.js';
import { TaskManager } from '../../../src/engine/stack/task-management/task-manager.js';
import { TestGuest } from '../rig.js';
import { mountNfs } from './nfs-rig.js';
import { GB, MB, planOf } from './vmfs-rig.js';

const SECOND = 1e9;

function setUp(version: 3 | 4.1, addresses = 1) {
  const sim = new Sim(1, 256);
  const server = new NfsServer(sim, {
    name: 'filer1',
    capacityBytes: 10 * GB,
    threads: 64,
    disk: { model: 'constant', params: { service: 1e6, channels: 64 } },
    rttNs: 200_000,
    copyBytesPerSecond: 4e9,
    bytesPerSecond: 1e12,
    addresses,
    graceNs: 30 * SECOND,
  });
  const plan = { ...planOf('nas', 'nfs', 100 * MB), version };
  const volume = new NfsVolume(sim, plan, new FileNumbers());
  const mount = mountNfs(sim, 'esx1', volume, server, undefined, server);
  const fss = new FileSystemSwitch(sim, { host: 'esx1' });
  const guest = new TestGuest(sim, 'guest');
  guest.lower = fss;
  const file = volume.createFile('disk', 50 * MB, 'thin');
  fss.open(file, mount);
  const issue = (op: number, lba: number, blocks: number): number =>
    guest.issue(op, file.index, lba, blocks);
  const run = (ms: number): void => sim.runUntil(sim.now + ms * 1e6);
  const port = sim.meters.entities.find(({ scope }) => scope === 'port')!;
  const served = (field: string): number => {
    sim.meters.sample();
    return port.values[port.slot(field)] as number;
  };
  return { sim, server, volume, mount, guest, issue, run, served, file };
}

describe('calls of NFS', () => {
  it('are no longer than the server takes them', () => {
    const { guest, issue, run, served } = setUp(3);
    issue(READ, 1000, 300);
    run(100);
    // 300 blocks in calls of 128.
    expect(served('reads')).toBe(3);
    expect(guest.done).toMatchObject([{ status: 0 }]);
  });

  it('are at most as many at once as a 4.1 session has slots', () => {
    const { guest, issue, run, served } = setUp(4.1);
    for (let n = 0; n < 10; n++) issue(READ, n * 8, 8);
    run(0.5);
    expect(served('active')).toBe(4);
    run(100);
    // Four, four and two, each 1.2 ms after the one before, as rounds.
    expect(guest.done.map(({ at }) => Math.round(at / 100_000))).toEqual([
      12, 12, 12, 12, 24, 24, 24, 24, 36, 36,
    ]);
  });

  it('end in what the server says: read-only, stale', () => {
    const { volume, guest, issue, run } = setUp(3);
    volume.readOnly = true;
    issue(WRITE, 0, 8);
    issue(READ, 0, 8);
    run(100);
    volume.readOnly = false;
    volume.setStale(true);
    issue(READ, 0, 8);
    run(100);
    volume.setStale(false);
    issue(READ, 0, 8);
    run(100);
    expect(guest.done.map(({ status, sense }) => [status, sense])).toEqual([
      [CHECK, SENSE_WRITE_PROTECTED],
      [0, 0],
      [hostStatus(HOST_ERROR), 0],
      [0, 0],
    ]);
  });

  it('given up while the server is down end at once, and are not sent again', () => {
    const { sim, server, guest, issue, run, served } = setUp(4.1);
    const tasks = new TaskManager(sim, 'esx1', new Settings());
    server.setUp(false, 'test');
    const rows = [0, 1, 2, 3, 4, 5].map((n) => issue(WRITE, n * 8, 8));
    run(10);
    // Four have slots and are with the server, two wait for one.
    for (const io of rows) tasks.abort(io);
    run(10);
    expect(guest.done.map(({ status }) => status)).toEqual(rows.map(() => hostStatus(HOST_ABORT)));
    expect(sim.requests.inFlight).toBe(0);
    // Their slots are in use until the server has said something.
    issue(READ, 0, 8);
    run(1000);
    expect(guest.done).toHaveLength(6);
    server.setUp(true, 'test');
    run(30_000);
    expect(guest.done).toHaveLength(7);
    expect(served('writes')).toBe(0);
  });

  it('are spread over the addresses of a 4.1 server, and leave one that is lost', () => {
    const { sim, server, guest, issue, run } = setUp(4.1, 2);
    server.setLinkUp(1, false, 'test');
    for (let n = 0; n < 4; n++) issue(READ, n * 8, 8);
    run(100);
    expect(guest.done).toHaveLength(2);
    // TCP gives the connection up after 10 s; then everything goes over the other one.
    run(10_000);
    expect(guest.done).toHaveLength(4);
    expect(sim.log.entries.filter(({ kind }) => kind === 'nfs.link.lost')).toHaveLength(1);
    for (let n = 0; n < 4; n++) issue(READ, n * 8, 8);
    run(100);
    expect(guest.done).toHaveLength(8);
  });

  it('lose nothing when a link is back before its connections are given up', () => {
    const { sim, server, guest, issue, run } = setUp(3);
    server.setLinkUp(0, false, 'test');
    issue(WRITE, 0, 8);
    run(5_000);
    server.setLinkUp(0, true, 'test');
    run(100);
    expect(guest.done).toMatchObject([{ status: 0 }]);
    expect(sim.requests.inFlight).toBe(0);
  });
});

describe('lock files of NFS 3', () => {
  it('are written every 10 s, and are stale after three times without', () => {
    const { sim, server, served, run } = setUp(3);
    run(9_999);
    expect(served('others')).toBe(0);
    run(10_100);
    const { others } = { others: served('others') };
    // Twice the one lock file, and one heartbeat at 12 s.
    expect(others).toBe(3);
    server.setUp(false, 'test');
    run(60_000);
    // Not answered in 5 s at 35, 45 and 55 s.
    const stale = sim.log.entries.filter(({ kind }) => kind === 'nfs.lock.stale');
    expect(stale.map(({ at }) => at / SECOND)).toEqual([55]);
    server.setUp(true, 'test');
    run(11_000);
    expect(sim.log.entries.filter(({ kind }) => kind === 'nfs.lock.renewed')).toHaveLength(1);
  });
});
