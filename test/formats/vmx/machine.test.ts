/** What a .vmx and a .vmsd say (reference `stack-upper.md`, sections 17 to 19). */
import { describe, expect, it } from 'vitest';
import { Dictionary } from '../../../src/engine/formats/dictionary/dictionary.js';
import { readHardware } from '../../../src/engine/formats/vmx/hardware.js';
import { SnapshotList } from '../../../src/engine/formats/vmx/snapshot-list.js';

const read = (...lines: string[]): Dictionary =>
  Dictionary.read(new TextEncoder().encode(`${lines.join('\n')}\n`), 'web1');
const hardware = (...lines: string[]) =>
  readHardware(read('config.version = "8"', ...lines), 'web1');

describe('hardware of a machine', () => {
  it('has adapters of all buses and their devices', () => {
    const { adapters, devices, ...rest } = hardware(
      'virtualHW.version = "14"',
      'displayName = "web1"',
      'memSize = "4096"',
      'sched.mem.min = "1024"',
      'numvcpus = "2"',
      'scsi0.present = "TRUE"',
      'scsi0.virtualDev = "PVSCSI"',
      'scsi1.present = "TRUE"',
      'scsi1.sharedBus = "physical"',
      'nvme0.present = "TRUE"',
      'sata0.present = "FALSE"',
      'ctkEnabled = "TRUE"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "web1.vmdk"',
      'scsi0:0.deviceType = "scsi-hardDisk"',
      'scsi0:0.ctkEnabled = "TRUE"',
      'sched.scsi0:0.shares = "high"',
      'sched.scsi0:0.throughputCap = "off"',
      'scsi0:63.present = "TRUE"',
      'scsi0:63.fileName = "far.vmdk"',
      'sched.scsi0:63.shares = "1500"',
      'sched.scsi0:63.throughputCap = "200"',
      'sched.scsi0:63.reservation = "50"',
      'scsi0:1.present = "FALSE"',
      'nvme0:2.present = "TRUE"',
      'nvme0:2.fileName = "fast.vmdk"',
      'nvme0:2.mode = "independent-persistent"',
      'ide1:0.present = "TRUE"',
      'ide1:0.deviceType = "cdrom-image"',
    );
    expect(rest).toMatchObject({ hardwareVersion: 14, cpus: 2, warnings: [] });
    expect(rest.memoryBytes).toBe(4 * 1024 ** 3);
    expect(rest.memoryReservedBytes).toBe(1024 ** 3);
    expect(adapters.map(({ name, type, sharedBus }) => `${name} ${type} ${sharedBus}`)).toEqual([
      'scsi0 pvscsi none',
      'scsi1 lsilogic physical',
      'nvme0 nvme none',
      'ide0 ide none',
      'ide1 ide none',
    ]);
    expect(devices.map(({ name, kind, mode }) => `${name} ${kind} ${mode}`)).toEqual([
      'scsi0:0 disk persistent',
      'scsi0:63 disk persistent',
      'nvme0:2 disk independent-persistent',
      'ide1:0 cdrom persistent',
    ]);
    expect(devices[0]).toMatchObject({ shares: 2000, limit: 0, changeTracking: true });
    expect(devices[1]).toMatchObject({ shares: 1500, limit: 200, reservation: 50 });
  });

  it('says what a host would refuse', () => {
    const { devices, warnings } = hardware(
      'virtualHW.version = "4"',
      'scsi0.present = "TRUE"',
      'scsi0.virtualDev = "adaptec"',
      'scsi0:7.present = "TRUE"',
      'scsi0:16.present = "TRUE"',
      'scsi2:0.present = "TRUE"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "a.vmdk"',
      'scsi0:0.ctkEnabled = "TRUE"',
      'scsi0:0.FILENAME = "b.vmdk"',
      'nonsense',
    );
    expect(devices.map(({ name, file }) => [name, file])).toEqual([['scsi0:0', 'b.vmdk']]);
    for (const words of [
      'scsi0 is a "adaptec"',
      'scsi0:7: ',
      'scsi0:16: ',
      'scsi2:0 is on an adapter that is not there',
      'ctkEnabled has no effect',
      'needs hardware version 7',
      'scsi0:0.filename is set more than once',
      'line 12 is no setting',
    ]) {
      expect(warnings.join('\n')).toContain(words);
    }
  });

  it('is refused for other files and for what is no number', () => {
    expect(() => readHardware(read('a = "b"'), 'web1')).toThrow(/web1: expected the configuration/);
    expect(() => hardware('memSize = "much"')).toThrow(/web1: memSize is "much"/);
  });
});

