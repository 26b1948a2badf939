/** Counters of a batch file by hand, and how names in such files are understood. */
import { describe, expect, test } from 'vitest';
import type { EntityInfo, Sample } from '../../src/engine/core/meters.js';
import { parseCounterPath } from '../../src/engine/formats/pdh/counter-path.js';
import { RecordedLayout } from '../../src/engine/views/batch/recorded.js';
import { BatchWriter } from '../../src/engine/views/batch/writer.js';
import { Entities } from '../../src/engine/views/kit/entities.js';

const NO_HISTOGRAMS = new Uint32Array(0);

/** Objects with their fields at the end of two seconds; all was 0 before. */
function windowOf(
  objects: readonly (readonly [
    scope: string,
    name: string,
    labels: Record<string, string>,
    values: Record<string, number>,
  ])[],
) {
  const infos: EntityInfo[] = [];
  const values: number[] = [];
  for (const [scope, name, labels, fields] of objects) {
    infos.push({
      index: infos.length,
      scope,
      name,
      labels: { host: 'esx1', ...labels },
      fields: Object.keys(fields),
      base: values.length,
      histogram: -1,
    });
    values.push(...Object.values(fields));
  }
  const sample = (at: number, of: readonly number[]): Sample => ({
    at,
    values: Float64Array.from(of),
    histograms: NO_HISTOGRAMS,
  });
  return {
    entities: new Entities(infos),
    before: sample(
      0,
      values.map(() => 0),
    ),
    after: sample(2e9, values),
  };
}

const traffic = (reads: number, writes: number, readNs: number, writeNs: number) => ({
  reads,
  writes,
  others: 0,
  readBlocks: reads * 16,
  writeBlocks: writes * 16,
  readNs,
  writeNs,
  otherNs: 0,
  failedReads: 4,
  failedWrites: 0,
  failedOthers: 0,
});

/** 200 reads of 3 ms and 100 writes of 6 ms at the device; 0.5 ms of each waits in the adapter. */
const WINDOW = windowOf([
  [
    'adapter',
    'vmhba1',
    {},
    {
      ...traffic(200, 100, 200 * 2.5e6, 100 * 5e6),
      active: 3,
      queued: 1,
      slots: 8,
      waitNs: 300 * 0.5e6,
      aborts: 2,
      resets: 0,
      split: 10,
    },
  ],
  [
    'path',
    'vmhba1:C0:T0:L0',
    { adapter: 'vmhba1', device: 'naa.1' },
    { ...traffic(200, 100, 200 * 2.5e6, 100 * 5e6), active: 3, split: 10 },
  ],
  [
    'device',
    'naa.1',
    {},
    {
      ...traffic(200, 100, 200 * 3e6, 100 * 6e6),
      active: 3,
      queued: 1,
      slots: 32,
      deviceReadNs: 200 * 2e6,
      deviceWriteNs: 100 * 4.5e6,
      deviceOtherNs: 0,
      queueReadNs: 200 * 0.25e6,
      queueWriteNs: 100 * 0.75e6,
      queueOtherNs: 0,
      aborts: 0,
      resets: 0,
      conflicts: 6,
      reserves: 9,
      reservesFailed: 1,
      clones: 0,
      cloneFailed: 0,
      ats: 70,
      atsFailed: 7,
      zeros: 0,
      zeroFailed: 0,
      deletes: 0,
      deleteFailed: 0,
    },
  ],
  ['vm', 'web1', {}, { stunned: 0 }],
  ['disk', 'web1:scsi0:0', { vm: 'web1' }, traffic(150, 0, 150 * 4e6, 0)],
  ['disk', 'web1:scsi0:1', { vm: 'web1' }, traffic(50, 100, 50 * 8e6, 100 * 7e6)],
]);

function figures(): Map<string, string> {
  const writer = new BatchWriter(WINDOW.entities, { hosts: ['esx1'], all: true });
  const cells = (line: string): string[] => line.trimEnd().slice(1, -1).split('","');
  const names = cells(writer.header());
  const values = cells(writer.line(WINDOW, 0));
  expect(values[0]).toBe('01/01/1970 00:00:00');
  return new Map(names.map((name, index) => [name.replace('\\\\esx1\\', ''), values[index] ?? '']));
}

