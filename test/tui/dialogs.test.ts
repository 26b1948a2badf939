import { afterEach, describe, expect, test } from 'vitest';
import { NAA } from './fake-layout.js';
import { type Mounted, type MountOptions, mount } from './harness.js';

const CLIENT = `client web1:scsi0:0 on ${NAA[0]}`;

let mounted: Mounted | undefined;

function open(options: MountOptions = {}): Mounted {
  mounted = mount(options);
  return mounted;
}

afterEach(async () => {
  await mounted?.close();
  mounted = undefined;
});

describe('the fault menu', () => {
  test('takes the selected object as target', async () => {
    const { press, text, engine } = open();
    await press('P', 'down', '!', 'enter');
    expect(await text()).toContain('path-down: which path?');
    expect(await text()).toMatch(/▸ esx1\/vmhba2:C0:T0:L0/);
    await press('enter', 'enter');
    expect(engine.heard.at(-1)).toEqual({
      type: 'command',
      command: { kind: 'inject', fault: 'path-down', target: 'esx1/vmhba2:C0:T0:L0', params: {} },
    });
    expect(await text()).toContain('injecting path-down on esx1/vmhba2:C0:T0:L0');
  });

  test('puts what belongs to the selected object first', async () => {
    const { press, screen, text } = open();
    await press('d', 'down', '!', 'enter');
    const lines = await screen();
    const order = lines
      .filter((line) => line.includes('esx1/vmhba'))
      .map((line) => /vmhba\d:C0:T0:L\d/.exec(line)?.[0]);
    expect(order).toEqual([
      'vmhba2:C0:T0:L0',
      'vmhba2:C0:T0:L1',
      'vmhba1:C0:T0:L0',
      'vmhba1:C0:T0:L1',
    ]);
    expect(await text()).toContain('belongs to vmhba2');
  });

  test('a path suggests its adapter and its controller, a device its LUN', async () => {
    const { press, text } = open();
    await press('P', 'down', '!', 'down', 'enter');
    expect(await text()).toMatch(/▸ esx1\/vmhba2 /);
    await press('escape', 'down', 'enter');
    expect(await text()).toMatch(/▸ array1:B/);
    await press('escape', 'escape', 'u', 'down', '!', 'down', 'down', 'down', 'enter');
    expect(await text()).toMatch(/▸ array1\/lun1/);
  });

  test('params are edited with their units and checked against their limits', async () => {
    const { press, text, engine } = open();
    await press('!', 's', 'l', 'o', 'w', 'enter', 'down', 'enter');
    expect(await text()).toContain('Inject slow-device on array1/lun1');
    expect(await text()).toContain('times slower');
    await press('5', '0', '0', '0', 'enter');
    expect(await text()).toContain('not in the range 1 to 1000');
    await press('backspace', 'backspace', 'down', '2', '5', '0', 'm', 's', 'enter');
    expect(engine.heard.at(-1)).toEqual({
      type: 'command',
      command: {
        kind: 'inject',
        fault: 'slow-device',
        target: 'array1/lun1',
        params: { factor: 50, for: 250e6 },
      },
    });
  });

  test('active faults are on top and Enter heals', async () => {
    const { press, text, engine } = open();
    engine.send({
      type: 'faults',
      active: [{ id: 7, fault: 'cable-pull', target: 'esx1/vmhba1', sinceNs: 3e9 }],
    });
    expect(await text()).toContain('! 1 active');
    await press('!');
    expect(await text()).toMatch(/▸ cable-pull esx1\/vmhba1 .* since 3 s/);
    await press('enter');
    expect(engine.heard.at(-1)).toEqual({ type: 'command', command: { kind: 'heal', id: 7 } });
  });

  test('letters narrow the list, Escape goes back one step', async () => {
    const { press, text, engine } = open();
    await press('!', 'c', 'a', 'b', 'l', 'e');
    expect(await text()).toContain('containing "cable"');
    expect(await text()).not.toContain('controller-failover');
    await press('enter');
    expect(await text()).toContain('which adapter?');
    await press('escape');
    expect(await text()).toContain('containing "cable"');
    await press('x', 'x');
    expect(await text()).toContain('none');
    await press('enter', 'escape');
    expect(await text()).not.toContain('containing');
    expect(engine.heard.some(({ type }) => type === 'command')).toBe(false);
  });

  test('q typed into a menu does not quit', async () => {
    const { press, session, text } = open();
    await press('!', 'q');
    expect(session.store.ui.exitCode).toBeUndefined();
    expect(await text()).toContain('containing "q"');
  });

  test('fits the smallest screen', async () => {
    const { press, screen } = open({ columns: 72, rows: 20 });
    await press('P', '!', 'enter', 'down', 'down', 'down');
    const lines = await screen();
    expect(lines.find((line) => line.includes('▸ esx1'))).toContain('vmhba2:C0:T0:L1');
    expect(lines[19]).toContain('Enter choose');
    expect(lines.some((line) => line.startsWith('╰'))).toBe(true);
  });
});

