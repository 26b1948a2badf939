/** Nothing changes, nothing is written: the whole dashboard, screen by screen. */
import { afterEach, expect, test } from 'vitest';
import type { FromEngine } from '../../src/tui/engine.js';
import { screens } from '../../src/tui/screens.js';
import { type Mounted, mount } from './harness.js';

let mounted: Mounted | undefined;

afterEach(async () => {
  await mounted?.close();
  mounted = undefined;
});

test('a frame that says what the one before said writes no byte, on any screen', async () => {
  mounted = mount();
  const { engine, press, settle, tty } = mounted;
  let last: FromEngine | undefined;
  const send = engine.send.bind(engine);
  engine.send = (message) => {
    last = message;
    send(message);
  };
  engine.frame();
  const frame = last as FromEngine;
  expect(frame.type).toBe('frame');
  for (const { key, name } of screens) {
    await press(key);
    // Charts come when their library has been loaded.
    await settle();
    send(frame);
    await settle();
    const { bytes } = tty;
    send(frame);
    await settle();
    expect(tty.bytes - bytes, name).toBe(0);
  }
});
