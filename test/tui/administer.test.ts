/** Keys that switch paths and devices, set ranks and rescan hosts. */
import { afterEach, describe, expect, test } from 'vitest';
import { NAA } from './fake-layout.js';
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

const commands = ({ engine }: Mounted): unknown[] =>
  engine.heard.flatMap((message) => (message.type === 'command' ? [message.command] : []));

const path = 'vmhba1:C0:T0:L0';
const off = { kind: 'path', host: 'esx1', path, state: 'off' };

describe('X on a path', () => {
  test('asks before it leaves one usable path, and the first answer changes nothing', async () => {
    const m = open();
    await m.press('P', 'X');
    expect(await m.text()).toContain(`Switch esx1 ${path} off?`);
    expect(await m.text()).toContain('one usable path is left then');
    await m.press('enter');
    expect(await m.text()).not.toContain('Switch esx1');
    expect(commands(m)).toEqual([]);
    await m.press('X', 'down', 'enter');
    expect(commands(m)).toEqual([off]);
    expect(await m.text()).toContain(`esx1 ${path} switched off`);
  });

  test('asks nothing about a path that is dead, and switches one on that is off', async () => {
    const m = open();
    m.engine.frame({ [`path ${path}`]: { state: 3 } });
    await m.press('P', 'X');
    expect(commands(m)).toEqual([off]);
    m.engine.frame({ [`path ${path}`]: { state: 4 } });
    await m.press('X');
    expect(commands(m)).toEqual([off, { ...off, state: 'on' }]);
    expect(await m.text()).toContain('switched on');
  });

  test('leaves the last usable one to the engine, whose refusal is shown', async () => {
    const m = open();
    m.engine.frame({ 'path vmhba2:C0:T0:L0': { state: 3 } });
    await m.press('P', 'X');
    expect(commands(m)).toEqual([off]);
    const refusal = `path ${path}: it is the last usable path of ${NAA[0]}`;
    m.engine.send({ type: 'refused', lines: [refusal] });
    expect(await m.text()).toContain(refusal);
    m.resize(80, 24);
    expect(await m.text()).toContain('last usable path of naa.60003ff…0001');
    expect(await m.text()).not.toContain('switched off');
  });

  test('works on the paths of an expanded adapter', async () => {
    const m = open();
    await m.press('d', 'e', 'down', 'X', 'down', 'enter');
    expect(commands(m)).toEqual([off]);
  });
});

describe('X on a device', () => {
  const detach = { kind: 'device', host: 'esx1', device: NAA[0], state: 'off' };

  test('names the machines that lose it before it is detached', async () => {
    const m = open();
    await m.press('u', 'X');
    expect(await m.text()).toContain(`Detach ${NAA[0]} from esx1?`);
    expect(await m.text()).toContain('web1, web2: every I/O fails until it is attached again');
    await m.press('down', 'enter');
    expect(commands(m)).toEqual([detach]);
    expect(await m.text()).toContain(`${NAA[0]} detached`);
  });

  test('attaches one that is off at once', async () => {
    const m = open();
    m.engine.frame({ [`device ${NAA[0]}`]: { state: 4 } });
    await m.press('u', 'X');
    expect(commands(m)).toEqual([{ ...detach, state: 'on' }]);
    expect(await m.text()).toContain('attached');
  });

  test('one that was removed needs a rescan; other rows cannot be switched', async () => {
    const m = open();
    m.engine.frame({ [`device ${NAA[0]}`]: { state: 5 } });
    await m.press('u', 'X');
    expect(await m.text()).toContain('a rescan may find it again');
    await m.press('v', 'X');
    expect(await m.text()).toContain('select a path, a device, a mounted datastore or a backup');
    expect(commands(m)).toEqual([]);
  });
});

describe('K', () => {
  test('sets the rank of a path, starting from what it is, within limits', async () => {
    const m = open();
    m.engine.frame({ [`path ${path}`]: { rank: 4 } });
    await m.press('P', 'K');
    expect(await m.text()).toContain(`Rank of esx1 ${path}`);
    expect(await m.text()).toMatch(/rank +4_/);
    await m.press('9', '9', '9', '9', 'enter');
    expect(await m.text()).toContain('not in the range 0 to 1000');
    await m.press('backspace', 'backspace', 'enter');
    expect(commands(m)).toEqual([{ kind: 'rank', host: 'esx1', path, rank: 99 }]);
    // The fake device is under round robin.
    expect(await m.text()).toContain(`rank of esx1 ${path} is 99, which RR does not look at`);
  });

  test('is for paths', async () => {
    const m = open();
    await m.press('u', 'K');
    expect(await m.text()).toContain('select a path');
  });
});

test('H rescans the host of the selected row, or the only one there is', async () => {
  const m = open();
  await m.press('d', 'H', 'D', 'H');
  expect(commands(m)).toEqual([
    { kind: 'rescan', host: 'esx1' },
    { kind: 'rescan', host: 'esx1' },
  ]);
  expect(await m.text()).toContain('esx1 probes the paths of all its devices');
});

test('read only: none of them changes anything', async () => {
  const m = open({ readOnly: true });
  await m.press('P', 'X');
  expect(await m.text()).toContain('read only: nothing can be switched');
  await m.press('K');
  expect(await m.text()).toContain('read only: ranks');
  await m.press('H');
  expect(await m.text()).toContain('read only: no host');
  expect(commands(m)).toEqual([]);
});

test('the footer offers a key where it does something', async () => {
  const m = open({ columns: 160 });
  await m.press('P');
  expect((await m.screen()).at(-1)).toMatch(/X switch.*K rank/);
  await m.press('u');
  expect((await m.screen()).at(-1)).toMatch(/X switch/);
  expect((await m.screen()).at(-1)).not.toMatch(/K rank/);
  expect((await m.screen()).at(-1)).toMatch(/ctrl\+o do/);
  for (const key of ['*', '&']) {
    await m.press(key);
    expect((await m.screen()).at(-1)).toMatch(/X switch/);
  }
  await m.press('d');
  expect((await m.screen()).at(-1)).not.toMatch(/X switch|ctrl\+o/);
});