describe('counters', () => {
  const of = figures();
  test.each([
    ['Physical Disk(vmhba1)\\Adapter Q Depth', '8.00'],
    ['Physical Disk(vmhba1)\\Number of Paths', '1.00'],
    // (3 + 1) / 8 and 3 / 8, in per cent.
    ['Physical Disk Adapter(vmhba1)\\Load', '0.50'],
    ['Physical Disk Adapter(vmhba1)\\% Used', '37.50'],
    ['Physical Disk Adapter(vmhba1)\\Commands/sec', '150.00'],
    // 200 * 16 blocks of 512 bytes in 2 s: 0.78 MB/s.
    ['Physical Disk Adapter(vmhba1)\\MBytes Read/sec', '0.78'],
    // (200 * 2.5 + 100 * 5) / 300 - 0.5 below the queue; reads and writes waited alike.
    ['Physical Disk Adapter(vmhba1)\\Average Driver MilliSec/Command', '2.83'],
    ['Physical Disk Adapter(vmhba1)\\Average Driver MilliSec/Read', '2.00'],
    ['Physical Disk Adapter(vmhba1)\\Average Driver MilliSec/Write', '4.50'],
    // Of its device: total less device time.
    ['Physical Disk Adapter(vmhba1)\\Average Kernel MilliSec/Read', '1.00'],
    ['Physical Disk Adapter(vmhba1)\\Average Guest MilliSec/Write', '6.00'],
    ['Physical Disk Adapter(vmhba1)\\Average Queue MilliSec/Write', '0.75'],
    ['Physical Disk Adapter(vmhba1)\\Failed Commands/sec', '2.00'],
    ['Physical Disk Adapter(vmhba1)\\Aborts/sec', '1.00'],
    ['Physical Disk Adapter(vmhba1)\\Split Commands/sec', '5.00'],
    ['Physical Disk Path(vmhba1:C0:T0:L0)\\Average Driver MilliSec/Read', '2.50'],
    ['Physical Disk SCSI Device(naa.1)\\Device Q Depth', '32.00'],
    ['Physical Disk SCSI Device(naa.1)\\Reserves/sec', '4.50'],
    ['Physical Disk SCSI Device(naa.1)\\Conflicts/sec', '3.00'],
    ['Physical Disk SCSI Device(naa.1)\\Failed Reserves/sec', '0.50'],
    ['Physical Disk SCSI Device(naa.1)\\Average Guest MilliSec/Command', '4.00'],
    ['Physical Disk SCSI Device(naa.1)\\Average Driver MilliSec/Command', '2.83'],
    ['Physical Disk SCSI Device(naa.1)\\Average Kernel MilliSec/Command', '1.17'],
    ['Physical Disk SCSI Device(naa.1)\\Average Queue MilliSec/Read', '0.25'],
    // Counts since the start, not rates.
    ['Physical Disk SCSI Device(naa.1)\\ATS', '70.00'],
    ['Virtual Disk(web1)\\Reads/sec', '100.00'],
    // (150 * 4 + 50 * 8) / 200.
    ['Virtual Disk(web1)\\Average MilliSec/Read', '5.00'],
    ['Virtual Disk(web1:scsi0:0)\\Average MilliSec/Read', '4.00'],
    // No write: 0.00, never nothing.
    ['Virtual Disk(web1:scsi0:0)\\Average MilliSec/Write', '0.00'],
  ])('%s is %s', (name, value) => expect(of.get(name)).toBe(value));
});

function layoutOf(...names: readonly string[]): RecordedLayout {
  return new RecordedLayout(
    names.map((name) => {
      const path = parseCounterPath(`\\\\h\\${name}`);
      if (path === undefined) throw new Error(name);
      return path;
    }),
  );
}

const named = ({ entities }: RecordedLayout): string[] =>
  entities.map(({ scope, name, labels }) =>
    `${scope} ${name} ${labels.device ?? labels.adapter ?? labels.vm ?? ''}`.trim(),
  );