describe('QoS', () => {
  test('of a VM on a device', async () => {
    const { press, text, engine } = open();
    await press('Q', 'down', 'i');
    expect(await text()).toContain('QoS of web2:scsi0:0');
    await press('5', '0', '0', 'down', '2', '0', '0', '0', 'down', '1', '0', '0', 'enter');
    expect(engine.heard.at(-1)).toEqual({
      type: 'command',
      command: { kind: 'qos', disk: 1, qos: { limit: 500, shares: 2000, reservation: 100 } },
    });
    expect(await text()).toContain('web2:scsi0:0: limit 500, shares 2000, reservation 100');
  });

  test('of one disk of an expanded VM; words do, and only what was typed is sent', async () => {
    const { press, text, engine } = open();
    await press('Q', 'e', 'down', 'enter');
    expect(await text()).toContain('QoS of web1:scsi0:0');
    await press('n', 'o', 'n', 'e', 'down', 'h', 'i', 'g', 'h', 'enter');
    expect(engine.heard.at(-1)).toEqual({
      type: 'command',
      command: { kind: 'qos', disk: 0, qos: { limit: 0, shares: 2000 } },
    });
    expect(await text()).toContain('web1:scsi0:0: limit none, shares 2000');
  });

  test('of every disk of a VM; what differs among them stays unless it is typed', async () => {
    const { press, text, engine } = open();
    const disk = { ...engine.plan.disks[0], index: 3, name: 'scsi0:1' };
    const qos = { shares: 1000, reservation: 0, limit: 100 };
    engine.plan = { ...engine.plan, disks: [...engine.plan.disks, { ...disk, qos }] };
    engine.sendLayout();
    engine.frame();
    await press('V', 'i');
    expect(await text()).toContain('QoS of web1, each of 2 disks');
    expect(await text()).toMatch(/limit +differs/);
    expect(await text()).toMatch(/shares +1000/);
    await press('down', 'down', '5', '0', 'enter');
    expect(engine.heard.slice(-2)).toEqual(
      [0, 3].map((index) => ({
        type: 'command',
        command: { kind: 'qos', disk: index, qos: { reservation: 50 } },
      })),
    );
  });

  test('where all disks of a VM are one client, of all of them', async () => {
    const { press, text, engine } = open();
    const disk = { ...engine.plan.disks[0], index: 3, name: 'scsi0:1' };
    engine.plan = { ...engine.plan, disks: [...engine.plan.disks, disk] };
    const client = engine.layout.find('client', CLIENT.slice('client '.length));
    engine.layout.entities[client.index] = { ...client, labels: { ...client.labels, disk: '*' } };
    const { entities } = engine.layout;
    const first = engine.layout.find('disk', 'web1:scsi0:0');
    entities.push({ ...first, index: entities.length, name: 'web1:scsi0:1' });
    engine.sendLayout();
    engine.frame();
    await press('Q', 'e', 'down');
    expect(await text()).toMatch(/▸. {2}all disks/);
    await press('i');
    expect(await text()).toContain('QoS of web1, each of 2 disks');
  });

  test('a limit below the reservation is taken: it holds', async () => {
    const { press, engine } = open();
    engine.frame({ [CLIENT]: { shares: 1000, limit: 200, reservation: 0 } });
    await press('Q', 'i', 'down', 'down', '3', '0', '0', 'enter');
    const command = engine.heard.find(({ type }) => type === 'command');
    expect(command).toMatchObject({ command: { kind: 'qos', qos: { reservation: 300 } } });
  });

  test('nothing typed changes nothing', async () => {
    const { press, text, engine } = open();
    engine.frame({ [CLIENT]: { shares: 1000, limit: 200, reservation: 0 } });
    await press('Q', 'i', 'enter');
    expect(await text()).toContain('QoS of web1:scsi0:0 is as it was');
    expect(engine.heard.some(({ type }) => type === 'command')).toBe(false);
  });

  test('of a virtual disk, with Enter; what is set now is the start', async () => {
    const { press, text, engine } = open();
    const client = `client db1:scsi0:0 on ${NAA[1]}`;
    engine.frame({ [client]: { shares: 500, limit: 250, reservation: 0 } });
    await press('v', 'end', 'enter');
    expect(await text()).toContain('QoS of db1:scsi0:0');
    expect(await text()).toMatch(/limit +250/);
    expect(await text()).toMatch(/shares +500/);
    await press('down', '9', '9', '9', '9', '9', '9', 'enter');
    expect(await text()).toContain('shares: "999999" is not a whole number from 1 to 100000');
    await press('escape');
    expect(engine.heard.some(({ type }) => type === 'command')).toBe(false);
  });

  test('other rows have none', async () => {
    const { press, text } = open();
    await press('P', 'i');
    expect(await text()).toContain('select a virtual disk, or a VM on a device');
  });
});