describe('a list of snapshots', () => {
  /** The time of section 18: 1700000000 s. */
  const TWO = [
    '.encoding = "UTF-8"',
    'snapshot.lastUID = "7"',
    'snapshot.current = "7"',
    'snapshot0.uid = "3"',
    'snapshot0.filename = "web1-Snapshot3.vmsn"',
    'snapshot0.displayName = "before |22it|22"',
    'snapshot0.type = "1"',
    'snapshot0.createTimeHigh = "395812"',
    'snapshot0.createTimeLow = "404635648"',
    'snapshot0.numDisks = "1"',
    'snapshot0.disk0.fileName = "web1.vmdk"',
    'snapshot0.disk0.node = "scsi0:0"',
    'snapshot1.uid = "7"',
    'snapshot1.parent = "3"',
    'snapshot1.future = "kept"',
    'snapshot1.createTimeHigh = "395812"',
    'snapshot1.createTimeLow = "-2"',
    'snapshot.numSnapshots = "2"',
  ];

  it('is a tree with times and disks', () => {
    const list = new SnapshotList(read(...TWO), 'web1.vmsd');
    const [first, second] = list.all();
    expect(first).toEqual({
      uid: 3,
      displayName: 'before "it"',
      description: '',
      file: 'web1-Snapshot3.vmsn',
      createdAtUs: 1_700_000_000_000_000,
      withMemory: false,
      disks: [{ node: 'scsi0:0', file: 'web1.vmdk' }],
    });
    expect(second).toMatchObject({ parent: 3, withMemory: true });
    // A low half with its sign: 2^32 - 2 (section 18).
    expect(second.createdAtUs).toBe(395812 * 2 ** 32 + 2 ** 32 - 2);
    expect(new SnapshotList(read(''), 'x').all()).toEqual([]);
  });

  it('grows and shrinks, and keeps what it does not know', () => {
    const dictionary = read(...TWO);
    const list = new SnapshotList(dictionary, 'web1.vmsd');
    const created = {
      uid: 8,
      parent: 7,
      displayName: 'c|d',
      description: '',
      file: 'web1-Snapshot8.vmsn',
    };
    const third = { ...created, createdAtUs: 395813 * 2 ** 32 - 2, withMemory: true, disks: [] };
    list.add(third);
    expect(list.all()[2]).toEqual(third);
    expect(dictionary.get('snapshot2.createTimeLow')).toBe('-2');
    expect(list.current).toBe(8);
    list.remove(3);
    expect(list.all().map(({ uid, parent }) => [uid, parent])).toEqual([
      [7, undefined],
      [8, 7],
    ]);
    expect(dictionary.get('snapshot0.future')).toBe('kept');
    expect(dictionary.keys().some((key) => key.startsWith('snapshot2.'))).toBe(false);
    list.remove(8);
    expect(list.current).toBe(7);
  });

  it('is refused with parents that are missing or come back to themselves', () => {
    const change =
      (...lines: string[]) =>
      () =>
        new SnapshotList(read(...TWO, ...lines), 'web1.vmsd').all();
    expect(change('snapshot0.parent = "7"')).toThrow(/its own ancestor/);
    expect(change('snapshot0.parent = "3"')).toThrow(/its own ancestor/);
    expect(change('snapshot1.parent = "9"')).toThrow(/child of 9, which is not/);
    expect(change('snapshot1.uid = "3"')).toThrow(/two snapshots/);
    expect(change('snapshot.numSnapshots = "99999999"')).toThrow(/at most 1024/);
    expect(change('snapshot.current = "4"')).toThrow(/current snapshot 4/);
  });
});
