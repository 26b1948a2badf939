import { formatDuration } from '../engine/core/units.js';
import { LIVENESS_NS, runTrial, type TrialResult } from '../engine/simulation/swarm/trial.js';
import { drawTrial } from '../scenario/swarm.js';
import { groupDigits } from './table.js';

/** One seed in so many is run twice, and must end the same. */
const REPEAT = 16;

/** Draws and runs a seed. Whatever goes wrong is in the result. */
export function trySeed(seed: number): TrialResult {
  let trial: ReturnType<typeof drawTrial>;
  try {
    trial = drawTrial(seed);
  } catch (error) {
    return failedResult(seed, `cannot be drawn: ${textOf(error)}`);
  }
  const result = runTrial(trial);
  if (seed % REPEAT !== 0) return result;
  const { digest } = runTrial(trial);
  if (digest === result.digest) return result;
  const problem = `run twice, it ended as ${result.digest} and as ${digest}`;
  return { ...result, problems: [...result.problems, problem] };
}

/** The result of a seed that never came to its end. */
export function failedResult(seed: number, problem: string): TrialResult {
  return {
    seed,
    kind: 'masked',
    problems: [problem],
    faults: 0,
    commands: 0,
    errors: 0,
    blocksRead: 0,
    blocksWritten: 0,
    violations: 0,
    strikes: 0,
    spoiltReads: 0,
    settledNs: 0,
    digest: '',
    events: [],
  };
}

/** A failed seed for people: what went wrong, what led to it, and how to see it again. */
export function formatFailure({ seed, kind, problems, events }: TrialResult): string {
  return [
    `seed ${seed} (${kind}) failed:`,
    ...problems.map((problem) => `  ${problem.replaceAll('\n', '\n  ')}`),
    ...(events.length > 0 ? ['  last events:', ...events.map((event) => `    ${event}`)] : []),
    `  to reproduce: vmtop swarm --seeds 1 --from ${seed}`,
    `  to watch:     vmtop swarm --from ${seed} --write case.yaml && vmtop top case.yaml`,
  ].join('\n');
}

/** What all seeds together did. */
export function formatSwarm(results: readonly TrialResult[]): string {
  const sum = (figure: (result: TrialResult) => number): string =>
    groupDigits(results.reduce((total, result) => total + figure(result), 0));
  const kinds = [...new Set(results.map(({ kind }) => kind))].sort();
  const counts = kinds.map(
    (kind) => `${results.filter((result) => result.kind === kind).length} ${kind}`,
  );
  const longestNs = Math.max(0, ...results.map(({ settledNs }) => settledNs));
  const spoilt = results.filter(({ strikes }) => strikes > 0);
  const unread = spoilt.filter(({ spoiltReads }) => spoiltReads === 0).length;
  const noticed = spoilt.filter(({ violations }) => violations > 0).length;
  const failed = results.filter(({ problems }) => problems.length > 0).map(({ seed }) => seed);
  return [
    `${results.length} seeds: ${counts.join(', ')}`,
    `${sum(({ faults }) => faults)} faults, ${sum(({ commands }) => commands)} commands, ${sum(({ errors }) => errors)} errors at guests`,
    `${sum(({ blocksWritten }) => blocksWritten)} blocks of 4 KiB written, ${sum(({ blocksRead }) => blocksRead)} read and checked`,
    `all commands back at most ${formatDuration(longestNs)} after healing (limit ${formatDuration(LIVENESS_NS)})`,
    ...(spoilt.length > 0
      ? [
          `data faults noticed in ${noticed} of ${spoilt.length} runs in which they struck` +
            (unread > 0 ? `; in ${unread} it was written again before anybody read it` : ''),
        ]
      : []),
    failed.length === 0
      ? 'every promise kept'
      : `${failed.length} ${failed.length === 1 ? 'seed' : 'seeds'} failed: ${failed.join(' ')}`,
  ].join('\n');
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
