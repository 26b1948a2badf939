/** Keys about time on the screen: the past, rewinding, branches, sessions, undo, again, goals. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Comparison, Goal } from '../../src/tui/time/messages.js';
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

/** What was said to the engine, but for what every start says. */
const told = ({ engine }: Mounted) =>
  engine.heard.filter(({ type }) => !['start', 'frame-interval', 'pace'].includes(type));

const BRANCHES = {
  type: 'branches',
  current: 'B',
  branches: [
    {
      name: 'A',
      parent: undefined,
      forkNs: undefined,
      endNs: 9e9,
      actions: [{ atNs: 2e9, text: 'inject path-down on esx1/vmhba1:C0:T0:L0' }],
    },
    {
      name: 'B',
      parent: 'A',
      forkNs: 1e9,
      endNs: 4e9,
      actions: [
        { atNs: 2e9, text: 'rank 5 for esx1 p' },
        { atNs: 3e9, text: 'rescan esx1' },
      ],
    },
  ],
} as const;

describe('the past', () => {
  test('[ and ] go by samples, $ is now, and the screen says so', async () => {
    // The harness has shown 1 s to 4 s.
    const one = open();
    const { press, text, screen, engine } = one;
    await press('[');
    expect((await screen())[0]).toContain('0:03.000 of 3:00.000   PAST -0:01.000');
    expect(await text()).toContain(
      'the past: 0:02.000 to 0:03.000, now 0:04.000: $ now, ctrl+r rewinds',
    );
    await press('[');
    expect((await screen())[0]).toContain('PAST -0:02.000');
    // The engine goes on; what is shown does not.
    engine.frame({ 'vm web1': { stunned: 1 } });
    expect((await screen())[0]).toContain('0:02.000 of 3:00.000   PAST -0:03.000');
    await press(']');
    expect((await screen())[0]).toContain('0:03.000');
    await press('$');
    expect((await screen())[0]).toContain('0:05.000');
    expect(await text()).not.toContain('PAST');
    await press(']');
    expect(await text()).toContain('this is now');
    expect(told(one)).toEqual([]);
  });

  test('{ } go by minutes, ^ to the start; no key leaves what is kept', async () => {
    const { press, screen, text, engine } = open();
    for (let second = 0; second < 86; second++) engine.frame();
    await press('{');
    expect((await screen())[0]).toContain('PAST -1:00.000');
    await press('{');
    expect((await screen())[0]).toContain('0:02.000 of');
    await press('^');
    expect(await text()).toContain('nothing earlier is kept');
    await press('}');
    expect((await screen())[0]).toContain('1:02.000 of');
    await press('}');
    expect(await text()).not.toContain('PAST');
    await press('^');
    expect((await screen())[0]).toContain('0:02.000 of');
  });

  test('tables, charts and events are those of that moment', async () => {
    const { press, screen, text, engine } = open({ columns: 200, rows: 50 });
    engine.event('path.state', 'p1', 'dead');
    engine.frame({ 'disk web1:scsi0:0': { reads: 1e6 } });
    engine.event('path.state', 'p2', 'active again');
    await press('v');
    const row = async () => (await screen()).find((line) => /web1 +scsi0:0/.test(line));
    const now = await row();
    await press('[');
    const then = await row();
    expect(then).not.toBe(now);
    await press('E');
    expect(await text()).toContain('p1: dead');
    expect(await text()).not.toContain('p2: active again');
    await press('$');
    expect(await text()).toContain('p2: active again');
  });

  test('nothing can be changed in it', async () => {
    const one = open();
    await one.press('P', '[', '!');
    expect(await one.text()).toContain('this is the past: ctrl+r rewinds to it');
    await one.press('X', 'K', 'H', 'z', '@');
    expect(told(one)).toEqual([]);
  });
});

test('a pause does not cut the window short; a step has a window of its own', async () => {
  const one = open({ columns: 140 });
  const soon = (): void => {
    one.engine.at -= 0.9e9;
    one.engine.frame();
  };
  expect(await one.text()).toContain('avg over 1.0 s');
  await one.press('space');
  soon();
  expect(await one.text()).toContain('avg over 1.1 s');
  await one.press('.');
  soon();
  expect(await one.text()).toContain('avg over 0.1 s');
});

