import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import type { LogEntry } from '../../src/engine/core/event-log.js';
import type { FromEngine, PathEvent } from '../../src/tui/engine.js';
import { type Clock, EngineServer } from '../../src/tui/engine-server.js';
import type { RepeatableMachine } from '../../src/tui/machine-kinds.js';
import { PLAN } from './fake-engine.js';
import { fakeLayout } from './fake-layout.js';

/** Real time that passes only when told. */
class ManualClock implements Clock {
  ms = 0;
  private waiting: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.ms;
  }

  later(ms: number, callback: () => void): void {
    this.waiting.push({ at: this.ms + ms, callback });
  }

  /** Runs turns until `ms` have passed; a turn that takes no time counts as 0.1 ms. */
  pass(ms: number): void {
    const end = this.ms + ms;
    for (;;) {
      const next = this.waiting.sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.waiting.shift();
      this.ms = Math.max(this.ms + 0.1, next.at);
      next.callback();
    }
    this.ms = Math.max(this.ms, end);
  }

  get idle(): boolean {
    return this.waiting.length === 0;
  }
}

/** A simulation that costs `msPerSecond` real milliseconds per simulated second. */
class FakeMachine implements RepeatableMachine {
  readonly plan = PLAN;
  readonly entities = fakeLayout().entities;
  readonly faults = [];
  now = 0;
  longestMs = 0;
  calls = 0;
  /** What a call costs however little it runs, ms. */
  callMs = 0;
  followed = false;
  heard: unknown[] = [];
  readonly origin = { scenario: 'x', seed: 1, sha256: '' };
  readonly commands = [];
  readonly ahead = [];
  pending: LogEntry[] = [];

  constructor(
    private readonly clock: ManualClock,
    private readonly msPerSecond: number,
  ) {}

  get completed(): number {
    return Math.floor(this.now / 1e6);
  }

  get over(): boolean {
    return this.now >= this.plan.durationNs;
  }

  runUntil(ns: number): void {
    expect(Number.isInteger(ns)).toBe(true);
    const ms = ((ns - this.now) / 1e9) * this.msPerSecond;
    this.longestMs = Math.max(this.longestMs, ms);
    this.clock.ms += ms + this.callMs;
    this.calls++;
    this.now = ns;
  }

  sample() {
    return { at: this.now, values: new Float64Array(3), histograms: new Uint32Array(0) };
  }

  command(command: unknown): void {
    this.heard.push(command);
    if (JSON.stringify(command).includes('nowhere')) throw InputError.of('fault', 'no such target');
  }

  setBreakdown(on: boolean) {
    this.followed = on;
  }

  activeFaults() {
    return [];
  }

  pathHistory(host: string, path: string): PathEvent[] {
    if (path === 'nowhere') throw InputError.of('path', 'there is no path nowhere');
    return [{ at: this.now, what: 'active -> dead', why: `${host} has lost ${path}` }];
  }

  digest(): string {
    return String(this.now);
  }

  again(): FakeMachine {
    return new FakeMachine(this.clock, this.msPerSecond);
  }

  undo(): string {
    throw InputError.of('', 'nothing to undo');
  }

  drill(): undefined {
    return undefined;
  }

  takeEvents(): LogEntry[] {
    return this.pending.splice(0);
  }
}

async function serve(msPerSecond: number) {
  const clock = new ManualClock();
  const machine = new FakeMachine(clock, msPerSecond);
  const sent: FromEngine[] = [];
  const server = new EngineServer(
    (message) => sent.push(message),
    () => machine,
    clock,
  );
  await server.hear({ type: 'start', scenario: 'x' });
  const frames = () => sent.filter((message) => message.type === 'frame');
  return { clock, machine, sent, server, frames };
}

