import { afterEach, describe, expect, test } from 'vitest';
import { views } from '../../src/engine/views/index.js';
import { screens } from '../../src/tui/screens.js';
import { type Mounted, type MountOptions, mount } from './harness.js';

let mounted: Mounted | undefined;

function open(options: MountOptions = {}): Mounted {
  mounted = mount(options);
  return mounted;
}

afterEach(async () => {
  await mounted?.close();
  mounted = undefined;
});

const SIZES = [
  [72, 20],
  [80, 24],
  [120, 40],
  [200, 60],
] as const;

test('before the engine has answered there is a frame', async () => {
  const text = await open({ idle: true }).text();
  expect(text).toContain('vmtop');
  expect(text).toContain('starting the engine');
  expect(text).toContain('q quit');
});

describe.each(SIZES)('at %i x %i', (columns, rows) => {
  test('every screen fills its place and keeps status and footer', async () => {
    const { press, screen } = open({ columns, rows });
    for (const { key, name } of screens) {
      await press(key);
      const lines = await screen();
      expect(lines).toHaveLength(rows);
      expect(lines[0], name).toMatch(/^vmtop Two paths\s+0:04\.000/);
      for (const key of ['faults', 'h help', 'q quit'])
        expect(lines[rows - 1], name).toContain(key);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  test('the overview names all layers and where the time goes', async () => {
    const lines = await open({ columns, rows }).screen();
    const layers = [
      'guests',
      'SCSI emulation',
      'virtual disks',
      'file systems',
      'block layer',
      'I/O scheduler',
      'multipathing',
      'adapter queues',
      'drivers',
      'fabric',
      'array ports',
      'disks',
    ];
    const shown = lines.flatMap((line) =>
      layers.filter((layer) => line.slice(2).startsWith(`${layer} `)),
    );
    expect(shown).toEqual(layers);
    // The fake engine lets half of 5 ms pass in the scheduler's queue.
    const most = lines.find((line) => line.startsWith('▸'));
    expect(most).toContain('scheduler');
    expect(most).toContain('2500.00');
    expect(most).toContain('50%');
  });
});

test('a screen that is too small says so, and comes back', async () => {
  const { resize, text, screen, press } = open({ columns: 80, rows: 24 });
  resize(60, 15);
  expect(await text()).toContain('vmtop needs 72 x 20; this is 60 x 15. q quits.');
  resize(100, 30);
  expect(await text()).toContain('scheduler');
  await press('d');
  resize(200, 60);
  expect((await screen()).join('\n')).toContain('QAVG/cmd');
  resize(80, 24);
  const lines = await screen();
  expect(lines[23]).toContain('faults');
  expect(lines.filter((line) => line.startsWith('vmtop'))).toHaveLength(1);
});

describe('tables', () => {
  test.each(views.map(({ key, title, fields }) => [key, title, fields[0]?.id ?? ''] as const))(
    '%s shows %s',
    async (key, title, first) => {
      const { press, screen } = open();
      await press(key);
      const lines = await screen();
      const at = lines.findIndex((line) => line.startsWith(title));
      expect(at).toBeGreaterThan(0);
      expect(lines[at + 1]?.trim().startsWith(first)).toBe(true);
      // The first row is selected; where rows come in groups it follows the group's title.
      const grouped = views.some((view) => view.title === title && view.groups !== undefined);
      expect(lines[at + (grouped ? 3 : 2)]?.startsWith('▸')).toBe(true);
    },
  );

  test('adapter columns of esxtop, with their values', async () => {
    const { press, screen } = open({ columns: 200 });
    await press('d');
    const lines = await screen();
    const head = lines.find((line) => line.includes('ADAPTR')) ?? '';
    expect(head.trim().split(/\s+/)).toEqual([
      'ADAPTR',
      'LINK',
      'DRIVER',
      'NPTH',
      'AQLEN',
      'ACTV',
      'QUED',
      '%USD',
      'LOAD',
      'CMDS/s',
      'READS/s',
      'WRITES/s',
      'MBREAD/s',
      'MBWRTN/s',
      'DAVG/cmd',
      'KAVG/cmd',
      'GAVG/cmd',
      'QAVG/cmd',
      'FCMDS/s',
      'ABRTS/s',
      'RESETS/s',
      'ERRORS',
      'SPLTCMD/s',
      'ISSUED/s',
    ]);
    const row = (lines.find((line) => line.includes('vmhba2')) ?? '').trim().split(/\s+/);
    // Half of 3,000 commands per second; 2 ms below the queue, 2.6 ms above.
    expect(row).toEqual(
      expect.arrayContaining([
        '128',
        '1500.00',
        '1050.00',
        '450.00',
        '2.00',
        '2.60',
        '4.60',
        '2.50',
      ]),
    );
  });

  test('the selection follows the object when rows are sorted', async () => {
    const { press, screen, engine } = open();
    await press('v', 'down', 'down');
    const selected = async (): Promise<string> =>
      (await screen()).find((line) => line.startsWith('▸')) ?? '';
    expect(await selected()).toContain('db1');
    // Ten times the reads of the others.
    engine.frame({ 'disk db1:scsi0:0': { reads: 40_000 } });
    await press('r');
    const lines = await screen();
    const rows = lines.filter((line) => line.includes('scsi0:0') && !line.includes(':scsi0:0'));
    expect(rows[0]).toContain('db1');
    expect(await selected()).toContain('db1');
    expect(lines.join('\n')).toContain('by READS/s');
    await press('N');
    expect(await selected()).toContain('db1');
    expect((await screen()).findIndex((line) => line.includes('web1'))).toBeLessThan(
      (await screen()).findIndex((line) => line.startsWith('▸')),
    );
  });

  test('home, end, pages and letters move the selection', async () => {
    const { press, screen } = open();
    const selected = async (): Promise<string> =>
      (await screen()).find((line) => line.startsWith('▸')) ?? '';
    await press('P');
    expect(await selected()).toContain('vmhba1:C0:T0:L0');
    await press('end');
    expect(await selected()).toContain('vmhba2:C0:T0:L1');
    await press('k');
    expect(await selected()).toContain('vmhba1:C0:T0:L1');
    await press('home');
    expect(await selected()).toContain('vmhba1:C0:T0:L0');
    await press('pagedown');
    expect(await selected()).toContain('vmhba2:C0:T0:L1');
    await press('pageup', 'j');
    expect(await selected()).toContain('vmhba2:C0:T0:L0');
  });

  test('expanding a row shows its parts below it', async () => {
    const { press, screen, text } = open();
    await press('d', 'e');
    const lines = await screen();
    const at = lines.findIndex((line) => line.startsWith('▸'));
    expect(lines[at + 1]).toContain('  vmhba1:C0:T0:L0');
    expect(lines[at + 2]).toContain('  vmhba1:C0:T0:L1');
    await press('down', 'e');
    expect(await text()).not.toContain('vmhba1:C0:T0:L0');
    await press('u', 'enter');
    expect(await text()).toMatch(/ {2}web1 .*\n.* {2}web2/);
    await press('P', 'e');
    await press('d', 'P', 'e');
    expect(await text()).toContain('these rows have no parts to show');
  });

  test('columns scroll sideways, names stay', async () => {
    const { press, screen } = open({ columns: 80, rows: 24 });
    await press('u');
    const head = async (): Promise<string> =>
      (await screen()).find((line) => line.includes('DEVICE')) ?? '';
    expect(await head()).not.toContain('ZAVG/suc');
    for (let step = 0; step < 60; step++) await press('right');
    expect(await head()).toContain('ZAVG/suc');
    expect(await head()).toContain('DEVICE');
    for (let step = 0; step < 60; step++) await press('left');
    expect(await head()).toContain('GAVG/cmd');
  });

  test('L is the length of names, as in esxtop; 0 is as there is room', async () => {
    const { press, text } = open({ columns: 80, rows: 24 });
    await press('u');
    expect(await text()).not.toContain('naa.60003ff44dc75adc0000000000000001 ');
    await press('L', '3', '6', 'enter');
    expect(await text()).toContain('naa.60003ff44dc75adc0000000000000001 ');
    await press('L', '9', 'enter');
    expect(await text()).toContain('naa.…0001 on');
    await press('L', '0', 'enter');
    expect(await text()).toContain('naa.6000…0000001 on');
  });

  test('a filter keeps matching rows until Escape', async () => {
    const { press, text } = open();
    await press('v', '/', 'd', 'b', '1', 'enter');
    expect(await text()).toContain('1 row, containing "db1"');
    expect(await text()).not.toContain('web1');
    await press('escape');
    expect(await text()).toContain('web1');
    await press('/', 'z', 'z', 'enter');
    expect(await text()).toContain('no row matches');
  });

  test('alarms have a mark beside the colour', async () => {
    const { press, screen, engine } = open({ depth: 1 });
    engine.frame({ 'path vmhba1:C0:T0:L0': { state: 3 } });
    await press('P', 'down');
    expect((await screen()).find((line) => line.includes('vmhba1:C0:T0:L0'))).toMatch(/^ !.*DEAD/);
  });
});

test('tab walks through the screens and back', async () => {
  const { press, text } = open();
  await press('tab');
  expect(await text()).toContain('ADAPTR');
  await press('shift+tab', 'shift+tab');
  expect(await text()).toContain('Events');
  await press('tab');
  expect(await text()).toContain('LAYER');
});

test('the event log: newest last, scrolling, filter', async () => {
  const { press, text, engine } = open({ columns: 120, rows: 24 });
  for (let n = 0; n < 50; n++)
    engine.event(n === 10 ? 'apd.start' : 'path.probe', `object${n}`, `probe ${n}`, 'timer');
  await press('E');
  expect(await text()).toContain('object49: probe 49 (timer)');
  expect(await text()).not.toContain('object10:');
  await press('home');
  expect(await text()).toContain('object0: probe 0');
  await press('end', 'pageup');
  expect(await text()).toContain('10 newer below');
  await press('escape', '/', 'a', 'p', 'd', 'enter');
  expect(await text()).toContain('! apd.start');
  expect(await text()).toContain('1 line, containing "apd"');
});

test('the event log tells an entry to its end, and one that repeats itself once', async () => {
  const { press, screen, engine, settle } = open({ columns: 80, rows: 24 });
  engine.event('vm.question', 'web1', `${'there is no more space '.repeat(5)}at all`, 'full');
  for (let n = 1; n <= 30; n++) engine.event('pool.freed', 'array1:thin', `${n} MB freed`, 'UNMAP');
  await press('E');
  await settle();
  const lines = await screen();
  const first = lines.findIndex((line) => line.includes('web1: there is'));
  expect(
    lines
      .slice(first, first + 3)
      .join(' ')
      .replace(/\s+/g, ' '),
  ).toContain('there is no more space at all (full)');
  expect(lines.filter((line) => line.includes('freed'))).toEqual([
    expect.stringMatching(/array1:thin: 30 MB freed \(UNMAP\), 30 times since 0:/),
  ]);
});

test('the overview tells of hosts that are dead and machines that are off', async () => {
  const { screen, engine, settle } = open();
  const line = async (name: string): Promise<string | undefined> => {
    await settle();
    return (await screen()).find((row) => row.startsWith(`  ${name} `))?.slice(0, 60);
  };
  engine.frame({ 'mount ds1': { lost: 0 }, 'mount ds2': { lost: 0 }, 'vm web1': { power: 0 } });
  expect(await line('esx1')).not.toContain('the host is dead');
  expect(await line('web1')).not.toMatch(/ off/);
  engine.frame({ 'mount ds1': { lost: 2 }, 'vm web1': { power: 2, stunned: 0 } });
  expect(await line('esx1')).toContain('! the host is dead');
  expect(await line('web1')).toMatch(/ off/);
});

test('charts give way to a table with many rows', async () => {
  const { press, screen, engine, settle } = open({ columns: 120, rows: 40 });
  await press('S');
  const chartAt = async (): Promise<number> => {
    await settle();
    return (await screen()).findIndex((line) => line.startsWith('CMDS/s '));
  };
  // Of 40 rows four are around the screen; charts of 15 or of 9 stand above the footer.
  expect(await chartAt()).toBe(40 - 1 - 15);
  for (let n = 0; n < 30; n++) {
    engine.layout.add('spindle', `array1:pool1:x${n}`, { array: 'array1', pool: 'pool1' }, [
      'reads',
    ]);
  }
  engine.sendLayout();
  engine.frame();
  engine.frame();
  expect(await chartAt()).toBe(40 - 1 - 9);
});

test("help is left for another screen by that one's key", async () => {
  const { press, text } = open();
  await press('u', 'h');
  expect(await text()).toContain('Columns');
  await press('D');
  expect(await text()).toContain('Datastores');
  expect(await text()).not.toContain('Columns');
  // A menu takes letters.
  await press('!', 'u');
  expect(await text()).toContain('containing "u"');
});

test('on 80 columns help and menus say all they have to say', async () => {
  const { press, screen, engine } = open({ columns: 80, rows: 24 });
  await press('D', 'h');
  const help: string[] = [];
  for (let page = 0; page < 12; page++) {
    help.push(...(await screen()));
    await press('pagedown');
  }
  expect(help.slice(3).filter((line) => line.includes('…') && !line.startsWith('vmtop'))).toEqual(
    [],
  );
  await press('escape');
  const summary =
    'a cable is pulled, and what was on its way is lost until the host has noticed it';
  engine.send({
    type: 'layout',
    version: 2,
    entities: engine.layout.entities,
    plan: engine.plan,
    faults: engine.faults.map((fault) => ({ ...fault, summary })),
  });
  await press('!', 'down');
  const menu = (await screen()).map((line) => line.replace(/[│ ]+$/, ''));
  expect(menu.join('\n')).toContain('noticed it');
});

test('a drill tells its story in a row of its own', async () => {
  const { engine, text, settle } = open();
  engine.plan = { ...engine.plan, drill: true, summary: 'What happens when a path dies.' };
  engine.send({
    type: 'layout',
    version: 1,
    entities: engine.layout.entities,
    plan: engine.plan,
    faults: engine.faults,
  });
  await settle();
  expect(await text()).toContain('> What happens when a path dies.');
  engine.event('narrative', 'two-paths', 'Now the cable of vmhba1 is pulled.', 'scenario');
  expect(await text()).toContain('> Now the cable of vmhba1 is pulled.');
});

test('names and texts from outside cannot write to the terminal', async () => {
  const { engine, text, tty } = open();
  engine.event('path.state', 'evil\u001B]0;owned\u0007', 'a\u001B[2Jb', '');
  expect(await text()).toContain('evil?]0;owned?');
  expect(tty.text).not.toContain('\u001B]0;owned');
});

test('line charts come when they are loaded, in colour only', async () => {
  const { press, text, settle } = open({ columns: 140, rows: 40 });
  await press('d');
  let shown = '';
  for (let wait = 0; wait < 100 && !shown.includes('now'); wait++) {
    await new Promise((done) => setTimeout(done, 50));
    await settle();
    shown = await text();
  }
  // Only the line charts have a time axis.
  expect(shown).toMatch(/-\d+ s/);
  await mounted?.close();
  const plain = open({ columns: 140, rows: 40, depth: 1 });
  await plain.press('d');
  await new Promise((done) => setTimeout(done, 300));
  expect(await plain.text()).not.toMatch(/-\d+ s/);
});

test('ASCII mode shows nothing else', async () => {
  const { press, screen } = open({ ascii: true, depth: 4 });
  for (const { key } of screens) {
    await press(key);
    for (const line of await screen()) expect(line).toMatch(/^[\x20-\x7e]*$/);
  }
  await press('d', '!');
  for (const line of await screen()) expect(line).toMatch(/^[\x20-\x7e]*$/);
});

test('without colour not one colour code is sent', async () => {
  const { press, tty } = open({ depth: 1 });
  for (const { key } of screens) await press(key);
  await press('d', '!', 'escape', 'h', 'escape');
  expect(tty.text).not.toMatch(/\u001B\[[\d;]*\b(3[0-7]|38|4[0-7]|48|9[0-7])(;[\d;]*)?m/);
});

test('nothing new, nothing written; a new frame writes only what changed', async () => {
  const { engine, tty, settle } = open();
  await settle();
  const before = tty.bytes;
  engine.send({ type: 'faults', active: [] });
  await settle();
  expect(tty.bytes).toBe(before);
  engine.frame();
  await settle();
  // Steady load: the clock and the capacity columns, not the screen.
  expect(tty.bytes - before).toBeGreaterThan(0);
  expect(tty.bytes - before).toBeLessThan(4_000);
});
