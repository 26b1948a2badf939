/** Rewinds, branches, sessions and comparisons of real simulations, at the level of the worker. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RecordedSimulation } from '../../src/engine/simulation/recorded-simulation.js';
import { breakdownOf } from '../../src/engine/views/kit/breakdown.js';
import { loadScenario } from '../../src/scenario/load.js';
import { readSession } from '../../src/scenario/session/file.js';
import type { Command, FromEngine, StartMessage } from '../../src/tui/engine.js';
import { type Clock, EngineServer } from '../../src/tui/engine-server.js';
import { openSimulation } from '../../src/tui/machine.js';
import type { RepeatableMachine } from '../../src/tui/machine-kinds.js';
import { World } from '../../src/tui/world.js';

/** Two paths to one LUN; a goal that the link fault spoils. */
const SCENARIO = `
title: two adapters
seed: 5
duration: 20s
arrays:
  - { name: array1, luns: [{ name: lun0, size: 64GiB }] }
hosts:
  - { name: esx1 }
datastores:
  - { name: prod, extents: array1/lun0 }
vms:
  - { name: web, count: 2, disks: [{ size: 10GiB, kind: eagerThick }], workloads: { rw: randrw, bs: 8k, iodepth: 4, thinktime: 2ms } }
faults:
  - { at: 2s, until: 4s, fault: slow-device, target: array1/lun0, params: { factor: 3 } }
narrative:
  - { at: 0s, text: it begins }
  - { at: 5s, text: it goes on }
expect:
  - { text: no errors, metric: errors }
  - { text: quick in the end, metric: meanLatency, from: 5s, to: 6s, max: 500ms }
  - { text: nobody loses a path, count: path.failover, max: 0 }
`;
const PATH = 'esx1/vmhba1:C0:T0:L0';
const DOWN: Command = { kind: 'inject', fault: 'path-down', target: PATH, params: {} };
const SHARES: Command = { kind: 'qos', disk: 0, qos: { limit: 300 } };
const LINK: Command = { kind: 'inject', fault: 'link-down', target: 'esx1/vmhba1', params: {} };

let folder: string;
let scenario: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vmtop-timeline-'));
  scenario = join(folder, 'two.yaml');
  writeFileSync(scenario, SCENARIO);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Turns happen when they are asked for; every look at the clock is a millisecond. */
class Turns implements Clock {
  private ms = 0;
  private readonly waiting: (() => void)[] = [];

  now(): number {
    this.ms += 1;
    return this.ms;
  }

  later(_ms: number, callback: () => void): void {
    this.waiting.push(callback);
  }

  /** At most so many; true when nothing waits any more. */
  run(most = 100_000): boolean {
    for (let turn = 0; turn < most; turn++) {
      const next = this.waiting.shift();
      if (next === undefined) return true;
      next();
    }
    return this.waiting.length === 0;
  }
}

async function serve(start: Partial<StartMessage> = {}) {
  const clock = new Turns();
  const sent: FromEngine[] = [];
  let machine: RepeatableMachine | undefined;
  const made: RepeatableMachine[] = [];
  const watch = (one: RepeatableMachine): RepeatableMachine => {
    made.push(one);
    const { again } = one;
    return Object.assign(one, {
      again: (commands: Parameters<typeof again>[0]) => watch(again(commands)),
    });
  };
  const server = new EngineServer(
    (message) => sent.push(message),
    (message) => {
      machine = watch(openSimulation(message));
      return machine;
    },
    clock,
  );
  await server.hear({ type: 'start', scenario, ...start });
  clock.run();
  const last = <T extends FromEngine['type']>(type: T) =>
    sent.findLast((message): message is Extract<FromEngine, { type: T }> => message.type === type);
  return {
    sent,
    last,
    clock,
    /** The machine made last: after a rewind, the one that goes on. */
    newest: () => made.at(-1) as RepeatableMachine,
    first: () => made[0] as RepeatableMachine,
    do: async (...messages: Parameters<typeof server.hear>[0][]) => {
      for (const message of messages) {
        await server.hear(message);
        clock.run();
      }
    },
    hear: (message: Parameters<typeof server.hear>[0]) => server.hear(message),
  };
}

const step = (seconds: number) => ({ type: 'step', ns: seconds * 1e9 }) as const;
const order = (command: Command) => ({ type: 'command', command }) as const;

