/** The built program: the thread of its engine has a lower priority than the one that draws. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { BACKGROUND } from '../../src/tui/background.js';
import { type PtySession, startInPty } from './pty.js';

const PROGRAM = 'dist/vmtop.js';
let session: PtySession | undefined;

afterAll(() => session?.child.kill('SIGKILL'));

/** Nice values by thread: field 19 of `stat`, 17th after the name (proc(5)). */
function niceOf(pid: number): Map<number, number> {
  return new Map(
    readdirSync(`/proc/${pid}/task`).map((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return [Number(thread), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])];
    }),
  );
}

test.skipIf(process.platform !== 'linux' || !existsSync(PROGRAM))(
  'keys come before the engine',
  async () => {
    session = startInPty(process.execPath, [PROGRAM]);
    await session.waitFor((text) => text.includes('LAYER'));
    const nice = niceOf(session.child.pid);
    const own = nice.get(session.child.pid) ?? 0;
    const lower = [...nice.values()].filter((value) => value > own);
    // One thread: those of the runtime stay as they are.
    expect(lower).toEqual([Math.max(own, BACKGROUND)].filter((value) => value > own));
    expect(own).toBeLessThan(BACKGROUND);
  },
);
