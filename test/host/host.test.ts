/** A real machine's disks: reading Linux's counters, showing them, recording them. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adapter } from '../../src/engine/views/adapter.js';
import { device } from '../../src/engine/views/device.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import { formatCell } from '../../src/engine/views/kit/format.js';
import { type View, viewRows } from '../../src/engine/views/kit/view.js';
import { spindle } from '../../src/engine/views/spindle.js';
import { type DiskCounters, parseDiskstats } from '../../src/host/diskstats.js';
import { linuxDisks } from '../../src/host/inventory.js';
import { Recorder } from '../../src/host/recorder.js';
import { HostSamples } from '../../src/host/samples.js';
import type { HostSource, Reading } from '../../src/host/source.js';
import { readTrace } from '../../src/input/read-trace.js';
import { formatUpdate } from '../../src/output/host.js';
import { planReplay } from '../../src/scenario/replay.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-host-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('/proc/diskstats', () => {
  // Kernel documentation, admin-guide/iostats: fields 1 to 11, 12 to 15 since 4.18, 16 and 17 since 5.5.
  const NEW = ' 8 0 sda 100 5 800 50 200 7 1600 400 3 300 450 10 0 80 5 4 2';
  const OLD = ' 8 16 sdb 1 0 8 2 3 0 24 4 0 5 6';
  const stats = `   8  1 sda1 9 9 9 9 9 9 9 9 9 9 9\n${NEW}\n${OLD}\n 7 0 loop0 1 1 1 1 1 1 1 1 1 1 1\n`;

  test('has the counters of whole disks, in blocks of 512 bytes and in milliseconds', () => {
    const found = parseDiskstats(stats, new Set(['sda', 'sdb']));
    expect([...found.keys()]).toEqual(['sda', 'sdb']);
    expect(found.get('sda')).toEqual({
      reads: 100,
      readBlocks: 800,
      readNs: 50e6,
      writes: 200,
      writeBlocks: 1600,
      writeNs: 400e6,
      active: 3,
      busyNs: 300e6,
      // 10 discards of 80 blocks in 5 ms, 4 flushes in 2 ms.
      others: 14,
      otherBlocks: 80,
      otherNs: 7e6,
    });
    expect(found.get('sdb')).toMatchObject({ reads: 1, writes: 3, others: 0, otherNs: 0 });
  });

  test('of a container that hides them is empty', () => {
    expect(parseDiskstats('', new Set(['sda'])).size).toBe(0);
  });
});

describe('/sys', () => {
  /** A disk as the kernel shows it: a link from /sys/block to its place among the devices. */
  function disk(path: string, files: Record<string, string>): void {
    const place = join(folder, 'devices', path);
    mkdirSync(place, { recursive: true });
    mkdirSync(join(folder, 'block'), { recursive: true });
    symlinkSync(place, join(folder, 'block', path.slice(path.lastIndexOf('/') + 1)));
    for (const [name, text] of Object.entries(files)) write(join(place, name), text);
  }
  function write(file: string, text: string): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }

  test('tells disks, what they hang on and how much they take; no memory, no files, no mirrors', () => {
    disk('pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda', {
      size: '1953525168',
      'device/model': 'ACME 1TB  ',
      'device/queue_depth': '32',
    });
    write(join(folder, 'class/scsi_host/host0/proc_name'), 'ahci');
    write(join(folder, 'class/scsi_host/host0/can_queue'), '32');
    disk('pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1', { size: '1000', 'device/model': 'FAST' });
    disk('pci0000:00/0000:00:02.0/virtio1/block/vda', { size: '512' });
    for (const name of ['loop0', 'ram1', 'zram0', 'dm-0', 'md127', 'sr0']) {
      disk(`virtual/block/${name}`, { size: '8' });
    }
    // A card reader without a card.
    disk('pci0000:00/usb1/host6/target6:0:0/6:0:0:0/block/sdb', { size: '0' });
    expect(linuxDisks(folder)).toEqual([
      {
        name: 'nvme0n1',
        adapter: 'nvme0',
        driver: 'nvme',
        model: 'FAST',
        queueDepth: undefined,
        adapterDepth: undefined,
        sizeBlocks: 1000,
      },
      {
        name: 'sda',
        adapter: 'host0',
        driver: 'ahci',
        model: 'ACME 1TB',
        queueDepth: 32,
        adapterDepth: 32,
        sizeBlocks: 1953525168,
      },
      expect.objectContaining({ name: 'vda', adapter: 'virtio1', driver: 'virtio' }),
    ]);
  });

  test('that is not there has none', () => {
    expect(linuxDisks(join(folder, 'nowhere'))).toEqual([]);
  });
});