describe('rewind', () => {
  test('the same commands at the same instants end in the same digest', async () => {
    const one = await serve();
    await one.do(step(1.5), order(DOWN), step(1.25), order(SHARES), step(3));
    const digest = one.first().digest();
    await one.do({ type: 'rewind', toNs: 2e9 });
    // 1.5 s is kept, 2.75 s dropped: another course of events.
    expect(one.newest().now).toBe(2e9);
    expect(one.newest().commands.map(({ atNs }) => atNs)).toEqual([1.5e9]);
    expect(one.last('rewound')).toMatchObject({ atNs: 2e9 });
    expect(one.last('frame')).toMatchObject({ at: 2e9, done: false });
    await one.do(step(3.75));
    expect(one.newest().digest()).not.toBe(digest);
    // What was dropped, done again when it was done.
    await one.do({ type: 'rewind', toNs: 2e9 }, step(0.75), order(SHARES), step(3));
    expect(one.newest().now).toBe(5.75e9);
    expect(one.newest().digest()).toBe(digest);
  });

  test('commands go on being followed through the stack, and nothing counts backwards', async () => {
    const one = await serve();
    await one.do({ type: 'breakdown', on: true }, step(1), step(1), {
      type: 'rewind',
      toNs: 1.5e9,
    });
    const shown = () => {
      const world = new World();
      for (const message of one.sent) world.hear(message);
      const { window } = world.frames;
      return breakdownOf(window, window.entities.scope('disk'));
    };
    expect(shown()).toMatchObject({ commands: 0, ms: 0 });
    await one.do(step(0.5));
    expect(shown()?.commands).toBeGreaterThan(100);
  });

  test('a run that is never interrupted ends the same', async () => {
    const one = await serve();
    await one.do(step(1.5), order(DOWN), step(0.1), step(0.9), step(1));
    const plain = new RecordedSimulation(loadScenario(scenario), [{ atNs: 1.5e9, command: DOWN }]);
    plain.runUntil(3.5e9);
    expect(one.first().digest()).toBe(plain.digest());
  });

  test('to just before an action, to do another one at the same instant', async () => {
    const one = await serve();
    await one.do(step(1.5), order(DOWN), step(1));
    await one.do({ type: 'rewind', toNs: 1.5e9, keep: 0 }, order(LINK), step(1));
    expect(one.newest().commands).toEqual([{ atNs: 1.5e9, command: LINK }]);
    const branches = one.last('branches');
    expect(branches?.current).toBe('B');
    expect(branches?.branches).toEqual([
      {
        name: 'A',
        parent: undefined,
        forkNs: undefined,
        endNs: 2.5e9,
        actions: [{ atNs: 1.5e9, text: `inject path-down on ${PATH}` }],
      },
      expect.objectContaining({ name: 'B', parent: 'A', forkNs: 1.5e9 }),
    ]);
  });

  test('given up with escape nothing has changed', async () => {
    const one = await serve();
    await one.do(step(3), order(DOWN));
    const { now, commands } = one.first();
    await one.hear({ type: 'rewind', toNs: 2e9 });
    one.clock.run(1);
    expect(one.last('progress')?.part).toBeLessThan(1);
    // Meanwhile nothing else can be done.
    await one.hear(order(LINK));
    expect(one.last('refused')?.lines.join()).toContain('rewinding: wait');
    await one.do({ type: 'cancel' });
    expect(one.last('progress')?.part).toBe(1);
    expect(one.sent.some(({ type }) => type === 'rewound')).toBe(false);
    await one.do(step(1));
    expect(one.first().now).toBe(now + 1e9);
    expect(one.first().commands).toEqual(commands);
  });

  test('the log, the goals and the active faults are those of the earlier moment', async () => {
    const one = await serve();
    await one.do(step(1), order(DOWN), step(6));
    expect(one.last('drill')?.goals.map(({ state }) => state)).toEqual([
      'not yet',
      'met',
      'missed',
    ]);
    await one.do({ type: 'rewind', toNs: 1e9, keep: 0 });
    const entries = one.last('rewound')?.entries ?? [];
    expect(entries.map(({ kind }) => kind)).toEqual(['narrative']);
    expect(one.last('faults')?.active).toEqual([]);
    expect(one.last('drill')?.goals.map(({ state }) => state)).toEqual([
      'not yet',
      'not yet',
      'not yet',
    ]);
  });
});

