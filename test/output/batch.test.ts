/** Batch files: what is written, and that it is read again as what the screens show. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Sample } from '../../src/engine/core/meters.js';
import { parseCounterPath } from '../../src/engine/formats/pdh/counter-path.js';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { BATCH_OBJECTS } from '../../src/engine/views/batch/objects.js';
import { views } from '../../src/engine/views/index.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import { Row, type Window } from '../../src/engine/views/kit/row.js';
import { viewRows } from '../../src/engine/views/kit/view.js';
import { readBatch } from '../../src/input/read-batch.js';
import { batchHosts, batchLines } from '../../src/output/batch.js';
import { formatRecording } from '../../src/output/recording.js';
import { loadScenario } from '../../src/scenario/load.js';

const folder = mkdtempSync(join(tmpdir(), 'vmtop-batch-'));
const STEP_NS = 1e9;
const COUNT = 2;
/** 2026-01-01 00:00:00, from Python's datetime. */
const START = 1767225600;

interface Written {
  readonly text: string;
  readonly plan: ReturnType<typeof loadScenario>;
  readonly entities: Entities;
  /** As the screens would have had them. */
  readonly windows: readonly Window[];
}

function write(all: boolean, hosts?: readonly string[]): Written {
  const plan = loadScenario('default', { seed: 3, durationNs: COUNT * STEP_NS });
  const simulation = new Simulation(plan);
  const samples: Sample[] = [];
  const engine = {
    now: 0,
    entities: simulation.entities,
    runUntil: (ns: number) => simulation.runUntil(ns),
    sample: () => {
      const sample = simulation.sample();
      samples.push(sample);
      return sample;
    },
  };
  const options = {
    hosts: hosts ?? plan.hosts.map(({ name }) => name),
    all,
    intervalNs: STEP_NS,
    count: COUNT,
    startsAt: START,
  };
  const text = [...batchLines(engine, options)].join('');
  const entities = new Entities(simulation.entities);
  const windows = samples
    .slice(1)
    .map((after, index): Window => ({ entities, before: samples[index] as Sample, after }));
  return { text, plan, entities, windows };
}

let all: Written;
let path: string;

beforeAll(() => {
  all = write(true);
  path = join(folder, 'all.csv');
  writeFileSync(path, all.text);
});

const cells = (line: string): string[] => line.slice(1, -1).split('","');
const lines = (text: string): string[] => text.trimEnd().split('\n');