const disk = (name: string, depth: number | undefined) => ({
  name,
  adapter: 'host0',
  driver: 'ahci',
  model: 'ACME',
  queueDepth: depth,
  adapterDepth: undefined,
  sizeBlocks: 2 ** 21,
});

function source(...names: string[]): HostSource {
  return {
    host: 'box',
    disks: names.map((name) => disk(name, 32)),
    volumes: [{ name: '/', type: 'ext4', capacityBlocks: 100, freeBlocks: 40 }],
    read: () => Promise.reject(new Error('not in this test')),
  };
}

const ZERO: DiskCounters = {
  reads: 0,
  writes: 0,
  others: 0,
  readBlocks: 0,
  writeBlocks: 0,
  otherBlocks: 0,
  readNs: 0,
  writeNs: 0,
  otherNs: 0,
  active: 0,
  busyNs: 0,
};

function reading(disks: Readonly<Record<string, Partial<DiskCounters>>>): Reading {
  const { volumes } = source();
  return {
    disks: new Map(Object.entries(disks).map(([name, counters]) => [name, counters])),
    volumes,
  };
}

/** Two seconds: 400 reads of 4 KiB at 2 ms, 100 writes of 64 KiB at 5 ms, busy for one of them. */
const FULL = {
  ...ZERO,
  reads: 400,
  readBlocks: 3200,
  readNs: 800e6,
  writes: 100,
  writeBlocks: 12800,
  writeNs: 500e6,
  active: 3,
  busyNs: 1e9,
};

/** The cells of a view's first row. */
function cells(view: View, samples: HostSamples, before: Reading, after: Reading) {
  const window = {
    entities: new Entities(samples.entities),
    before: samples.sample(0, before),
    after: samples.sample(2e9, after),
  };
  const [row] = viewRows(view, window);
  expect(row).toBeDefined();
  return Object.fromEntries(
    view.fields.map(({ id, format, value }) => [id, row && formatCell(format, value(row), 40)]),
  );
}

