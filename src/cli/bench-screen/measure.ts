/** One program at one size of the terminal: what its frames cost and how fast it answers. */
import { cpuOf, residentMb, waitedMs } from './proc.js';
import type { Program } from './programs.js';
import { type Packages, PtyProgram, type Size } from './pty.js';

/** What frames cost over a while. */
export interface Frames {
  readonly perSecond: number;
  readonly bytes: number;
  /** CPU of all threads per frame, ms: the engine's work is among it. */
  readonly cpuMs: number;
  /** Of it that of the thread which draws. */
  readonly mainMs: number;
}

/** How a key was answered. */
export interface Answer {
  /** From the key to the bytes of its answer. */
  readonly ms: number;
  /** Of it the time the program waited for a processor: a busy machine, or an engine in the way. */
  readonly waitedMs: number;
}

export interface Figures {
  readonly program: string;
  readonly columns: number;
  readonly rows: number;
  /** On the first screen, and on a table where the program has several screens. */
  readonly frames: readonly Frames[];
  /** Fastest first. */
  readonly answers: readonly Answer[];
  /** Keys that changed nothing within two seconds. */
  readonly unanswered: number;
  /** While it is paused: part of one core, and bytes written. */
  readonly paused: { readonly cpu: number; readonly bytes: number } | undefined;
  /** Resident memory at the end, MB. */
  readonly memoryMb: number;
}

const START_MS = 30_000;
const WARM_UP_MS = 1_500;
const FRAMES_MS = 3_000;
const ANSWER_MS = 2_000;
const SETTLE_MS = 1_000;
const PAUSED_MS = 4_000;
/** Time between an answer and the next key: a person's, at all phases of a frame's interval. */
const TYPING_MS = 40;
const PHASES = 11;
const PHASE_MS = 9;

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** @throws Error when the program shows nothing */
export async function measure(
  packages: Packages,
  program: Program,
  size: Size,
  env: Readonly<Record<string, string>>,
): Promise<Figures> {
  const { file, args, quietArgs, frameEnd } = program;
  const open = (with_: readonly string[]): PtyProgram =>
    new PtyProgram(packages, file, with_, size, env, frameEnd);
  let running = open(args);
  try {
    await start(running, program);
    await sleep(WARM_UP_MS);
    const frames = [await countFrames(running)];
    if (program.other !== undefined) {
      running.press(program.other);
      await sleep(SETTLE_MS);
      frames.push(await countFrames(running));
    }
    if (quietArgs !== undefined) {
      await stop(running, program);
      running = open(quietArgs);
      await start(running, program);
      await sleep(SETTLE_MS);
    }
    const { answers, unanswered } = await timeKeys(running, program);
    const paused = program.pause === undefined ? undefined : await rest(running, program.pause);
    const memoryMb = residentMb(running.pid);
    await stop(running, program);
    const { columns, rows } = size;
    return {
      program: program.name,
      columns,
      rows,
      frames,
      answers,
      unanswered,
      paused,
      memoryMb,
    };
  } finally {
    running.kill();
  }
}

async function start(running: PtyProgram, { name, ready, first }: Program): Promise<void> {
  const shown = await running.until((rows) => rows.some((row) => ready.test(row)), START_MS);
  if (shown === undefined) {
    throw new Error(`${name} shows nothing to measure:\n${running.screen().join('\n')}`);
  }
  if (first !== '') running.press(first);
}

async function stop(running: PtyProgram, { quit }: Program): Promise<void> {
  running.press(quit);
  await Promise.race([running.ended, sleep(ANSWER_MS)]);
  running.kill();
}

async function countFrames(running: PtyProgram): Promise<Frames> {
  const from = { cpu: cpuOf(running.pid), frames: running.frames, bytes: running.bytes };
  const at = performance.now();
  await sleep(FRAMES_MS);
  const seconds = (performance.now() - at) / 1_000;
  const cpu = cpuOf(running.pid);
  const count = running.frames - from.frames;
  const each = Math.max(1, count);
  return {
    perSecond: count / seconds,
    bytes: (running.bytes - from.bytes) / each,
    cpuMs: ((cpu.all - from.cpu.all) * 1_000) / each,
    mainMs: ((cpu.main - from.cpu.main) * 1_000) / each,
  };
}

async function timeKeys(
  running: PtyProgram,
  { keys, watch }: Program,
): Promise<Pick<Figures, 'answers' | 'unanswered'>> {
  const answers: Answer[] = [];
  let unanswered = 0;
  for (const [index, key] of keys.entries()) {
    await sleep(TYPING_MS + ((index * 7) % PHASES) * PHASE_MS);
    const before = watch?.(running.screen());
    const waited = waitedMs(running.pid);
    const from = performance.now();
    running.press(key);
    const at = await running.until(
      (rows) => watch === undefined || watch(rows) !== before,
      ANSWER_MS,
    );
    if (at === undefined) unanswered++;
    else answers.push({ ms: at - from, waitedMs: waitedMs(running.pid) - waited });
  }
  answers.sort((a, b) => a.ms - b.ms);
  return { answers, unanswered };
}

/** Nothing changes: what does that cost? */
async function rest(running: PtyProgram, pause: string): Promise<Figures['paused']> {
  running.press(pause);
  await sleep(SETTLE_MS);
  const from = { cpu: cpuOf(running.pid).all, bytes: running.bytes };
  await sleep(PAUSED_MS);
  const cpu = (cpuOf(running.pid).all - from.cpu) / (PAUSED_MS / 1_000);
  return { cpu, bytes: running.bytes - from.bytes };
}