describe('a batch file', () => {
  test('has the header of esxtop, and a line per interval of the simulated clock', () => {
    const [header, ...samples] = lines(all.text).map(cells);
    expect(header?.[0]).toBe('(PDH-CSV 4.0) (UTC)(0)');
    expect(samples.map(([at]) => at)).toEqual(['01/01/2026 00:00:01', '01/01/2026 00:00:02']);
    for (const sample of samples) {
      expect(sample).toHaveLength(header?.length ?? 0);
      for (const value of sample.slice(1)) expect(value).toMatch(/^\d+\.\d\d$/);
    }
    expect(new Set(header).size).toBe(header?.length);
  });

  test('names counters as the reference does, in its order', () => {
    const of = (object: string): string[] => {
      const paths = cells(lines(all.text)[0] ?? '').flatMap((cell) => parseCounterPath(cell) ?? []);
      const first = paths.find((found) => found.object === object);
      return paths
        .filter((found) => found.object === object && found.instance === first?.instance)
        .map(({ counter }) => counter);
    };
    // Section 6.3: Virtual Disk, all of it.
    expect(of('Virtual Disk')).toEqual([
      'Commands/sec',
      'Reads/sec',
      'Writes/sec',
      'MBytes Read/sec',
      'MBytes Written/sec',
      'Average MilliSec/Read',
      'Average MilliSec/Write',
    ]);
    // The queue and latency sets of devices.
    expect(of('Physical Disk SCSI Device').slice(0, 10)).toEqual([
      'Device Q Depth',
      'Active Commands',
      'Queued Commands',
      '% Used',
      'Load',
      'Commands/sec',
      'Reads/sec',
      'Writes/sec',
      'MBytes Read/sec',
      'MBytes Written/sec',
    ]);
    for (const word of ['Command', 'Read', 'Write']) {
      for (const where of ['Driver', 'Kernel', 'Guest', 'Queue']) {
        const name = `Average ${where} MilliSec/${word}`;
        expect(of('Physical Disk SCSI Device')).toContain(name);
        expect(of('Physical Disk Adapter')).toContain(name);
      }
    }
  });

  test('has a machine before its disks', () => {
    const instances = cells(lines(all.text)[0] ?? '')
      .flatMap((cell) => parseCounterPath(cell) ?? [])
      .filter(({ object, counter }) => object === 'Virtual Disk' && counter === 'Reads/sec')
      .map(({ instance }) => instance);
    const disk = instances.findIndex((instance) => instance.includes(':'));
    expect(instances[disk]?.startsWith(`${instances[disk - 1]}:`)).toBe(true);
  });

  test('without -a holds the groups esxtop shows at first; one host when one is asked for', () => {
    const host = all.plan.hosts[0]?.name as string;
    const names = cells(lines(write(false, [host]).text)[0] ?? '').slice(1);
    const whole = cells(lines(all.text)[0] ?? '');
    expect(names.every((name) => whole.includes(name) && name.startsWith(`\\\\${host}\\`))).toBe(
      true,
    );
    // Off by default: adapter queues (D), latencies of reads (H, J), errors (J, L), VAAI (O).
    const counters = names.map((name) => name.slice(name.lastIndexOf('\\') + 1));
    for (const off of ['Adapter Q Depth', 'Average Driver MilliSec/Read', 'Aborts/sec', 'ATS']) {
      expect(counters).not.toContain(off);
    }
    for (const on of ['Number of Paths', 'Device Q Depth', 'Average Driver MilliSec/Command']) {
      expect(counters).toContain(on);
    }
    expect(() => batchHosts(['esx1'], 'esx9')).toThrow(/no host "esx9"[\s\S]*hosts: esx1/);
  });

  test('keeps GAVG = DAVG + KAVG and QAVG <= KAVG', () => {
    const [header, ...samples] = lines(all.text).map(cells);
    const at = new Map(header?.map((name, index) => [name, index]));
    let busy = 0;
    for (const [name, index] of at) {
      if (!name.includes('SCSI Device') || !name.includes('Average Guest')) continue;
      for (const sample of samples) {
        const figure = (where: string): number =>
          Number(sample[at.get(name.replace('Guest', where)) ?? 0]);
        const guest = Number(sample[index]);
        // Each is rounded to hundredths by itself.
        expect(Math.abs(guest - figure('Driver') - figure('Kernel'))).toBeLessThan(0.0101);
        expect(figure('Queue')).toBeLessThan(figure('Kernel') + 0.0101);
        if (guest > 0) busy++;
      }
    }
    expect(busy).toBeGreaterThan(10);
  });

  test('the same run gives the same bytes', () => {
    expect(write(true).text).toBe(all.text);
  });
});

describe('written, then read', () => {
  test('every screen shows the figures it showed', async () => {
    const { layout, samples, times, firstStamp } = await readBatch(path);
    expect([...times]).toEqual([1, 2]);
    expect(firstStamp).toBe(START + 1);
    const entities = new Entities(layout.entities);
    let values = layout.values(new Float64Array(layout.width).fill(Number.NaN));
    let compared = 0;
    for (const [index, sample] of samples.entries()) {
      const before = { at: index * STEP_NS, values, histograms: new Uint32Array(0) };
      layout.add(sample, 1);
      values = layout.values(sample);
      const after = { at: (index + 1) * STEP_NS, values, histograms: new Uint32Array(0) };
      const recorded: Window = { entities, before, after };
      compared += compare(recorded, all.windows[index] as Window);
    }
    // Every shared column of every row: thousands of figures.
    expect(compared).toBeGreaterThan(4_000);
  });

  test('gzip is read alike, and what it holds can be told', async () => {
    const packed = join(folder, 'all.csv.gz');
    writeFileSync(packed, gzipSync(all.text));
    const [plain, inflated] = [await readBatch(path), await readBatch(packed)];
    expect(inflated.samples).toEqual(plain.samples);
    expect(formatRecording(inflated)).toMatch(/2 samples; (\d+) of \1 counters are about storage/);
  });

  test('errors name file, line and column', async () => {
    const wrong = join(folder, 'wrong.csv');
    const text = lines(all.text);
    text[2] = (text[2] ?? '').replace(/"[\d.]+"$/, '"x"');
    writeFileSync(wrong, `${text.join('\n')}\n`);
    await expect(readBatch(wrong)).rejects.toThrow(
      /wrong\.csv:3, column \d+ \(.*\): expected a number, found "x"\n {2}hint: esxtop -b/,
    );
    writeFileSync(wrong, `${text[0]}\n`);
    await expect(readBatch(wrong)).rejects.toThrow(/at least one sample/);
    writeFileSync(wrong, gzipSync(all.text).subarray(0, 2_000));
    await expect(readBatch(wrong)).rejects.toThrow(/gzip data is cut short/);
    await expect(readBatch(path, 1_000)).rejects.toThrow(/at most 1000 figures/);
    await expect(readBatch(folder)).rejects.toThrow(/found a directory/);
    await expect(readBatch(join(folder, 'none'))).rejects.toThrow(/no such file/);
  });
});