describe('pace', () => {
  test('at 1x a second is a second', async () => {
    const { clock, machine, server, frames } = await serve(10);
    await server.hear({ type: 'pace', speed: 1 });
    clock.pass(10_000);
    expect(machine.now / 1e9).toBeGreaterThan(9.9);
    expect(machine.now / 1e9).toBeLessThanOrEqual(10.02);
    // One at the start, then one a second.
    expect(frames().length).toBeGreaterThanOrEqual(9);
    expect(frames().length).toBeLessThanOrEqual(12);
    expect(frames().at(-1)?.speed).toBeCloseTo(1, 1);
  });

  test('at 5x five seconds are a second', async () => {
    const { clock, machine, server } = await serve(10);
    await server.hear({ type: 'pace', speed: 5 });
    clock.pass(4_000);
    expect(machine.now / 1e9).toBeGreaterThan(19.8);
    expect(machine.now / 1e9).toBeLessThanOrEqual(20.1);
  });

  test('a machine that cannot keep up stays responsive and says how fast it is', async () => {
    const { clock, machine, server, frames } = await serve(500);
    await server.hear({ type: 'pace', speed: 60 });
    clock.pass(10_000);
    // Half a second of work per simulated second: 2x at best, in short calls.
    expect(frames().at(-1)?.speed).toBeGreaterThan(1.5);
    expect(frames().at(-1)?.speed).toBeLessThanOrEqual(2.01);
    expect(machine.longestMs).toBeLessThan(50);
    const before = machine.now;
    await server.hear({ type: 'pace', speed: 1 });
    clock.pass(1_000);
    // No debt is worked off after the change.
    expect((machine.now - before) / 1e9).toBeLessThan(1.1);
  });

  test('as fast as possible runs to the end, then stops', async () => {
    const { clock, machine, server, frames } = await serve(10);
    await server.hear({ type: 'pace', speed: Number.POSITIVE_INFINITY });
    clock.pass(10_000);
    expect(machine.now).toBe(PLAN.durationNs);
    expect(frames().at(-1)?.done).toBe(true);
    expect(clock.idle).toBe(true);
  });

  test('paused it does nothing; a step moves exactly', async () => {
    const { clock, machine, server, frames } = await serve(10);
    await server.hear({ type: 'pace', speed: 0 });
    clock.pass(1_000);
    expect(clock.idle).toBe(true);
    const count = frames().length;
    await server.hear({ type: 'step', ns: 100e6 });
    expect(machine.now).toBe(100e6);
    expect(frames().length).toBe(count + 1);
    await server.hear({ type: 'step', ns: 1e15 });
    expect(machine.now).toBe(PLAN.durationNs);
  });

  test('an engine that keeps up rests: it does not chase the clock', async () => {
    const { clock, machine, server } = await serve(10);
    machine.callMs = 0.05;
    await server.hear({ type: 'pace', speed: 1 });
    clock.pass(10_000);
    expect(machine.now / 1e9).toBeGreaterThan(9.9);
    // A turn every 10 ms; each needs one call, or a few while chunks grow to what is due.
    expect(machine.calls).toBeLessThan(2_000);
  });

  test('ten frames a second are ten, also when each of them is late', async () => {
    // A second takes a second: slices of 20 ms, at the end of which a frame goes out.
    const { clock, server, frames } = await serve(1_000);
    await server.hear({ type: 'frame-interval', ms: 100 });
    await server.hear({ type: 'pace', speed: Number.POSITIVE_INFINITY });
    const before = frames().length;
    clock.pass(10_000);
    expect(frames().length - before).toBeGreaterThanOrEqual(99);
    expect(frames().length - before).toBeLessThanOrEqual(101);
  });

  test('the refresh interval is kept', async () => {
    const { clock, server, frames } = await serve(10);
    await server.hear({ type: 'frame-interval', ms: 100 });
    await server.hear({ type: 'pace', speed: 1 });
    clock.pass(2_000);
    expect(frames().length).toBeGreaterThan(16);
    expect(frames().length).toBeLessThanOrEqual(22);
  });
});

describe('messages', () => {
  test('the layout comes first and once, with plain objects', async () => {
    const { clock, server, sent } = await serve(10);
    await server.hear({ type: 'pace', speed: 1 });
    clock.pass(3_000);
    expect(sent[0]?.type).toBe('layout');
    expect(sent.filter(({ type }) => type === 'layout')).toHaveLength(1);
    expect(() => structuredClone(sent[0])).not.toThrow();
  });

  test('events come in order and once', async () => {
    const { machine, server, sent } = await serve(10);
    const entry = { number: 0, at: 0, kind: 'x', object: 'y', what: 'z', why: '' };
    machine.pending.push(entry, { ...entry, number: 1 });
    await server.hear({ type: 'step', ns: 1 });
    await server.hear({ type: 'step', ns: 1 });
    const events = sent.filter((message) => message.type === 'events');
    expect(events.map(({ entries }) => entries.map(({ number }) => number))).toEqual([[0, 1]]);
  });

  test('a command is carried out; one that names nothing is refused, and it goes on', async () => {
    const { machine, server, sent } = await serve(10);
    await server.hear({ type: 'command', command: { kind: 'heal', id: 3 } });
    expect(machine.heard).toEqual([{ kind: 'heal', id: 3 }]);
    await server.hear({
      type: 'command',
      command: { kind: 'inject', fault: 'x', target: 'nowhere', params: {} },
    });
    expect(sent.find((message) => message.type === 'refused')).toBeDefined();
    await server.hear({ type: 'step', ns: 5 });
    expect(machine.now).toBe(5);
  });

  test('the history of a path is told; of one that is not there it is refused', async () => {
    const { machine, server, sent } = await serve(10);
    await server.hear({ type: 'path-history', host: 'esx1', path: 'p' });
    expect(sent.at(-1)).toEqual({
      type: 'path-history',
      host: 'esx1',
      path: 'p',
      entries: [{ at: 0, what: 'active -> dead', why: 'esx1 has lost p' }],
    });
    await server.hear({ type: 'path-history', host: 'esx1', path: 'nowhere' });
    expect(sent.at(-1)?.type).toBe('refused');
    await server.hear({ type: 'step', ns: 5 });
    expect(machine.now).toBe(5);
  });

  test('follows commands while the screen asks for it, also in an engine started anew', async () => {
    const { machine, server, frames } = await serve(1);
    const before = frames().length;
    await server.hear({ type: 'breakdown', on: true });
    expect(machine.followed).toBe(true);
    // At once, so that the screen need not wait for the next refresh.
    expect(frames().length).toBe(before + 1);
    machine.followed = false;
    await server.hear({ type: 'start', scenario: 'x' });
    expect(machine.followed).toBe(true);
    await server.hear({ type: 'breakdown', on: false });
    expect(machine.followed).toBe(false);
    await server.hear({ type: 'start', scenario: 'x' });
    expect(machine.followed).toBe(false);
  });

  test('bad input is a problem, a bug is a crash', async () => {
    const sent: FromEngine[] = [];
    const bad = new EngineServer(
      (message) => sent.push(message),
      () => {
        throw InputError.of('a.yaml', 'unknown key', 'remove it');
      },
    );
    await bad.hear({ type: 'start', scenario: 'a.yaml' });
    expect(sent).toEqual([
      { type: 'problem', lines: ['a.yaml: unknown key', '  hint: remove it'] },
    ]);
    const bug = new EngineServer(
      (message) => sent.push(message),
      () => {
        throw new Error('broken');
      },
    );
    await bug.hear({ type: 'start', scenario: 'a.yaml' });
    expect(sent.at(-1)).toMatchObject({ type: 'crash' });
  });
});