describe('ctrl+r rewinds', () => {
  test('to the moment shown, and waits there', async () => {
    const one = open();
    await one.press('[', 'ctrl+r');
    expect(await one.text()).toMatch(/▸ 0:03.000 +the moment that is shown/);
    await one.press('enter');
    expect(one.engine.heard.slice(-2)).toEqual([
      { type: 'pace', speed: 0 },
      { type: 'rewind', toNs: 3e9 },
    ]);
    one.engine.send({ type: 'progress', what: 'rewinding', part: 0.4 });
    expect(await one.text()).toContain('rewinding: 40 % done, Esc gives up');
    await one.press('escape');
    expect(one.engine.heard.at(-1)).toEqual({ type: 'cancel' });
    one.engine.send({ type: 'progress', what: 'rewinding', part: 1 });
    one.engine.event('path.state', 'later', 'dead');
    one.engine.send({ type: 'rewound', atNs: 3e9, entries: [] });
    one.engine.sendLayout();
    const screen = await one.screen();
    expect(screen[0]).toContain('0:03.000 of');
    expect(screen[0]).toContain('PAUSED');
    expect(screen.join()).not.toContain('PAST');
    expect(screen.join()).not.toContain('later');
    expect(one.session.world.frames.ends).toEqual([2e9, 3e9]);
  });

  test('to before an action, to the start, or goes to another branch', async () => {
    const one = open();
    one.engine.send(BRANCHES);
    expect((await one.screen())[0]).toContain('branch B');
    await one.press('ctrl+r');
    const menu = await one.text();
    expect(menu).toMatch(/▸ 0:03.000 +before: rescan esx1/);
    expect(menu).toMatch(/branch A +until 0:09.000, 1 done, last: inject path-down/);
    await one.press('down', 'enter');
    expect(one.engine.heard.at(-1)).toEqual({ type: 'rewind', toNs: 2e9, keep: 0 });
    await one.press('ctrl+r', 'down', 'down', 'enter');
    expect(one.engine.heard.at(-1)).toEqual({ type: 'rewind', toNs: 0, keep: 0 });
    await one.press('ctrl+r', 'b', 'r', 'a', 'n', 'enter');
    expect(one.engine.heard.at(-1)).toEqual({ type: 'branch', name: 'A' });
  });
});

describe('B compares branches', () => {
  const side = (iops: number, meanMs: number) => ({
    iops,
    bytesPerSecond: iops * 8192,
    meanMs,
    p99Ms: meanMs * 3,
    errors: 0,
  });
  const row = (name: string, host = '') => ({
    name,
    host,
    a: side(1000, 2),
    b: side(400, 5.5),
    difference: side(-600, 3.5),
  });
  const COMPARISON: Comparison = {
    fromSeconds: 1,
    toSeconds: 4,
    branches: [
      { name: 'A', digest: '', actions: ['inject path-down'] },
      { name: 'B', digest: '', actions: [] },
    ],
    vms: [row('web1')],
    devices: [row('lun0', 'esx1')],
  };

  test('asks, and shows both with the difference', async () => {
    const one = open({ columns: 80, rows: 24 });
    await one.press('B');
    expect(await one.text()).toContain('there is one branch only');
    one.engine.send(BRANCHES);
    await one.press('B');
    expect(told(one)).toEqual([{ type: 'compare', name: 'A' }]);
    one.engine.send({ type: 'comparison', comparison: COMPARISON });
    const text = await one.text();
    expect(text).toContain('A and B from 1.000 s to 4.000 s');
    expect(text).toContain('A: 0 I/O errors; inject path-down');
    expect(text).toMatch(/web1 +1000 +400 +-600 +2\.00 +5\.50 +\+3\.50 +6\.00 +16\.50 +\+10\.50/);
    expect(text).toMatch(/esx1 lun0 +1000/);
    await one.press('escape');
    expect(await one.text()).not.toContain('A and B from');
  });

  test('on a narrow screen names give way, not figures', async () => {
    const one = open({ columns: 80, rows: 24 });
    const long = row('{NFS}a-datastore-with-a-very-long-name', 'esx1');
    one.engine.send({ type: 'comparison', comparison: { ...COMPARISON, devices: [long] } });
    const line = (await one.screen()).find((text) => text.startsWith('esx1 ')) ?? '';
    expect(line).toMatch(/^esx1 \S+~\S+name +1000 +400 +-600 +2\.0 +5\.5 +\+3\.5 .*\+10\.5$/);
    expect(line.length).toBeLessThanOrEqual(80);
  });

  test('of several it asks which', async () => {
    const one = open();
    const third = { ...BRANCHES.branches[0], name: 'C' };
    one.engine.send({ ...BRANCHES, branches: [...BRANCHES.branches, third] });
    await one.press('B');
    expect(await one.text()).toContain('Compare branch B with');
    await one.press('down', 'enter');
    expect(told(one)).toEqual([{ type: 'compare', name: 'C' }]);
  });
});

