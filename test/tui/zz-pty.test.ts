import { test } from 'vitest';
import { startInPty } from './pty.js';

test('pty', async () => {
  const t0 = Date.now();
  const p = startInPty(process.execPath, ['dist/vmtop.js'], {});
  await p.waitFor((t) => t.includes('vmtop'));
  console.log('first', Date.now() - t0);
  try {
    await p.waitFor((t) => t.includes('scheduler'));
    console.log('layers', Date.now() - t0);
    await new Promise((r) => setTimeout(r, 4000));
    console.log(p.screen().join('\n'));
    for (const k of ['d', 'u', 'v', 'Q', 'D', 'G']) {
      p.press(k);
      await new Promise((r) => setTimeout(r, 700));
      console.log(p.screen().slice(0, 12).join('\n'));
    }
  } catch (e) {
    console.log(String(e));
  }
  p.press('q');
  console.log(await p.exit);
});
