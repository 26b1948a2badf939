/** Recorded batch files in the dashboard: a small one written by hand, and one of a real host. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readBatch } from '../../src/input/read-batch.js';
import type { EngineLink, FromEngine } from '../../src/tui/engine.js';
import { type Clock, EngineServer } from '../../src/tui/engine-server.js';
import { openMachine } from '../../src/tui/machine.js';
import { RecordedMachine } from '../../src/tui/recorded-machine.js';
import { type Mounted, mount } from './harness.js';

/** CPU and memory counters of an ESX host, 2015, saved again by a spreadsheet. */
const REAL = join(import.meta.dirname, '../../../shared/traces/esxtop-batch-subset.csv.gz');
if (!existsSync(REAL)) process.stderr.write(`recording.test: no ${REAL}, left out\n`);

/** Three samples, 5 s apart, as an ESXi host names things; the third sample's rates are 2 higher. */
function byHand(): string {
  const columns = [
    'Physical Disk(vmhba1)\\Adapter Q Depth',
    'Physical Disk Adapter(vmhba1)\\Commands/sec',
    'Physical Disk Adapter(vmhba1)\\Average Driver MilliSec/Command',
    'Physical Disk Adapter(vmhba1)\\Average Kernel MilliSec/Command',
    'Physical Disk Adapter(vmhba1)\\Average Guest MilliSec/Command',
    'Physical Disk Path(vmhba1:C0:T0:L3)\\Commands/sec',
    'Physical Disk SCSI Device(naa.600a)\\Device Q Depth',
    'Physical Disk SCSI Device(naa.600a)\\Active Commands',
    'Physical Disk SCSI Device(naa.600a)\\Commands/sec',
    'Physical Disk SCSI Device(naa.600a)\\Average Queue MilliSec/Command',
    'Physical Disk Per-Device-Per-World(naa.600a-2099979)\\Commands/sec',
    'Virtual Disk(db (50-2e) 01)\\Commands/sec',
    'Virtual Disk(db (50-2e) 01:scsi0:0)\\Reads/sec',
    'Virtual Disk(db (50-2e) 01:scsi0:0)\\Writes/sec',
    'Virtual Disk(db (50-2e) 01:scsi0:0)\\Average MilliSec/Read',
    'Virtual Disk(db (50-2e) 01:scsi0:0)\\Average MilliSec/Write',
    'Memory\\Free MBytes',
  ].map((name) => `"\\\\esx01\\${name}"`);
  const line = (second: string, n: number): string =>
    [
      `"09/14/2026 10:00:${second}"`,
      ...[
        31,
        100 + n,
        5.25,
        0.5,
        5.75,
        40 + n,
        64,
        3,
        90 + n,
        0.25,
        80 + n,
        70 + n,
        30,
        10,
        2,
        6,
        1,
      ].map((value) => `"${value.toFixed(2)}"`),
    ].join(',');
  const header = ['"(PDH-CSV 4.0) (UTC)(0)"', ...columns].join(',');
  const path = join(mkdtempSync(join(tmpdir(), 'vmtop-recording-')), 'hand.csv');
  writeFileSync(path, `${[header, line('05', 0), line('10', 1), line('15', 2)].join('\n')}\n`);
  return path;
}

let mounted: Mounted | undefined;

afterEach(async () => {
  await mounted?.close();
  mounted = undefined;
});

/** Real time that passes only when told. */
class ManualClock implements Clock {
  private ms = 0;
  private waiting: (() => void)[] = [];
  now(): number {
    return this.ms;
  }
  later(_ms: number, callback: () => void): void {
    this.waiting.push(callback);
  }
  pass(ms: number): void {
    this.ms += ms;
    for (const callback of this.waiting.splice(0)) callback();
  }
}

interface Shown extends Mounted {
  readonly clock: ManualClock;
  /** Cells of the first row that starts with `name`. */
  row(name: string): Promise<string[]>;
}

