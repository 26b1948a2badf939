import { describe, expect, it } from 'vitest';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { NfsServer } from '../../../src/engine/devices/nfs-server.js';
import { DiskDriver } from '../../../src/engine/stack/block/disk-driver.js';
import { extentsOf, LvmVolume, volumeBlocks } from '../../../src/engine/stack/block/lvm-volume.js';
import { FileNumbers } from '../../../src/engine/stack/filesystem/file.js';
import { FileSystemSwitch } from '../../../src/engine/stack/filesystem/file-system-switch.js';
import { NfsVolume } from '../../../src/engine/stack/filesystem/nfs/volume.js';
import { VmfsMount } from '../../../src/engine/stack/filesystem/vmfs/mount.js';
import { VmfsVolume } from '../../../src/engine/stack/filesystem/vmfs/volume.js';
import { TestDevice, TestGuest } from '../rig.js';
import { mountNfs } from './nfs-rig.js';
import { FB, GB, MB, planOf } from './vmfs-rig.js';

const SECOND = 1e9;

describe('a datastore down to the devices', () => {
  it('golden: a file over two extents', () => {
    const sim = new Sim(1, 64);
    const lunBlocks = [(2 * GB) / 512, (2 * GB) / 512];
    const devices = lunBlocks.map(() => new TestDevice(sim));
    const disks = devices.map(
      (device, n) =>
        new DiskDriver(sim, { host: 'h', uid: `naa.${n}`, capacityBlocks: lunBlocks[n] }, device),
    );
    const extents = extentsOf(lunBlocks);
    const lvm = new LvmVolume(sim, { host: 'h', datastore: 'ds', extents }, disks);
    const blocks = volumeBlocks(extents);
    // 2 GiB less 17 MiB hold seven physical extents of 256 MiB.
    expect(blocks).toBe(2 * 7 * 256 * FB);
    const plan = planOf('ds', 'vmfs', 4 * GB);
    const volume = new VmfsVolume(sim, plan, new FileNumbers(), blocks);
    const mount = new VmfsMount(sim, { host: 'h' }, volume, lvm);
    const fss = new FileSystemSwitch(sim, { host: 'h' });
    const guest = new TestGuest(sim, 'guest');
    guest.lower = fss;
    const file = volume.createFile('disk', 2 * GB, 'eagerThick');
    fss.open(file, mount);
    sim.runUntil(SECOND);
    for (const device of devices) device.drain();

    // The first extent is 1792 file blocks, of which the metadata takes 766.
    expect(3584 - volume.free - 2048).toBe(766);
    const border = (1792 - 766) * FB;
    const commands = [
      [READ, 0, 8],
      [WRITE, border - 8, 8],
      [WRITE, border - 8, 24],
      [READ, border + 100, 8],
    ];
    for (const [op, lba, length] of commands) {
      guest.issue(op, file.index, lba, length);
      sim.runUntil(sim.now + 1e7);
    }
    const data = 0x1100000 / 512;
    const rows = devices.map(({ seen }) =>
      seen.filter(({ world }) => world === 1).map(({ op, lba, blocks: n }) => [op, lba - data, n]),
    );
    expect(rows).toEqual([
      [
        [READ, 766 * FB, 8],
        [WRITE, 1792 * FB - 8, 8],
        [WRITE, 1792 * FB - 8, 8],
      ],
      [
        [WRITE, 0, 16],
        [READ, 100, 8],
      ],
    ]);
    expect(guest.done.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(sim.requests.inFlight).toBe(0);
  });

  it('on an NFS server that goes away: commands wait, nothing is lost', () => {
    const sim = new Sim(1, 64);
    const server = new NfsServer(sim, {
      name: 'filer1',
      capacityBytes: 10 * GB,
      threads: 4,
      disk: { model: 'constant', params: {} },
      rttNs: 200_000,
      copyBytesPerSecond: 4e9,
      bytesPerSecond: 1e9,
    });
    const volume = new NfsVolume(sim, planOf('nas', 'nfs', 100 * MB), new FileNumbers());
    const mount = mountNfs(sim, 'h', volume, server, 8);
    const fss = new FileSystemSwitch(sim, { host: 'h' });
    const guest = new TestGuest(sim, 'guest');
    guest.lower = fss;
    const file = volume.createFile('disk', 50 * MB, 'thin');
    fss.open(file, mount);
    for (let n = 0; n < 20; n++) guest.issue(n % 2, file.index, n * 8, 8);
    sim.runUntil(500_000);
    sim.meters.sample();
    sim.runUntil(SECOND);
    expect(guest.done.length).toBe(20);
    server.setUp(false, 'test');
    for (let n = 0; n < 20; n++) guest.issue(WRITE, file.index, n * FB, 8);
    sim.runUntil(300 * SECOND);
    sim.meters.sample();
    expect(guest.done.length).toBe(20);
    server.setUp(true, 'test');
    sim.runUntil(301 * SECOND);
    sim.meters.sample();
    expect(guest.done.length).toBe(40);
    expect(guest.done.every(({ status }) => status === 0)).toBe(true);
    expect(sim.requests.inFlight).toBe(0);
    const kinds = sim.log.entries.map(({ kind }) => kind).filter((kind) => kind !== 'port.state');
    expect(kinds).toEqual([
      'nfs.lock.stale',
      'apd.start',
      'nfs.server.down',
      'apd.timeout',
      'apd.exit',
      'nfs.server.restored',
      'nfs.lock.renewed',
    ]);
  });
});
