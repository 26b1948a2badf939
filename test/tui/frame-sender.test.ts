import { expect, test } from 'vitest';
import { Sim } from '../../src/engine/core/sim.js';
import type { FromEngine } from '../../src/tui/engine.js';
import { FrameSender } from '../../src/tui/frame-sender.js';

test('names travel once, and again when an object belongs elsewhere', () => {
  const sim = new Sim(1, 16);
  const disk = sim.meters.define('disk', 'vm1:scsi0:0', { vm: 'vm1', datastore: 'one' }, ['reads']);
  sim.meters.define('breakdown', 'vm1:scsi0:0', { datastore: 'one', of: 'disk' }, ['commands']);
  const machine = {
    plan: {},
    entities: sim.meters.entities,
    faults: [],
    now: 0,
    completed: 0,
    over: false,
    sample: () => sim.meters.sample(),
    takeEvents: () => [],
    activeFaults: () => [],
  };
  const sent: FromEngine[] = [];
  const sender = new FrameSender(
    (message) => sent.push(message),
    () => 0,
  );
  const layouts = () => sent.flatMap((message) => (message.type === 'layout' ? [message] : []));
  const labels = () =>
    layouts()
      .at(-1)
      ?.entities.map((info) => info.labels.datastore);
  sender.send(machine as never);
  sender.send(machine as never);
  expect(layouts()).toHaveLength(1);
  sim.meters.relabel(disk, { datastore: 'one' });
  sender.send(machine as never);
  expect(layouts()).toHaveLength(1);
  sim.meters.relabel(disk, { datastore: 'two' });
  sender.send(machine as never);
  expect(layouts().map(({ version }) => version)).toEqual([1, 2]);
  expect(labels()).toEqual(['two', 'two']);
  expect(sent.at(-1)).toMatchObject({ type: 'frame', layoutVersion: 2 });
});