describe('the screens', () => {
  test('show rates and times as they follow from the counters, and - for what is not told', () => {
    const samples = new HostSamples(source('sda', 'sdb'), reading({ sda: ZERO, sdb: ZERO }));
    const before = reading({ sda: ZERO, sdb: ZERO });
    const after = reading({ sda: FULL, sdb: ZERO });
    const wanted = {
      'CMDS/s': '250.00',
      'READS/s': '200.00',
      'MBREAD/s': '0.78',
      'MBWRTN/s': '3.13',
      'GAVG/cmd': '2.60',
      'DAVG/cmd': '-',
      'KAVG/cmd': '-',
      'QAVG/cmd': '-',
      QUED: '-',
      ACTV: '3',
    };
    expect(cells(device, samples, before, after)).toMatchObject({
      ...wanted,
      DEVICE: 'sda',
      LUN: 'ACME',
      DQLEN: '32',
      STATE: '-',
      'GAVG/rd': '2.00',
      'GAVG/wr': '5.00',
      '%USD': '9',
    });
    expect(cells(adapter, samples, before, after)).toMatchObject({
      ...wanted,
      ADAPTR: 'host0',
      DRIVER: 'ahci',
      NPTH: '2',
      LINK: '-',
      AQLEN: '-',
    });
    // Half of the time had something to do.
    expect(cells(spindle, samples, before, after)).toMatchObject({ '%BUSY': '50', DISK: 'sda' });
    // Idle: what nobody knows is no zero either.
    expect(cells(adapter, samples, before, before)).toMatchObject({
      'CMDS/s': '0.00',
      'KAVG/cmd': '-',
      'QAVG/cmd': '-',
    });
  });

  test('of a system that only counts: rates, and - for every time', () => {
    const counts = { reads: 0, writes: 0 };
    const samples = new HostSamples(source('all'), reading({ all: counts }));
    const after = reading({ all: { reads: 20, writes: 2 } });
    expect(cells(device, samples, reading({ all: counts }), after)).toMatchObject({
      'READS/s': '10.00',
      'WRITES/s': '1.00',
      'MBREAD/s': '-',
      'GAVG/cmd': '-',
      ACTV: '-',
    });
  });

  test('as text and as JSON: null where nothing is told', () => {
    const samples = new HostSamples(source('sda'), reading({ sda: ZERO }));
    const [before, after] = [
      samples.sample(0, reading({ sda: ZERO })),
      samples.sample(2e9, reading({ sda: FULL })),
    ];
    const json = JSON.parse(formatUpdate('box', samples.entities, before, after, true));
    expect(json).toMatchObject({ host: 'box', fromSeconds: 0, toSeconds: 2 });
    expect(json.devices[0]).toMatchObject({ DEVICE: 'sda', 'CMDS/s': 250, 'GAVG/rd': 2 });
    expect(json.adapters[0]).toMatchObject({ ADAPTR: 'host0', AQLEN: null });
    const text = formatUpdate('box', samples.entities, before, after, false);
    expect(text).toMatch(/^0 s to 2 s\nDEVICE .*\nsda +ACME +32 +3 +250\.00/);
  });
});

describe('a recording', () => {
  test('has the numbers and bytes of every interval and disk exactly, and is replayed', () => {
    const file = join(folder, 'disks.csv');
    const recorder = new Recorder(file, source('sda', 'sdb'), Date.UTC(2026, 10, 22));
    const [a, b] = [reading({ sda: ZERO, sdb: ZERO }), reading({ sda: FULL, sdb: ZERO })];
    // Seven reads of 100 blocks: sizes cannot all be equal.
    const odd = { ...ZERO, reads: 7, readBlocks: 100, readNs: 7e6 };
    recorder.add(a, b, 0, 2e9);
    recorder.add(b, reading({ sda: FULL, sdb: odd }), 2e9, 4e9);
    recorder.close();
    expect(recorder).toMatchObject({ reads: 407, writes: 100, intervals: 2 });
    const { format, summary, table } = readTrace(file);
    expect(format).toBe('msr-csv');
    expect(summary).toMatchObject({
      reads: 407,
      writes: 100,
      bytesRead: (3200 + 100) * 512,
      bytesWritten: 12800 * 512,
      skipped: 0,
      rounded: 0,
      sorted: false,
      units: 2,
    });
    // The second disk's commands are all of the second interval.
    const [first = 0] = table.at;
    const second = Array.from(table.unit).flatMap((unit, index) =>
      unit === 1 ? [(table.at[index] ?? 0) - first] : [],
    );
    expect(second).toHaveLength(7);
    expect(Math.min(...second)).toBeGreaterThan(1.9e9);
    expect(summary.maxLbaBlocks).toBeLessThanOrEqual(2 ** 21);
    expect(planReplay({ trace: file }).plan.replays.length).toBeGreaterThan(0);
  });

  test('says where it cannot be written', () => {
    expect(() => new Recorder('/nowhere/x.csv', source('sda'), 0)).toThrow(
      '/nowhere/x.csv: cannot be written (ENOENT)',
    );
  });
});
