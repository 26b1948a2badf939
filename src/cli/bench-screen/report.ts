/** The figures as a table, and whether they are good enough. */
import type { Answer, Figures, Frames } from './measure.js';

/** What the screen promises, on any scenario and at any speed of the engine. */
const BARS = {
  framesPerSecond: 10,
  answerMs: 100,
  /** Part of a core while nothing changes. */
  pausedCpu: 0.03,
  pausedBytes: 0,
} as const;

export interface Verdict {
  readonly bar: string;
  readonly met: boolean;
  readonly worst: string;
}

const NONE: Answer = { ms: 0, waitedMs: 0 };

/** Value below which a part of them lies; NaN when there are none. */
export function quantileOf(ascending: readonly number[], part: number): number {
  return (
    ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? Number.NaN
  );
}

/** @param measured of vmtop only: the tools are there to compare with */
export function verdictsOf(measured: readonly Figures[]): Verdict[] {
  const slowest = Math.min(...measured.flatMap(({ frames }) => frames.map((f) => f.perSecond)));
  const answers = measured.flatMap((figures) => figures.answers);
  const latest = answers.reduce((worst, answer) => (answer.ms > worst.ms ? answer : worst), NONE);
  const unanswered = measured.reduce((sum, figures) => sum + figures.unanswered, 0);
  const paused = measured.flatMap((figures) => figures.paused ?? []);
  const cpu = Math.max(0, ...paused.map((rest) => rest.cpu));
  const bytes = Math.max(0, ...paused.map((rest) => rest.bytes));
  const lost = unanswered > 0 ? `, ${unanswered} keys unanswered` : '';
  return [
    {
      bar: `at least ${BARS.framesPerSecond} frames a second`,
      met: slowest >= BARS.framesPerSecond,
      worst: slowest.toFixed(1),
    },
    {
      bar: `every key answered within ${BARS.answerMs} ms`,
      met: latest.ms <= BARS.answerMs && unanswered === 0,
      worst: `${latest.ms.toFixed(0)} ms, ${latest.waitedMs.toFixed(0)} of them waiting for a processor${lost}`,
    },
    {
      bar: `paused: at most ${BARS.pausedCpu * 100} % of a core`,
      met: cpu <= BARS.pausedCpu,
      worst: `${(cpu * 100).toFixed(1)} %`,
    },
    {
      bar: 'paused: nothing written',
      met: bytes <= BARS.pausedBytes,
      worst: `${bytes} bytes`,
    },
  ];
}

const HEAD = [
  'terminal  program                  frames/s  bytes/frame  CPU ms/frame  drawing  key ms p50   p95   max waited  paused     MB',
  '                                                          all threads                                     mean',
];

function line(figures: Figures, frames: Frames, first: boolean): string {
  const { program, columns, rows, answers, unanswered, paused, memoryMb } = figures;
  const name = first ? program : '  a table';
  const cells = [
    `${columns}x${rows}`.padEnd(9),
    name.padEnd(24),
    frames.perSecond.toFixed(1).padStart(8),
    frames.bytes.toFixed(0).padStart(12),
    frames.cpuMs.toFixed(1).padStart(13),
    frames.mainMs.toFixed(1).padStart(8),
  ];
  if (!first) return cells.join(' ').trimEnd();
  const ascending = answers.map(({ ms }) => ms);
  const ms = [0.5, 0.95, 1].map((part) => quantileOf(ascending, part).toFixed(0));
  const waited = answers.reduce((sum, answer) => sum + answer.waitedMs, 0) / answers.length;
  return [
    ...cells,
    (ms[0] ?? '').padStart(11),
    (ms[1] ?? '').padStart(5),
    (ms[2] ?? '').padStart(5),
    waited.toFixed(0).padStart(6),
    (paused === undefined ? '-' : `${(paused.cpu * 100).toFixed(1)} %`).padStart(7),
    memoryMb.toFixed(0).padStart(6),
    unanswered > 0 ? ` ${unanswered} keys unanswered` : '',
  ]
    .join(' ')
    .trimEnd();
}

/** Lines for people: a row of the table for each screen of each program. */
export function tableOf(measured: readonly Figures[]): string[] {
  return [
    ...HEAD,
    ...measured.flatMap((figures) =>
      figures.frames.map((frames, index) => line(figures, frames, index === 0)),
    ),
  ];
}

export function verdictLines(verdicts: readonly Verdict[]): string[] {
  return verdicts.map(
    ({ bar, met, worst }) => `${met ? 'met   ' : 'MISSED'}  ${bar} (worst: ${worst})`,
  );
}