describe('branches', () => {
  test('one goes on where it was left', async () => {
    const one = await serve();
    await one.do(step(1), order(DOWN), step(2));
    const digest = one.first().digest();
    await one.do({ type: 'rewind', toNs: 0.5e9 }, order(LINK), step(1));
    await one.do({ type: 'branch', name: 'A' });
    expect(one.newest().now).toBe(3e9);
    expect(one.newest().digest()).toBe(digest);
    expect(one.last('branches')?.current).toBe('A');
    expect(one.last('branches')?.branches.map(({ name, endNs }) => [name, endNs])).toEqual([
      ['A', 3e9],
      ['B', 1.5e9],
    ]);
  });

  test('two are compared over the time both have, from where they part', async () => {
    const one = await serve();
    const hold: Command = { kind: 'qos', disk: 0, qos: { limit: 100 } };
    await one.do(step(4.5), order(hold), step(3));
    await one.do({ type: 'rewind', toNs: 4.5e9, keep: 0 }, step(2));
    await one.do({ type: 'compare', name: 'A' });
    const found = one.last('comparison')?.comparison;
    expect(found).toMatchObject({ fromSeconds: 4.5, toSeconds: 6.5 });
    expect(found?.branches.map(({ name, actions }) => [name, actions])).toEqual([
      ['A', ['limit 100 for web1:scsi0:0']],
      ['B', []],
    ]);
    const [web1, web2] = found?.vms ?? [];
    // A limit of 100 I/Os per second, and none; the other VM is left alone.
    expect(web1?.a.iops).toBeGreaterThan(50);
    expect(web1?.a.iops).toBeLessThanOrEqual(110);
    expect(web1?.b.iops).toBeGreaterThan(500);
    expect(web1?.difference.iops).toBeCloseTo((web1?.b.iops ?? 0) - (web1?.a.iops ?? 0), 9);
    expect(web1?.difference.meanMs).toBeLessThan(0);
    expect(web1?.a.p99Ms).toBeGreaterThanOrEqual(web1?.a.meanMs ?? 0);
    expect(Math.abs(web2?.difference.iops ?? 0)).toBeLessThan(100);
    expect(found?.devices.map(({ host, name }) => `${host} ${name}`)).toEqual(['esx1 lun0']);
    // Neither branch was moved by being looked at.
    expect(one.last('branches')?.current).toBe('B');
    await one.do({ type: 'compare', name: 'B' }, { type: 'compare', name: 'Z' });
    expect(one.last('refused')?.lines.join()).toContain('no branch "Z"');
  });
});

describe('undo', () => {
  test('heals the last fault, then restores the setting before it', async () => {
    const one = await serve();
    const qos: Command = { kind: 'qos', disk: 0, qos: { shares: 500, limit: 200 } };
    const off: Command = {
      kind: 'path',
      host: 'esx1',
      path: 'vmhba1:C0:T0:L0',
      state: 'off',
    };
    await one.do(order(qos), step(0.1), order(off), step(0.1), order(DOWN), step(0.1));
    expect(one.last('faults')?.active).toHaveLength(1);
    await one.do({ type: 'undo' });
    expect(one.last('faults')?.active).toEqual([]);
    expect(one.last('said')?.text).toBe(`taken back: inject path-down on ${PATH}`);
    await one.do({ type: 'undo' }, { type: 'undo' }, { type: 'undo' });
    expect(one.last('refused')?.lines).toEqual(['there is no action that could be taken back']);
    expect(one.first().commands.map(({ command, undo }) => [command, undo])).toEqual([
      [qos, undefined],
      [off, undefined],
      [DOWN, undefined],
      [{ kind: 'heal', id: 0 }, true],
      [{ ...off, state: 'on' }, true],
      [{ kind: 'qos', disk: 0, qos: { shares: 1000, reservation: 0, limit: 0 } }, true],
    ]);
    // After a rewind the same things are still to be taken back.
    await one.do(step(1), { type: 'rewind', toNs: 0.15e9 }, { type: 'undo' });
    expect(one.last('said')?.text).toBe('taken back: switch esx1 vmhba1:C0:T0:L0 off');
  });
});