async function show(path: string): Promise<Shown> {
  const clock = new ManualClock();
  let listen: (message: FromEngine) => void = () => {};
  // A thread answers later than it is asked.
  const send = (message: FromEngine): void => void setImmediate(() => listen(message));
  const server = new EngineServer(send, openMachine, clock);
  const link: EngineLink = {
    post: (message) =>
      void server.hear(
        message.type === 'start' ? { type: 'start', scenario: '', recording: path } : message,
      ),
    listen: (listener) => {
      listen = listener;
    },
    close: async () => {},
  };
  const dashboard = mount({ link, columns: 200, readOnly: true });
  mounted = dashboard;
  for (let tries = 0; tries < 100; tries++) {
    if ((await dashboard.text()).includes('recorded on')) break;
  }
  return {
    ...dashboard,
    clock,
    row: async (name) => {
      const rows = (await dashboard.screen()).map((row) => row.replace(/^[▸ ][*! ]/, '').trim());
      return (
        rows
          .find((row) => row.startsWith(name))
          ?.slice(name.length)
          .trim()
          .split(/\s+/) ?? []
      );
    },
  };
}

describe('a recorded batch file on the screens', () => {
  test('adapters: what the file says, - for what it does not', async () => {
    const { press, row, text } = await show(byHand());
    await press('d');
    expect(await text()).toMatch(/09\/14\/2026 10:00:05/);
    expect(await text()).toContain('3 samples; 16 of 17 counters are about storage');
    // LINK DRIVER NPTH AQLEN, ACTV QUED %USD LOAD, CMDS/s and its parts, DAVG KAVG GAVG QAVG.
    expect((await row('vmhba1')).slice(0, 17)).toEqual(
      '- - 1 31 - - - - 100.00 - - - - 5.25 0.50 5.75 -'.split(' '),
    );
    await press('e');
    expect(await row('vmhba1:C0:T0:L3')).toContain('40.00');
  });

  test('devices and their worlds, paths', async () => {
    const { press, row } = await show(byHand());
    await press('u');
    const device = await row('naa.600a');
    // LUN STATE, numbers of paths and worlds, DQLEN ACTV.
    expect(device).toEqual(expect.arrayContaining(['64', '3', '90.00', '0.25']));
    await press('e');
    expect(await row('2099979')).toContain('80.00');
    await press('d', 'P');
    expect(await row('vmhba1:C0:T0:L3')).toContain('40.00');
  });

  test('machines and their disks; the mean of reads and writes is weighted by their rates', async () => {
    const { press, row } = await show(byHand());
    await press('v');
    // NVDISK DATASTORE ACTV QUED, CMDS/s READS/s WRITES/s MB, LAT/cmd = (30*2 + 10*6) / 40, /rd, /wr.
    expect((await row('db (50-2e) 01 scsi0:0')).slice(0, 12)).toEqual(
      '- - - - - 30.00 10.00 - - 3.00 2.00 6.00'.split(' '),
    );
    await press('V');
    // STATE NVDISK ACTV QUED CMDS/s READS/s: the machine's own counter.
    expect((await row('db (50-2e) 01')).slice(0, 6)).toEqual('- 1 - - 70.00 -'.split(' '));
  });

  test('plays at the pace of the recording, pauses, goes on and back sample by sample', async () => {
    const { press, row, clock, text, settle } = await show(byHand());
    const rate = async (): Promise<string | undefined> =>
      (await row('vmhba1')).find((cell) => cell.startsWith('10') && cell.endsWith('.00'));
    await press('d');
    expect(await rate()).toBe('100.00');
    clock.pass(5_000);
    await settle();
    expect(await rate()).toBe('101.00');
    await press('space', ']');
    expect(await rate()).toBe('102.00');
    expect(await text()).toContain('10:00:15');
    await press('[');
    expect(await rate()).toBe('101.00');
    await press('{');
    expect(await rate()).toBe('100.00');
    await press('}');
    expect(await rate()).toBe('102.00');
    await press('[', '[', '.');
    expect(await rate()).toBe('101.00');
    await press('^');
    expect(await rate()).toBe('100.00');
    await press('$');
    expect(await rate()).toBe('102.00');
    await press('[');
    expect(await rate()).toBe('101.00');
    await press('+', '+', 'space');
    clock.pass(1_000);
    clock.pass(1_000);
    await settle();
    expect(await rate()).toBe('102.00');
    expect(await text()).toContain('END');
  });

  test('nothing in it can be changed', async () => {
    const { press, text } = await show(byHand());
    await press('d', '!');
    expect(await text()).toContain('read only');
    await press('P', 'enter');
    expect(await text()).toContain('a batch file holds no history of paths');
    await press('escape', 'ctrl+r');
    expect(await text()).toContain('what is recorded cannot be run once more');
    // No keys for that are offered, nor is there more to come on other screens.
    await press('D');
    expect(await text()).toContain('esxtop records nothing of this');
    expect(await text()).not.toMatch(/rewind|undo|I\/O\/s/);
  });

  test('the overview has the layers the file knows', async () => {
    const { row, text } = await show(byHand());
    // 30 + 10 commands per second; their mean latency 3 ms.
    expect(await row('guests')).toEqual(expect.arrayContaining(['40.00', '3.00']));
    expect((await row('virtual disks')).slice(0, 5)).toEqual(['-', '-', '-', '-', '-']);
    expect(await text()).not.toContain('all alive');
  });
});

