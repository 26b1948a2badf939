import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TrialResult } from '../engine/simulation/swarm/trial.js';
import { failedResult } from '../output/swarm.js';

/** A run takes a fraction of a second: one that is silent for so long, ms, never ends (model). */
const SILENCE_MS = 120_000;

/** Runs seeds in processes of their own, each an equal share, and hands over results as they come. */
export async function runSideBySide(
  seeds: readonly number[],
  jobs: number,
  onResult: (result: TrialResult) => void,
): Promise<void> {
  const used = Math.min(jobs, seeds.length);
  const shares = Array.from({ length: used }, (_, job) =>
    seeds.filter((_, index) => index % used === job),
  );
  await Promise.all(shares.map((share) => runShare(share, onResult)));
}

/** A process that dies or falls silent has failed the seed it was at; the next one goes on after. */
async function runShare(
  share: readonly number[],
  onResult: (result: TrialResult) => void,
): Promise<void> {
  let left = share;
  while (left.length > 0) {
    const { done, why } = await runProcess(left, onResult);
    left = left.slice(done);
    if (left.length === 0) return;
    onResult(failedResult(left[0]!, why));
    left = left.slice(1);
  }
}

function runProcess(
  seeds: readonly number[],
  onResult: (result: TrialResult) => void,
): Promise<{ done: number; why: string }> {
  const stride = seeds.length > 1 ? seeds[1]! - seeds[0]! : 1;
  const options = { from: seeds[0], seeds: seeds.length, stride };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = process.argv[1] as string;
  const child = spawn(process.execPath, [program, 'swarm', '--lines', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let done = 0;
  let errors = '';
  let silent = false;
  const giveUp = (): void => {
    silent = true;
    child.kill('SIGKILL');
  };
  let watch = setTimeout(giveUp, SILENCE_MS);
  child.stderr.on('data', (text) => {
    errors += String(text);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    clearTimeout(watch);
    watch = setTimeout(giveUp, SILENCE_MS);
    done++;
    onResult(JSON.parse(line) as TrialResult);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(watch);
      const why = silent
        ? `no end after ${SILENCE_MS / 1000} s of wall time`
        : `its process ended (${signal ?? `code ${code}`}): ${errors.trim()}`;
      resolve({ done, why });
    });
  });
}
