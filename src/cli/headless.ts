import type { Plan } from '../engine/simulation/plan.js';
import { Simulation } from '../engine/simulation/simulation.js';
import { DocumentWriter } from '../output/document-writer.js';
import { EventFile } from '../output/event-file.js';
import { Progress } from '../output/progress.js';
import { type RunResult, runToEnd } from '../output/run.js';
import { formatSummary } from '../output/summary.js';
import { EXIT_FAILED } from './exit-codes.js';

export interface HeadlessOptions {
  readonly json: boolean;
  readonly events?: string | undefined;
  readonly intervalNs?: number | undefined;
  readonly untilFinished?: boolean;
  /** For replays: what the trace holds, for the document and in words. */
  readonly trace?: Readonly<Record<string, unknown>>;
  readonly notes?: readonly string[];
}

/** Runs a plan, prints what came out, and sets the exit code. */
export function runHeadless(plan: Plan, options: HeadlessOptions): RunResult {
  const file = options.events === undefined ? undefined : new EventFile(options.events);
  const progress = new Progress(process.stderr, plan.durationNs);
  const writer = new DocumentWriter((text) => process.stdout.write(text));
  try {
    const simulation = new Simulation(plan);
    const result = runToEnd(simulation, plan, {
      intervalNs: options.intervalNs,
      onInterval: options.json ? (interval) => writer.interval(interval) : undefined,
      untilFinished: options.untilFinished ?? false,
      onEntry: file === undefined ? undefined : (entry) => file.write(entry),
      onProgress: progress.visible ? (at, totals) => progress.update(at, totals) : undefined,
    });
    progress.clear();
    if (options.json) {
      writer.end(plan, result, options.trace);
    } else {
      process.stdout.write(`${formatSummary(plan, simulation.entities, result, options.notes)}\n`);
    }
    report(result);
    return result;
  } finally {
    progress.clear();
    file?.close();
  }
}

function report({ expectations, stuck, verified }: RunResult): void {
  const failed = expectations.filter(({ ok }) => !ok);
  for (const { text } of failed) process.stderr.write(`expectation failed: ${text}\n`);
  if (stuck) process.stderr.write('the replay came to a halt before its last record\n');
  for (const text of verified?.found ?? []) process.stderr.write(`wrong data: ${text}\n`);
  const wrong = (verified?.violations ?? 0) > 0;
  if (failed.length > 0 || stuck || wrong) process.exitCode = EXIT_FAILED;
}
