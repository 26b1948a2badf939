import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { InputError } from '../engine/core/errors.js';
import type { TrialResult } from '../engine/simulation/swarm/trial.js';
import { formatFailure, formatSwarm, trySeed } from '../output/swarm.js';
import { drawTrial } from '../scenario/swarm.js';
import { EXIT_FAILED } from './exit-codes.js';
import { readInteger } from './options.js';
import { runSideBySide } from './swarm-processes.js';

export interface SwarmArguments {
  readonly seeds: string;
  readonly from: string;
  readonly jobs?: string | undefined;
  readonly write?: string | undefined;
  /** For processes that share a swarm: every so many seeds, and results as lines of JSON. */
  readonly stride: string;
  readonly lines: boolean;
}

const SEED_MAX = 0xffffffff;
const CLEAR_LINE = '\r\u001b[2K';
/** Fewer runs than this are not worth processes of their own (model). */
const FEW = 4;

/** `vmtop swarm`. */
export async function runSwarm(args: SwarmArguments): Promise<void> {
  const from = readInteger('--from', args.from, 0, SEED_MAX) as number;
  const count = readInteger('--seeds', args.seeds, 1, 1e9) as number;
  const stride = readInteger('--stride', args.stride, 1, 4096) as number;
  const jobs = readInteger('--jobs', args.jobs, 1, 4096) ?? availableParallelism();
  if (from + (count - 1) * stride > SEED_MAX) {
    throw InputError.of('--seeds', `seeds end at ${SEED_MAX}`);
  }
  if (args.write !== undefined) {
    writeScenario(args.write, from);
    return;
  }
  const seeds = Array.from({ length: count }, (_, index) => from + index * stride);
  if (args.lines) {
    for (const seed of seeds) process.stdout.write(`${JSON.stringify(trySeed(seed))}\n`);
    return;
  }
  const report = new Report(count);
  if (jobs === 1 || count < FEW) for (const seed of seeds) report.add(trySeed(seed));
  else await runSideBySide(seeds, jobs, (result) => report.add(result));
  report.end();
}

function writeScenario(file: string, seed: number): void {
  const { yaml } = drawTrial(seed);
  try {
    writeFileSync(file, yaml);
  } catch (error) {
    throw InputError.of(file, `cannot be written: ${(error as Error).message}`);
  }
}

/** Says how far the swarm has come, what failed, and in the end what all of it was. */
class Report {
  private readonly results: TrialResult[] = [];
  private failed = 0;

  constructor(private readonly count: number) {}

  add(result: TrialResult): void {
    this.results.push(result);
    if (result.problems.length > 0) {
      this.failed++;
      this.clear();
      process.stdout.write(`${formatFailure(result)}\n`);
    }
    if (process.stderr.isTTY) {
      const { length } = this.results;
      process.stderr.write(`${CLEAR_LINE}${length} of ${this.count} seeds, ${this.failed} failed`);
    }
  }

  end(): void {
    this.clear();
    this.results.sort((a, b) => a.seed - b.seed);
    process.stdout.write(`${formatSwarm(this.results)}\n`);
    if (this.failed > 0) process.exitCode = EXIT_FAILED;
  }

  private clear(): void {
    if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE);
  }
}