describe('the history of a path', () => {
  const question = { type: 'path-history', host: 'esx1', path: 'vmhba2:C0:T0:L0' } as const;
  const entry = (second: number) => ({ at: second * 1e9, what: `change ${second}`, why: 'test' });

  test('opens with Enter, follows the frames and closes', async () => {
    const { press, text, engine } = open();
    await press('P', 'down', 'enter');
    expect(engine.heard.at(-1)).toEqual(question);
    expect(await text()).toContain('History of esx1/vmhba2:C0:T0:L0');
    expect(await text()).toContain('asking the engine');
    engine.send({ ...question, entries: [] });
    expect(await text()).toContain('nothing has happened yet');
    const dead = { at: 61.5e9, what: 'active -> dead', why: 'the link is down' };
    engine.send({ ...question, path: 'vmhba1:C0:T0:L0', entries: [entry(1)] });
    engine.send({ ...question, entries: [dead] });
    expect(await text()).toContain('1:01.500 ! active -> dead (the link is down)');
    expect(await text()).not.toContain('change 1');
    const asked = engine.heard.length;
    engine.frame();
    expect(engine.heard.slice(asked)).toEqual([question]);
    await press('escape');
    expect(await text()).not.toContain('History of');
    engine.frame();
    engine.send({ ...question, entries: [dead] });
    expect(engine.heard).toHaveLength(asked + 1);
    expect(await text()).not.toContain('History of');
  });

  test('scrolls on the smallest screen', async () => {
    const { press, text, engine } = open({ columns: 72, rows: 20 });
    await press('P', 'down', 'enter');
    engine.send({ ...question, entries: Array.from({ length: 32 }, (_, at) => entry(at)) });
    expect(await text()).toContain('change 31 (test)');
    expect(await text()).not.toContain('newer below');
    await press('up');
    expect(await text()).toContain('1 newer below');
    expect(await text()).not.toContain('change 31');
    await press('home');
    expect(await text()).toContain('change 0 (test)');
    await press('end');
    expect(await text()).toContain('change 31 (test)');
  });
});

test('a stunned machine is announced on every screen and can be answered', async () => {
  const { press, text, engine } = open();
  await press('a');
  expect(await text()).toContain('no virtual machine has a question');
  engine.frame({ 'vm web2': { stunned: 1 } });
  await press('d');
  expect(await text()).toContain('! web2 has stopped: no space left. Press a to answer');
  await press('a', 'down', 'enter');
  expect(engine.heard.at(-1)).toEqual({
    type: 'command',
    command: { kind: 'answer', vm: 'web2', answer: 'cancel' },
  });
});

