import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { EventFile } from '../../src/output/event-file.js';
import { Progress } from '../../src/output/progress.js';
import { runToEnd } from '../../src/output/run.js';
import { formatSummary } from '../../src/output/summary.js';
import { formatTable, groupDigits } from '../../src/output/table.js';
import { FakeEngine, planWith } from './fake-engine.js';

describe('text output', () => {
  it('aligns columns', () => {
    const rows = [
      ['web1', 5],
      ['database', 12345],
    ] as const;
    const table = formatTable(rows, [
      { title: 'VM', align: 'left', text: ([name]) => name },
      { title: 'n', text: ([, count]) => groupDigits(count) },
    ]);
    expect(table).toBe('VM             n\nweb1           5\ndatabase  12,345');
  });

  it('groups digits by threes', () => {
    expect([0, 999, 1000, 1234567.6].map(groupDigits)).toEqual(['0', '999', '1,000', '1,234,568']);
  });

  it('ends a summary with the digest', () => {
    const engine = new FakeEngine([{ at: 1e9, vm: 0, latencyNs: 2e6 }]);
    const plan = planWith({
      expectations: [
        {
          text: 'no errors',
          measure: { kind: 'metric', metric: 'errors', vms: ['a'], fromNs: 0, toNs: 10e9 },
          min: 0,
          max: 0,
        },
      ],
    });
    const lines = formatSummary(plan, engine.entities, runToEnd(engine, plan)).split('\n');
    expect(lines.at(-1)).toBe('digest 0000000000000001');
    expect(lines.find((line) => line.startsWith('ok'))).toMatch(/no errors/);
    expect(lines.find((line) => line.startsWith('guests'))).toBeDefined();
  });

  it('says how many expectations a shortened run has left out', () => {
    const summary = (skipped: number): string => {
      const engine = new FakeEngine([]);
      const plan = planWith({ expectationsSkipped: skipped });
      return formatSummary(plan, engine.entities, runToEnd(engine, plan));
    };
    expect(summary(2)).toContain('2 expectations not checked: the run was cut short');
    expect(summary(1)).toContain('1 expectation not checked');
    expect(summary(0)).not.toContain('not checked');
  });

  it('writes events as JSON lines', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'vmtop-')), 'events.jsonl');
    const file = new EventFile(path);
    file.write({ number: 0, at: 1.5e9, kind: 'path.state', object: 'p', what: 'dead', why: 'x' });
    file.write({ number: 1, at: 2e9, kind: 'pdl', object: 'd', what: '"quoted"', why: '' });
    file.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { t: 1.5, kind: 'path.state', object: 'p', what: 'dead', why: 'x' },
      { t: 2, kind: 'pdl', object: 'd', what: '"quoted"', why: '' },
    ]);
    expect(() => new EventFile(join(path, 'below', 'a-file'))).toThrow(InputError);
  });

  it('shows progress on a terminal and nowhere else', () => {
    const written: string[] = [];
    const none = { others: 0, bytesRead: 0, bytesWritten: 0, errors: 0, unsupported: 0 };
    const totals = { reads: 1, writes: 2, ...none };
    const show = (isTTY: boolean): void => {
      const progress = new Progress({ isTTY, write: (text) => written.push(text) }, 10e9);
      progress.update(5e9, totals);
      progress.clear();
    };
    show(false);
    expect(written).toEqual([]);
    show(true);
    expect(written[0]).toContain('50%  5.0 s simulated, 3 I/Os');
    expect(written.at(-1)).toBe('\r\u001b[2K');
  });
});