/** Columns of a screen that a batch file has nothing for. */
const UNKNOWN = new Set([
  'HOST',
  'LINK',
  'ORDER',
  'DRIVER',
  'LUN',
  'STATE',
  'I/O',
  'DEVICE',
  'TARGET',
]);

/** Compares what both windows show in columns of numbers; figures compared. */
function compare(recorded: Window, live: Window): number {
  let compared = 0;
  for (const view of views) {
    if (!['adapter', 'device', 'path', 'virtual-disk', 'vm'].includes(view.name)) continue;
    const rows = viewRows(view, recorded);
    expect(rows.map(({ name }) => name).sort()).toEqual(
      viewRows(view, live)
        .map(({ name }) => name)
        .sort(),
    );
    for (const row of rows) {
      const same = viewRows(view, live).find(
        ({ info }) => info.name === row.name && info.labels.host === row.label('host'),
      ) as Row;
      const parts = view.expand === undefined ? [] : row.children(view.expand);
      const pairs = [
        [row, same] as const,
        ...parts.map(
          (part) =>
            [
              part,
              same.children(view.expand as string).find(({ name }) => name === part.name) as Row,
            ] as const,
        ),
      ];
      for (const [ours, theirs] of pairs) {
        expect(theirs).toBeInstanceOf(Row);
        for (const { id, format, value } of view.fields) {
          if (format === 'text' || UNKNOWN.has(id)) continue;
          const [shown, was] = [Number(value(ours)), Number(value(theirs))];
          // A file does not have all there is: then it says nothing, and never something else.
          if (Number.isNaN(shown)) continue;
          // Sums of two rounded figures, means weighted by rounded rates.
          const slack = id === 'MB/s' || id === 'LAT/cmd' ? 0.02 : 0.00501;
          expect(Math.abs(shown - was), `${view.name} ${ours.name} ${id}`).toBeLessThan(slack);
          compared++;
        }
      }
    }
  }
  return compared;
}

/** Python's csv module and the rules of the header: shares no code with vmtop. */
const PYTHON = `
import csv, json, re, sys
from datetime import datetime
rows = csv.reader(open(sys.argv[1], newline=''), strict=True)
header = next(rows)
mark = re.fullmatch(r'\\(PDH-CSV 4\\.0\\) \\((.*)\\)\\((-?\\d+)\\)', header[0])
name = re.compile(r'\\\\\\\\([^\\\\]+)\\\\([^(\\\\]+)(?:\\((.*)\\))?\\\\([^\\\\]+)')
columns = [name.fullmatch(cell).groups() for cell in header[1:]]
samples = [(datetime.strptime(row[0], '%m/%d/%Y %H:%M:%S').isoformat(), [float(cell) for cell in row[1:]]) for row in rows]
json.dump({'zone': mark.groups(), 'columns': columns, 'samples': samples}, sys.stdout)
`;
const hasPython = spawnSync('python3', ['-c', 'import csv, json']).status === 0;
if (!hasPython) process.stderr.write('batch.test: no python3, so no independent reader\n');

describe.skipIf(!hasPython)('an independent reader', () => {
  test('finds the same columns, times and figures', async () => {
    const out = execFileSync('python3', ['-c', PYTHON, path], { maxBuffer: 1 << 28 });
    const read = JSON.parse(out.toString()) as {
      zone: string[];
      columns: [host: string, object: string, instance: string, counter: string][];
      samples: [at: string, values: number[]][];
    };
    expect(read.zone).toEqual(['UTC', '0']);
    const known = new Map(BATCH_OBJECTS.map((object) => [object.name, object]));
    for (const [host, object, , counter] of read.columns) {
      expect(all.plan.hosts.map(({ name }) => name)).toContain(host);
      expect(known.get(object)?.counters.map(({ name }) => name)).toContain(counter);
    }
    expect(read.samples.map(([at]) => at)).toEqual(['2026-01-01T00:00:01', '2026-01-01T00:00:02']);
    const { samples } = await readBatch(path);
    expect(read.samples.map(([, values]) => values)).toEqual(samples.map((values) => [...values]));
  });
});