describe('what is over', () => {
  test('a fault that was healed or ended by itself is not taken back', async () => {
    const one = await serve();
    const off: Command = { kind: 'path', host: 'esx1', path: 'vmhba1:C0:T0:L0', state: 'off' };
    await one.do(order(off), step(0.1), order(DOWN), order({ kind: 'heal', id: 0 }));
    await one.do({ type: 'undo' });
    expect(one.last('said')?.text).toBe('taken back: switch esx1 vmhba1:C0:T0:L0 off');
  });
});

describe('sessions', () => {
  test('what is saved replays to the same digest, and goes on', async () => {
    const file = join(folder, 'one.yaml');
    const one = await serve();
    await one.do(step(1.5), order(DOWN), step(2), order(LINK), step(0.5));
    await one.do({ type: 'rewind', toNs: 3e9 }, step(1), { type: 'undo' }, step(1));
    await one.do({ type: 'save', file });
    expect(one.last('saved')).toEqual({ type: 'saved', file });
    const digest = one.newest().digest();
    expect(readSession(file)).toMatchObject({
      seed: 5,
      current: 'B',
      branches: [
        { name: 'A', endNs: 4e9 },
        { name: 'B', parent: 'A', forkNs: 3e9, endNs: 5e9, digest },
      ],
    });
    // Small and for people: a line per action.
    expect(readFileSync(file, 'utf8')).toContain('- {"atNs":1500000000,"kind":"inject"');

    const two = await serve({ session: file });
    expect(two.last('said')?.text).toBe('the session has been replayed, to the last completion');
    expect(two.first().now).toBe(5e9);
    expect(two.first().digest()).toBe(digest);
    // The screen has a past to scroll back in.
    expect(two.sent.filter(({ type }) => type === 'frame').length).toBeGreaterThan(40);
    await one.do(step(2));
    await two.do(step(2));
    expect(two.first().digest()).toBe(one.newest().digest());
    await two.do({ type: 'branch', name: 'A' });
    expect(two.newest().now).toBe(4e9);
  });

  test('given up half way it plays on live; an action of one’s own leaves it', async () => {
    const file = join(folder, 'half.yaml');
    const one = await serve();
    await one.do(step(1), order(DOWN), step(1), order(LINK), step(1), { type: 'save', file });
    const clock = new Turns();
    const sent: FromEngine[] = [];
    const made: RepeatableMachine[] = [];
    const server = new EngineServer(
      (message) => sent.push(message),
      (message) => {
        made.push(openSimulation(message));
        return made[0] as RepeatableMachine;
      },
      clock,
    );
    await server.hear({ type: 'start', scenario, session: file });
    clock.run(1);
    await server.hear({ type: 'cancel' });
    const [machine] = made;
    expect(machine?.ahead.length).toBeGreaterThan(0);
    await server.hear(order(LINK));
    expect(machine?.ahead).toEqual([]);
    const told = sent.findLast((message) => message.type === 'branches');
    expect(told).toMatchObject({ current: 'B', branches: [{ name: 'A', endNs: 3e9 }, {}] });
  });

  test('a file that cannot be written is refused', async () => {
    const one = await serve();
    await one.do({ type: 'save', file: join(folder, 'nowhere', 'x.yaml') });
    expect(one.last('refused')?.lines.join()).toContain('cannot be written (ENOENT)');
  });
});

describe('a replayed trace', () => {
  test('is saved with what was asked for, and replays', async () => {
    const trace = join(folder, 'a.csv');
    const lines = Array.from({ length: 300 }, (_, index) =>
      [128_166_372_000_000_000 + index * 100_000, 'hm', 0, 'Read', index * 65_536, 4096, 9].join(
        ',',
      ),
    );
    writeFileSync(trace, `${lines.join('\n')}\n`);
    const replay = { trace, scale: 2, iodepth: undefined, disks: undefined, seed: undefined };
    const file = join(folder, 'replay.yaml');
    const one = await serve({ replay });
    await one.do(step(1), order({ kind: 'rescan', host: 'esx1' }), step(0.2));
    await one.do({ type: 'save', file });
    expect(one.first().completed).toBeGreaterThan(100);
    const two = await serve({ session: file });
    expect(two.first().now).toBe(1.2e9);
    expect(two.first().digest()).toBe(one.first().digest());
    writeFileSync(trace, lines.slice(1).join('\n'));
    const three = await serve({ session: file });
    expect(three.sent.at(-1)).toMatchObject({
      type: 'problem',
      lines: [expect.stringContaining('a.csv has changed since'), expect.any(String)],
    });
  });
});
