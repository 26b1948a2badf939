import { test } from 'vitest';
import { mount } from './harness.js';

test('show', async () => {
  for (const [c, r] of [
    [120, 40],
    [200, 60],
  ] as const) {
    const m = mount({ columns: c, rows: r });
    for (let i = 0; i < 60; i++)
      m.engine.frame({ 'adapter vmhba1': { reads: 60000 * Math.sin(i / 9) + i * 2000 } });
    for (const k of ['o', 'd']) {
      await m.press(k);
      await m.settle();
      await new Promise((r) => setTimeout(r, 500));
      await m.settle();
      console.log((await m.text()) + '\n=====');
    }
    await m.close();
  }
});