describe('charts of a recording', () => {
  test('have no gaps on the way on, and forget what has not happened yet on the way back', async () => {
    const machine = new RecordedMachine(await readBatch(byHand()));
    const frames: number[] = [];
    const server = new EngineServer(
      (message) => {
        if (message.type === 'frame') frames.push(message.at / 1e9);
      },
      () => machine,
      new ManualClock(),
    );
    await server.hear({ type: 'start', scenario: '' });
    await server.hear({ type: 'seek', samples: 10 });
    await server.hear({ type: 'seek', samples: -1 });
    expect(frames.slice(0, 4)).toEqual([0, 5, 10, 15]);
    expect(frames.at(-1)).toBe(10);
    // Counters are the sums up to there: 40 commands a second for 10 s.
    expect(machine.completed).toBeCloseTo(400, 6);
  });
});

describe.skipIf(!existsSync(REAL))('the batch file of a real host', () => {
  test('is read as others have read it', async () => {
    const { layout, samples, times, header } = await readBatch(REAL);
    // The README beside it: 514 samples of 12 columns, CPU and memory only.
    expect(samples).toHaveLength(514);
    expect(header).toBe('(PDH-CSV 4.0) (UTC)(0)');
    expect([...layout.objects].map(([name, { columns }]) => [name, columns])).toEqual([
      ['Physical Cpu', 4],
      ['Memory', 7],
    ]);
    expect(layout.width).toBe(0);
    // 22:42 to 23:29 with the seconds cut off: time never stands still.
    expect([...times].every((at, index) => index === 0 || at > (times[index - 1] ?? 0))).toBe(true);
    expect(times.at(-1)).toBeGreaterThan(46 * 60);
    expect(times.at(-1)).toBeLessThan(49 * 60);
  });

  test('opens, says what it has, and plays', async () => {
    const { text, press } = await show(REAL);
    expect(await text()).toContain('proma-2n-dhcp60.eng.vmware.com');
    expect(await text()).toContain('514 samples; none of its 11 counters is about storage');
    expect(await text()).toContain('03/26/2015 22:42:00');
    for (const key of ['d', 'u', 'v', 'P', 'V', 'Q', 'D', 'E']) {
      await press(key);
      expect(await text()).toContain('proma-2n-dhcp60');
    }
    await press('}', '}');
    expect(await text()).toContain('03/26/2015 22:44');
  });
});
