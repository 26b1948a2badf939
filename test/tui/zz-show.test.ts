import { test } from 'vitest';
import { mount } from './harness.js';

test('show', async () => {
  for (const [c, r] of [
    [80, 24],
    [120, 40],
    [200, 60],
  ] as const) {
    const m = mount({ columns: c, rows: r });
    for (let i = 0; i < 60; i++) m.engine.frame();
    m.engine.event('path.state', 'vmhba1:C0:T0:L0', 'active -> dead', 'host status 0x1');
    console.log((await m.text()).replace(/ +$/gm, '') + '\n=====');
    for (const k of ['d', 'u', 'v', 'P', 'Q', 'D', 'G', 'E']) {
      await m.press(k);
      if (k === 'd' || c === 80 || k === 'u') {
        await new Promise((r) => setTimeout(r, 300));
        console.log((await m.text()) + '\n=====');
      }
    }
    await m.press('u', '!');
    console.log((await m.text()) + '\n=====');
    await m.press('escape', 'h');
    console.log((await m.text()) + '\n=====');
    await m.close();
  }
});
