/** A real machine behind the dashboard: what it is told, and when. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import type { HostSource } from '../../src/host/source.js';
import type { FromEngine } from '../../src/tui/engine.js';
import { connectHost } from '../../src/tui/host/link.js';

const START = { type: 'start', scenario: '' } as const;

let reads = 0;

beforeEach(() => {
  reads = 0;
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Every reading finds ten more reads. */
const source: HostSource = {
  host: 'box',
  disks: [
    {
      name: 'sda',
      adapter: 'host0',
      driver: 'ahci',
      model: '',
      queueDepth: undefined,
      adapterDepth: undefined,
      sizeBlocks: 1000,
    },
  ],
  volumes: [],
  async read() {
    reads++;
    return { disks: new Map([['sda', { reads: 10 * reads, writes: 0 }]]), volumes: [] };
  },
};

function connect(from: HostSource = source) {
  const heard: FromEngine[] = [];
  const seen: number[] = [];
  const link = connectHost(from, (before, after) => seen.push(after.at - before.at));
  link.listen((message) => heard.push(message));
  const frames = (): number => heard.filter(({ type }) => type === 'frame').length;
  return { link, heard, seen, frames };
}

describe('a real machine', () => {
  test('is laid out once and read every interval', async () => {
    const { link, heard, seen, frames } = connect();
    link.post(START);
    await vi.advanceTimersByTimeAsync(0);
    expect(heard.map(({ type }) => type)).toEqual(['layout', 'frame']);
    expect(heard[0]).toMatchObject({ plan: { real: true, hosts: ['box'] }, faults: [] });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(frames()).toBe(4);
    expect(heard.at(-1)).toMatchObject({ at: 3e9, speed: 1, ioPerSecond: 10, done: false });
    link.post({ type: 'frame-interval', ms: 500 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(frames()).toBe(6);
    expect(seen).toEqual([1e9, 1e9, 1e9, 0.5e9, 0.5e9]);
    await link.close();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(frames()).toBe(6);
  });

  test('is read on while the screen is paused, so that a recording has no holes', async () => {
    const { link, seen, frames } = connect();
    link.post(START);
    await vi.advanceTimersByTimeAsync(0);
    link.post({ type: 'pace', speed: 0 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(frames()).toBe(1);
    expect(seen).toHaveLength(2);
    link.post({ type: 'pace', speed: 1 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(frames()).toBe(2);
    await link.close();
  });

  test('refuses what would change it', async () => {
    const { link, heard } = connect();
    link.post({ type: 'command', command: { kind: 'rescan', host: 'box' } });
    link.post({ type: 'step', ns: 1 });
    expect(heard).toEqual([
      { type: 'refused', lines: ['this is a real machine: vmtop only looks at it'] },
      { type: 'refused', lines: ['this is a real machine: vmtop only looks at it'] },
    ]);
  });

  test('that stops telling ends the dashboard with what is wrong', async () => {
    const { link, heard } = connect({
      ...source,
      read: () => Promise.reject(InputError.of('/x', 'gone', 'look elsewhere')),
    });
    link.post(START);
    await vi.advanceTimersByTimeAsync(0);
    expect(heard).toEqual([{ type: 'problem', lines: ['/x: gone', '  hint: look elsewhere'] }]);
  });
});