describe('sessions and actions', () => {
  test('ctrl+s asks for a file and saves', async () => {
    const one = open();
    await one.press('ctrl+s');
    expect(await one.text()).toContain('two-paths.session.yaml');
    await one.press('a', '.', 'y', 'enter');
    expect(told(one)).toEqual([{ type: 'save', file: 'a.y' }]);
    one.engine.send({ type: 'saved', file: 'a.y' });
    expect(await one.text()).toContain('the session is saved in a.y');
    await one.press('ctrl+s', 'x', 'backspace', 'enter');
    expect(await one.text()).toContain('a session needs a file');
  });

  test('z takes the last action back', async () => {
    const one = open();
    await one.press('z');
    expect(told(one)).toEqual([{ type: 'undo' }]);
    one.engine.send({ type: 'said', text: 'taken back: rank 5' });
    expect(await one.text()).toContain('taken back: rank 5');
  });

  test('@ injects the last fault again, on the selected object where it fits', async () => {
    const one = open();
    await one.press('@');
    expect(await one.text()).toContain('no fault has been injected yet');
    await one.press('u', '!', 's', 'l', 'o', 'w', 'enter', 'enter', '7', 'enter');
    const params = { factor: 7, for: 5e9 };
    const slow = (target: string) => ({
      type: 'command',
      command: { kind: 'inject', fault: 'slow-device', target, params },
    });
    expect(one.engine.heard.at(-1)).toEqual(slow('array1/lun0'));
    await one.press('O', '@');
    expect(told(one)).toEqual([slow('array1/lun0'), slow('array1/lun0')]);
    expect(await one.text()).toContain('injecting slow-device on array1/lun0 again');
    await one.press('A', 'down', '@');
    expect(one.engine.heard.at(-1)).toEqual(slow('array1/lun1'));
  });

  test('read only: no undo, no faults again; time and saving stay', async () => {
    const one = open({ readOnly: true });
    await one.press('z', '@');
    expect(told(one)).toEqual([]);
    await one.press('[', 'ctrl+r', 'enter');
    expect(one.engine.heard.at(-1)).toEqual({ type: 'rewind', toNs: 3e9 });
  });
});

describe('drills', () => {
  const goal = (text: string, state: Goal['state'], value: number | null): Goal => ({
    text,
    state,
    value,
    unit: 'ns',
    min: 0,
    max: 5e6,
    dueNs: 20e9,
  });
  const GOALS = [
    goal('quick at first', 'met', 2e6),
    goal('quick later', 'missed', 9e6),
    goal('quick in the end', 'not yet', null),
  ];

  test('g shows the goals as they stand, the status line counts them', async () => {
    const { press, text, screen, engine } = open();
    await press('g');
    expect(await text()).toContain('this scenario has no goals');
    engine.send({ type: 'drill', goals: GOALS.slice(0, 1), score: null });
    expect((await screen())[0]).toContain('goals 1/1');
    await press('g');
    expect(await text()).toContain('+ met      quick at first (2 ms; at most 5 ms)');
    engine.send({ type: 'drill', goals: GOALS, score: null });
    expect((await screen())[0]).toContain('goals 1/3 ! 1 missed');
    await press('escape', '[');
    expect((await screen())[0]).not.toContain('goals');
    await press('$', 'g');
    expect(await text()).toContain('! missed   quick later (9 ms; at most 5 ms)');
    expect(await text()).toContain('not yet  quick in the end (at most 5 ms, by 0:20.000)');
    await press('g');
    expect(await text()).not.toContain('quick later');
  });

  test('the score comes up when a drill ends', async () => {
    const { engine, text } = open();
    engine.plan = { ...engine.plan, drill: true };
    engine.sendLayout();
    engine.send({
      type: 'drill',
      goals: GOALS,
      score: {
        points: 47,
        goals: { met: 1, of: 3, points: 20 },
        noticePoints: 10,
        harmPoints: 17,
        hastePoints: 0,
        trouble: true,
        noticeSeconds: 30,
        actions: 2,
        errors: 1,
        slowSeconds: 2,
        goalMs: 5,
      },
    });
    const shown = await text();
    expect(shown).toContain('score 47 of 100');
    expect(shown).toContain('first action 30.0 s after the first trouble');
    expect(shown).toContain('1 I/O errors, 2 s with a VM above 5 ms');
  });
});