describe('time', () => {
  const paces = (m: Mounted): unknown[] =>
    m.engine.heard
      .filter(({ type }) => type !== 'start' && type !== 'frame-interval')
      .map((message) => Object.values(message)[1]);

  test('pause, resume, step, speed', async () => {
    const m = open();
    const { press, text } = m;
    await press('space');
    expect(await text()).toContain('PAUSED');
    await press('p', '+', '+', '-', '.');
    expect(await text()).toContain('PAUSED');
    await press(',', '+', 'space');
    // Start, pause, resume, 2x, 5x, 2x, pause for the step, 100 ms, 1 ms, resume at 5x.
    expect(paces(m)).toEqual([1, 0, 1, 2, 5, 2, 0, 100e6, 1e6, 5]);
    await press('+', '+', '+', '+', '+');
    expect(paces(m).slice(-4)).toEqual([5, 10, 60, Number.POSITIVE_INFINITY]);
    expect(await text()).toContain('max');
    expect(await text()).toContain('it goes no faster');
    await press('space', '-');
    expect(await text()).toContain('60x when it goes on');
  });

  test('the delay is asked for in seconds', async () => {
    const { press, text, engine } = open();
    await press('s', '5', 'enter');
    expect(engine.heard.at(-1)).toEqual({ type: 'frame-interval', ms: 5000 });
    await press('s', '0', 'enter');
    expect(await text()).toContain('not in the range 50 ms to 60 s');
    await press('escape', 's', '2', '5', '0', 'm', 's', 'enter');
    expect(engine.heard.at(-1)).toEqual({ type: 'frame-interval', ms: 250 });
  });

  test('at the end there is nothing to pause', async () => {
    const { press, text, engine } = open();
    engine.frame({}, true);
    expect(await text()).toContain('END');
    await press('space');
    expect(await text()).toContain('has come to its end');
  });
});

describe('help', () => {
  test('explains the columns and keys of the screen it was opened on', async () => {
    const { press, text } = open({ columns: 120, rows: 100 });
    await press('u', 'h');
    expect(await text()).toContain('device queue depth in force');
    expect(await text()).toContain('inject or heal a fault');
    await press('?');
    expect(await text()).toContain('DEVICE');
    await press('O', '?');
    expect(await text()).toContain('the way of the I/O through all layers');
    await press('q');
    expect(await text()).toContain('LAYER');
  });

  test('scrolls on a small screen', async () => {
    const { press, text } = open({ columns: 80, rows: 24 });
    await press('u', 'h');
    expect(await text()).not.toContain('Marks:');
    await press('end');
    expect(await text()).toContain('Marks:');
  });
});

test('read only: nothing can be changed, everything can be seen', async () => {
  const { press, text, engine } = open({ readOnly: true });
  await press('!');
  expect(await text()).toContain('read only');
  await press('v', 'i');
  expect(await text()).toContain('read only: QoS');
  engine.frame({ 'vm web2': { stunned: 1 } });
  await press('a');
  expect(await text()).toContain('read only: questions');
  expect(engine.heard.some(({ type }) => type === 'command')).toBe(false);
});

test('what the engine refuses is shown', async () => {
  const { engine, text } = open();
  engine.send({
    type: 'refused',
    lines: ['fault path-down: there is no path x', '  hint: known: y'],
  });
  expect(await text()).toContain('there is no path x');
});

describe('the end', () => {
  test.each([
    ['q', 0],
    ['ctrl+c', 130],
  ])('%s leaves with %i', async (key, code) => {
    const { press, session } = open();
    await press(key);
    expect(await session.ended).toEqual({ code, lines: [] });
  });

  test('bad input ends with 2 and its lines, a crash with 1', async () => {
    const first = open();
    first.engine.send({ type: 'problem', lines: ['a.yaml: unknown key', '  hint: x'] });
    expect(await first.session.ended).toEqual({
      code: 2,
      lines: ['a.yaml: unknown key', '  hint: x'],
    });
    await first.close();
    const second = open();
    second.engine.send({ type: 'crash', message: 'assertion failed' });
    expect((await second.session.ended).code).toBe(1);
    expect((await second.session.ended).lines.join()).toContain('assertion failed');
  });

  test('afterwards nothing is written and the engine is closed', async () => {
    const { press, tty, engine, close, settle } = open();
    await press('q');
    const before = tty.bytes;
    engine.frame();
    await close();
    await settle();
    expect(tty.bytes).toBe(before);
    expect(engine.closed).toBe(true);
  });

  test('no listeners stay behind on the process', async () => {
    const count = (): number =>
      process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const warm = open();
    await warm.settle();
    await warm.close();
    const before = count();
    const { press, close } = open();
    await press('d');
    await close();
    expect(count()).toBe(before);
  });
});

test('Ctrl-L writes the screen anew', async () => {
  const { press, tty, settle } = open();
  await settle();
  const before = tty.text.length;
  await press('ctrl+l');
  expect(tty.text.slice(before)).toContain('\u001B[2J');
  expect(tty.text.slice(before)).toContain('scheduler');
});