describe('names in a file', () => {
  test('a world is what follows its device, hyphens in either or not', () => {
    const layout = layoutOf(
      'Physical Disk Per-Device-Per-World(t10.a-b-c-web-1)\\Commands/sec',
      'Physical Disk Per-Device-Per-World(naa.9-2099979)\\Commands/sec',
      'Physical Disk Per-Device-Per-World({NFS}nas-1-vm)\\Commands/sec',
      'Physical Disk SCSI Device(t10.a)\\Commands/sec',
      'Physical Disk SCSI Device(t10.a-b-c)\\Commands/sec',
      'Physical Disk NFS Volume(nas-1)\\Commands/sec',
    );
    expect(named(layout)).toEqual([
      'world web-1 t10.a-b-c',
      'world 2099979 naa.9',
      'world vm {NFS}nas-1',
      'device t10.a',
      'device t10.a-b-c',
      'device {NFS}nas-1',
    ]);
  });

  test('a path is found with other words around it, and in the object older releases used', () => {
    expect(
      named(
        layoutOf(
          'Physical Disk Path(vmhba33:vmhba33:C0:T1:L12)\\Reads/sec',
          'Physical Disk(vmhba2:C0:T0:L0)\\Reads/sec',
          'Physical Disk(vmhba2)\\Adapter Q Depth',
        ),
      ),
    ).toEqual(['path vmhba33:C0:T1:L12 vmhba33', 'path vmhba2:C0:T0:L0 vmhba2', 'adapter vmhba2']);
  });

  test('a machine that only its disk names has a row, with the sum of its disks', () => {
    const layout = layoutOf('Virtual Disk(a:b:sata0:3)\\Reads/sec');
    expect(named(layout)).toEqual(['disk a:b:sata0:3 a:b', 'vm a:b']);
    expect(layout.entities[1]?.fields).toEqual([]);
  });

  test('what is not about storage, or unknown, or there twice, is left out', () => {
    const layout = layoutOf(
      'Memory\\Free MBytes',
      'Vcpu(1:x)\\% Used',
      'Virtual Disk(a)\\Reads/sec',
      'Virtual Disk(a)\\Reads/sec',
      'Virtual Disk(a)\\Never Heard Of',
    );
    expect([...layout.slots]).toEqual([-1, -1, 0, -1, -1]);
    expect([...layout.objects.values()]).toEqual([
      { columns: 1, kept: 0 },
      { columns: 1, kept: 0 },
      { columns: 3, kept: 1 },
    ]);
  });

  test('figures a real host has and the engine has not are kept for their columns', () => {
    const layout = layoutOf(
      'Physical Disk Per-Device-Per-World(naa.9-1)\\Average Driver MilliSec/Command',
      'Physical Disk Per-Device-Per-World(naa.9-1)\\World Q Depth',
      'Physical Disk SCSI Device(naa.9)\\Reserves/sec',
    );
    const values = layout.values(Float64Array.of(1.5, 32, 0.25));
    const shown = (index: number, column: string): number => {
      const { base, fields } = layout.entities[index] as EntityInfo;
      return values[base + fields.indexOf(column)] ?? -1;
    };
    expect(shown(0, 'DAVG/cmd')).toBe(1.5);
    expect(shown(0, 'WQLEN')).toBe(32);
    expect(shown(1, 'RESV/s')).toBe(0.25);
    expect(shown(1, 'CMDS/s')).toBeNaN();
    // One world is named, paths are not.
    expect(shown(1, 'NWD')).toBe(1);
    expect(shown(1, 'NPH')).toBeNaN();
  });

  test('rates add up to counters', () => {
    const layout = layoutOf(
      'Physical Disk SCSI Device(naa.9)\\Commands/sec',
      'Physical Disk SCSI Device(naa.9)\\Reads/sec',
      'Physical Disk SCSI Device(naa.9)\\MBytes Read/sec',
      'Physical Disk SCSI Device(naa.9)\\Average Guest MilliSec/Command',
      'Physical Disk SCSI Device(naa.9)\\Average Guest MilliSec/Read',
    );
    const sample = Float64Array.of(30, 20, 2, 3, 2);
    layout.add(sample, 5);
    layout.add(sample, 5);
    const { base, fields } = layout.entities[0] as EntityInfo;
    const values = layout.values(sample);
    const counter = (field: string): number => values[base + fields.indexOf(field)] ?? -1;
    // Ten seconds: 300 commands of 3 ms, 200 of them reads of 2 ms; 20 MB of 2048 blocks.
    expect(counter('reads')).toBe(200);
    expect(counter('others')).toBe(100);
    expect(counter('readBlocks')).toBe(20 * 2048);
    expect(counter('readNs')).toBe(200 * 2e6);
    expect(counter('readNs') + counter('writeNs') + counter('otherNs')).toBe(300 * 3e6);
    layout.reset();
    expect(layout.values(sample)[base + fields.indexOf('reads')]).toBe(0);
  });
});
