/** Memory stays flat: what the history has let go is free, whatever was drawn from it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Sample } from '../../src/engine/core/meters.js';
import { chartSeries } from '../../src/tui/charts/series.js';
import type { FromEngine } from '../../src/tui/engine.js';
import { noticeRow, statusRow } from '../../src/tui/frame-rows.js';
import { openSimulation } from '../../src/tui/machine.js';
import { renderScreen } from '../../src/tui/panels/index.js';
import { screens } from '../../src/tui/screens.js';
import { initialState } from '../../src/tui/state.js';
import { makeTheme } from '../../src/tui/theme.js';
import { World } from '../../src/tui/world.js';
import { FakeEngine } from './fake-engine.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A weak reference holds on until the turn in which it was made or read is over. */
const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

const ROUNDS = 10;
/** Two of the last window, and what a register or two still point at; of ten. */
const FEW = 4;

function draw(world: World, screen: string): void {
  const ui = { ...initialState(false), screen };
  const theme = makeTheme(24, false);
  statusRow(world, ui, 200, theme);
  noticeRow(world, ui, 200, theme);
  renderScreen({ world, ui, theme }, 200, 60);
  chartSeries(world, ui, 100);
}

/** The samples that came with ten frames, each of them drawn; nothing else holds them. */
function drawn(world: World, screen: string): WeakRef<Sample>[] {
  const engine = new FakeEngine();
  const samples: WeakRef<Sample>[] = [];
  engine.listen((message: FromEngine) => {
    world.hear(message);
    if (message.type !== 'frame') return;
    samples.push(new WeakRef<Sample>(message));
    draw(world, screen);
  });
  engine.sendLayout();
  for (let frame = 0; frame < 10; frame++) engine.frame();
  return samples;
}

test.each(screens.map(({ name }) => name))(
  '%s keeps no sample the history has dropped',
  async (screen) => {
    const world = new World();
    const samples = drawn(world, screen);
    const newest = samples.at(-1)?.deref();
    expect(newest).toBeDefined();
    // Everything but the newest sample: as after hours, when the ring has turned over.
    world.frames.dropAfter(-1);
    world.frames.push(newest as Sample);
    // What is held by a chain never goes; what is not may outlive a collection that is under way.
    const held = (): number => samples.filter((sample) => sample.deref() !== undefined).length;
    for (let round = 0; round < ROUNDS && held() > FEW; round++) {
      await turn();
      collect();
      await turn();
    }
    expect(held()).toBeLessThanOrEqual(FEW);
  },
);

test('a run nobody takes the events of keeps the last ones only', () => {
  const machine = openSimulation({ type: 'start', scenario: 'path-loss' });
  for (let index = 0; index < 6_000; index++) {
    machine.command({ kind: 'inject', fault: 'path-slow', target: TARGET, params: {} });
    machine.command({ kind: 'heal', id: machine.activeFaults().at(-1)?.id ?? -1 });
  }
  const entries = machine.takeEvents();
  const [first] = entries;
  const last = entries.at(-1);
  // At least four each time: the fault and the state of its connection, there and back.
  expect(last?.number).toBeGreaterThan(23_000);
  expect(entries.length).toBeLessThanOrEqual(20_000);
  expect(entries.length).toBeGreaterThanOrEqual(15_000);
  expect((last?.number ?? 0) - (first?.number ?? 0)).toBe(entries.length - 1);
});

const TARGET = 'esx1/vmhba1:C0:T0:L0';
