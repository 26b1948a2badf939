/**
 * `npm run pictures`: the screens in the README, taken from the built program in a pseudo terminal.
 * Each is what a person sees who presses the same keys; figures differ a little from run to run,
 * because the dashboard follows the wall clock.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PtySession, startInPty } from './tui/pty.js';
import { toSvg } from './tui/svg.js';

interface Picture {
  readonly name: string;
  /** Arguments of `vmtop`. */
  readonly args: readonly string[];
  /** What to do before the picture is taken; the program has drawn its first figures by then. */
  readonly play: (screen: Player) => Promise<void>;
}

const FOLDER = join('fixtures', 'pictures');
const PROGRAM = join('dist', 'vmtop.js');
const SIZE = { columns: 120, rows: 40 };
/** A key in this time is a key of its own, even Escape. */
const KEY_MS = 150;
const FIGURES = /scheduler\s+\d/;

/** Keys and waits on a running program. */
class Player {
  constructor(private readonly pty: PtySession) {}

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.pty.press(key);
      await sleep(KEY_MS);
    }
  }

  /** Four samples a second instead of one: charts fill sooner. */
  async hurry(): Promise<void> {
    await this.press('s', '250ms', '\r');
  }

  async until(text: RegExp): Promise<void> {
    await this.pty.waitFor((screen) => text.test(screen), 60_000);
  }
}

const PICTURES: readonly Picture[] = [
  {
    name: 'overview',
    args: [],
    async play(screen) {
      await screen.hurry();
      await screen.until(/ 0:1[5-9]\./);
      await screen.press('P', '!', '\r', '\r', '\r', 'O');
      await screen.until(/ 0:3[0-9]\./);
    },
  },
  {
    name: 'paths',
    args: ['path-loss'],
    async play(screen) {
      await screen.hurry();
      await screen.press('P', '\u001B[B', '+', '+');
      await screen.until(/ 0:2[4-9]\./);
      await screen.press(' ');
    },
  },
  {
    name: 'qos',
    args: ['noisy-neighbour'],
    async play(screen) {
      await screen.hurry();
      await screen.press('Q', '+', '+', '\u001B[F');
      await screen.until(/ 1:2[0-9]\./);
      await screen.press(' ', 'i');
    },
  },
  {
    name: 'datastores',
    args: ['datastore-full'],
    async play(screen) {
      await screen.hurry();
      await screen.press('D', '+', '+');
      await screen.until(/ 0:2[4-9]\./);
      await screen.press(' ');
    },
  },
  {
    name: 'adapters',
    args: [],
    async play(screen) {
      await screen.hurry();
      await screen.press('d', 'e');
      await screen.until(/ 0:2[0-9]\./);
    },
  },
  {
    name: 'latency',
    args: [],
    async play(screen) {
      await screen.hurry();
      await screen.press('u', 'b');
      await screen.until(/ 0:2[0-9]\./);
      await screen.press(' ');
    },
  },
];

async function take({ name, args, play }: Picture): Promise<void> {
  const pty = startInPty(process.execPath, [PROGRAM, ...args], SIZE);
  try {
    await pty.waitFor((text) => FIGURES.test(text));
    await play(new Player(pty));
    await sleep(2 * KEY_MS);
    await pty.parsed();
    writeFileSync(join(FOLDER, `${name}.svg`), toSvg(pty.term));
    process.stdout.write(`${name}\n`);
  } finally {
    pty.child.kill('SIGKILL');
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

mkdirSync(FOLDER, { recursive: true });
const wanted = process.argv.slice(2);
for (const picture of PICTURES) {
  if (wanted.length === 0 || wanted.includes(picture.name)) await take(picture);
}
// What is left of the pseudo terminals would keep the process alive.
process.exit(0);
