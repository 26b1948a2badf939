import { describe, expect, it } from 'vitest';
import { OTHER, READ, TEST_UNIT_READY, UNMAP, WRITE } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { CHECK, pluginStatus, SENSE_INVALID_OPCODE } from '../../../src/engine/core/status.js';
import type { FileHandle } from '../../../src/engine/stack/files.js';
import { FileNumbers } from '../../../src/engine/stack/filesystem/file.js';
import { FileSystemSwitch } from '../../../src/engine/stack/filesystem/file-system-switch.js';
import { NfsVolume } from '../../../src/engine/stack/filesystem/nfs/volume.js';
import { TestDevice, TestGuest } from '../rig.js';
import { mountNfs } from './nfs-rig.js';
import { FB, GB, MB, planOf } from './vmfs-rig.js';

const SECOND = 1e9;

function setUp(capacityMb: number, maxQueueDepth?: number) {
  const sim = new Sim(1, 256);
  const server = new TestDevice(sim);
  const volume = new NfsVolume(sim, planOf('nas', 'nfs', capacityMb * MB), new FileNumbers());
  const mount = mountNfs(sim, 'esx1', volume, server, maxQueueDepth);
  const fss = new FileSystemSwitch(sim, { host: 'esx1' });
  const guest = new TestGuest(sim, 'guest');
  guest.lower = fss;
  const create = (name: string, mb: number): FileHandle => {
    const file = volume.createFile(name, mb * MB, 'thin');
    fss.open(file, mount, guest.traffic);
    return file;
  };
  const device = sim.meters.entities.find(({ scope }) => scope === 'device');
  const field = (name: string): number => {
    sim.meters.sample();
    return device!.values[device!.slot(name)];
  };
  const events = (): string[] =>
    sim.log.entries.map(({ kind, at }) => `${kind} ${Math.round(at / SECOND)} s`);
  return { sim, server, volume, mount, guest, create, device: device!, field, events };
}

describe('NFS datastore', () => {
  it('keeps files thin: the server gives 1 MB at a time', () => {
    const { sim, volume, mount, guest, create } = setUp(100);
    const file = create('disk', 50);
    guest.issue(READ, file.index, 0, 8);
    sim.runUntil(SECOND);
    expect(volume.free).toBe(100);
    guest.issue(WRITE, file.index, 0, 8);
    guest.issue(WRITE, file.index, 2 * FB - 4, 8);
    guest.issue(WRITE, file.index, 16, 8);
    sim.runUntil(2 * SECOND);
    expect([volume.free, file.allocatedBlocks]).toEqual([97, 3 * FB]);
    expect(guest.done.every(({ status }) => status === 0)).toBe(true);
    mount.close(file);
    volume.removeFile(file);
    expect(volume.free).toBe(100);
  });

  it('keeps the files apart at the server', () => {
    const { sim, server, guest, create } = setUp(100);
    const files = [create('a', 50), create('b', 50)];
    for (const file of files) guest.issue(READ, file.index, 100, 8);
    sim.runUntil(SECOND);
    expect(server.seen.map(({ lba }) => lba)).toEqual([100, 50 * FB + 100]);
  });

  it('fails writes that need space with NO_SPACE until there is some', () => {
    const { sim, volume, guest, create, events } = setUp(100);
    const file = create('disk', 50);
    let freed = 0;
    volume.onSpaceFreed(() => freed++);
    volume.fill(GB);
    guest.issue(WRITE, file.index, 0, 8);
    guest.issue(WRITE, file.index, 0, 8);
    guest.issue(UNMAP, file.index, 0, 8);
    sim.runUntil(SECOND);
    // The host knows by itself that there is no UNMAP; that there is no space the server says.
    expect(guest.done).toMatchObject([
      { status: CHECK, sense: SENSE_INVALID_OPCODE, at: 0 },
      { status: pluginStatus(8), at: 100_000 },
      { status: pluginStatus(8), at: 100_000 },
    ]);
    volume.release();
    sim.runUntil(2 * SECOND);
    expect(events()).toEqual(['datastore.full 0 s', 'datastore.space 1 s']);
    expect([freed, volume.free]).toEqual([1, 100]);
  });

  it('has at most NFS.MaxQueueDepth commands at the server', () => {
    const { sim, server, guest, create, device, field } = setUp(100, 4);
    const file = create('disk', 50);
    for (let n = 0; n < 12; n++) guest.issue(READ, file.index, n * 8, 8);
    expect(server.seen.length).toBe(4);
    expect([field('active'), field('queued')]).toEqual([4, 8]);
    sim.runUntil(SECOND);
    expect(guest.done.length).toBe(12);
    expect(device.name).toBe('{NFS}nas');
    expect(device.labels).toMatchObject({ type: 'nfs', host: 'esx1' });
    // Three rounds of 100 us: the second waits for one, the third for two.
    expect(field('deviceReadNs')).toBe(12 * 100_000);
    expect(field('queueReadNs')).toBe(4 * 100_000 + 4 * 200_000);
    expect(field('readNs')).toBe(12 * 100_000 + 4 * 100_000 + 4 * 200_000);
  });

  it('sends commands again when the connection was lost', () => {
    const { sim, server, guest, create, field } = setUp(100);
    const file = create('disk', 50);
    server.down = true;
    guest.issue(WRITE, file.index, 100, 8);
    sim.runUntil(2.5 * SECOND);
    expect(guest.done).toEqual([]);
    server.down = false;
    sim.runUntil(4 * SECOND);
    expect(guest.done).toMatchObject([{ status: 0 }]);
    expect(server.seen.map(({ lba }) => lba)).toEqual([100, 100, 100, 100]);
    expect([field('retries'), field('active'), sim.requests.inFlight]).toEqual([3, 0, 0]);
  });
});

describe('NFS heartbeat', () => {
  it('asks every 12 s, unless the server has answered within 5 s', () => {
    const { sim, server, guest, create } = setUp(100);
    const file = create('disk', 50);
    sim.runUntil(30 * SECOND);
    // Lock files are written every 10 s besides.
    const asked = server.drain().filter(({ op }) => op !== OTHER);
    expect(asked.map(({ op }) => op)).toEqual([TEST_UNIT_READY, TEST_UNIT_READY]);
    sim.runUntil(33 * SECOND);
    guest.issue(READ, file.index, 0, 8);
    sim.runUntil(40 * SECOND);
    expect(server.drain().map(({ op }) => op)).toEqual([READ, OTHER]);
  });

  it.each(['silent', 'down'] as const)(
    'declares APD after 3 failures and the volume down after 10: %s',
    (how) => {
      const { sim, server, field, events } = setUp(100);
      sim.runUntil(13 * SECOND);
      server[how] = true;
      sim.runUntil(230 * SECOND);
      // First asked at 24 s; a silent server's answer is late 5 s after each question.
      const late = how === 'silent' ? 5 : 0;
      const third = 24 + 2 * 12 + late;
      const tenth = 24 + 9 * 12 + late;
      const expected = [
        `apd.start ${third} s`,
        `nfs.server.down ${tenth} s`,
        `apd.timeout ${third + 140} s`,
      ];
      expect(events()).toEqual(expected);
      expect(field('state')).toBe(2);
      if (how === 'silent') server.speak();
      else server.down = false;
      sim.runUntil(245 * SECOND);
      expect(
        events()
          .slice(3)
          .map((event) => event.split(' ')[0]),
      ).toEqual(['apd.exit', 'nfs.server.restored']);
      expect([field('state'), sim.requests.inFlight]).toEqual([0, 0]);
    },
  );
});
