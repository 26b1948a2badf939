import type { Plan } from '../engine/plan/plan.js';
import { DocumentWriter } from '../output/document-writer.js';
import { EventFile } from '../output/event-file.js';
import { Progress } from '../output/progress.js';
import { type RunResult, runToEnd } from '../output/run.js';
import { formatSummary } from '../output/summary.js';
import type { Branch } from '../scenario/session/file.js';
import { EXIT_FAILED } from './exit-codes.js';
import { exportDisks, requireExport } from './export-disks.js';
import { RunImages } from './run-images.js';
import { SessionRun } from './session-run.js';
import { checkBackupFolder, writeBackups } from './write-backups.js';

export interface HeadlessOptions {
  readonly json: boolean;
  readonly events?: string | undefined;
  readonly intervalNs?: number | undefined;
  /** Folder that gets every backup of the run as virtual disks. */
  readonly backups?: string | undefined;
  readonly untilFinished?: boolean;
  /** For replays: what the trace holds, for the document and in words. */
  readonly trace?: Readonly<Record<string, unknown>>;
  readonly notes?: readonly string[];
  /** A branch of a session: its commands come at their instants. */
  readonly branch?: Branch | undefined;
  /** Where the machines' files go at the end; none are written without it. */
  readonly exportDisks?: string | undefined;
}

/** Runs a plan, prints what came out, and sets the exit code. */
export function runHeadless(plan: Plan, options: HeadlessOptions): RunResult {
  if (options.exportDisks !== undefined) requireExport(plan, options.exportDisks);
  const { backups } = options;
  if (backups !== undefined) checkBackupFolder(plan, backups);
  const file = options.events === undefined ? undefined : new EventFile(options.events);
  const progress = new Progress(process.stderr, plan.durationNs);
  const images = new RunImages();
  const writer = new DocumentWriter((text) => process.stdout.write(text));
  try {
    const { branch } = options;
    const session = branch === undefined ? undefined : new SessionRun(plan, branch);
    const simulation = session?.simulation ?? images.simulate(plan);
    const result = runToEnd(simulation, plan, {
      intervalNs: options.intervalNs,
      onInterval: options.json ? (interval) => writer.interval(interval) : undefined,
      untilFinished: options.untilFinished ?? false,
      onEntry: file === undefined ? undefined : (entry) => file.write(entry),
      mark: session && { atNs: session.endNs, call: () => session.check() },
      onProgress: progress.visible ? (at, totals) => progress.update(at, totals) : undefined,
    });
    progress.clear();
    if (options.json) {
      writer.end(plan, result, options.trace, session?.document());
    } else {
      const notes = [...(options.notes ?? []), ...(session?.lines() ?? [])];
      process.stdout.write(`${formatSummary(plan, simulation.entities, result, notes)}\n`);
    }
    report(result);
    if (options.exportDisks !== undefined) exportDisks(simulation, options.exportDisks);
    if (backups !== undefined) {
      const paths = writeBackups(simulation, backups);
      process.stderr.write(`backups: ${paths.join(', ') || 'none'}\n`);
    }
    if (session === undefined) images.finish(simulation);
    if (session?.different) {
      process.stderr.write(
        'this is not what was saved: another version of vmtop made the session\n',
      );
      process.exitCode = EXIT_FAILED;
    }
    return result;
  } finally {
    progress.clear();
    file?.close();
    images.close();
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
