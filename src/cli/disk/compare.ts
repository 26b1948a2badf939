import { formatSize } from '../../engine/core/units.js';
import { compareSteps } from '../../engine/formats/vmdk/copy.js';
import type { Sectors } from '../../engine/formats/vmdk/extent.js';
import { SECTOR } from '../../engine/formats/vmdk/medium.js';
import { groupDigits } from '../../output/table.js';
import { EXIT_FAILED } from '../exit-codes.js';
import { withSource } from './source.js';
import { runShown } from './steps.js';
import { sameBytes } from './write.js';

interface CompareOptions {
  /** Formats of the two, as `SourceOptions.from`. */
  readonly from: string | undefined;
  readonly with: string | undefined;
  readonly outside: boolean;
}

/**
 * `vmtop disk compare`: exit code 1 where a guest would read something else. What the larger disk has
 * beyond the end of the other is expected to be zeros.
 */
export async function compareFiles(
  one: string,
  other: string,
  options: CompareOptions,
): Promise<void> {
  const its = { ...options, from: options.with };
  await withSource(one, options, async (first) => {
    const compare = async (second: Sectors): Promise<void> => {
      let sector = -1;
      const steps = function* (): Generator<number, void> {
        sector = yield* compareSteps(first, second, sameBytes);
      };
      await runShown(steps(), `${one}, ${other}`);
      process.stdout.write(`${describe(sector, first.sectors, second.sectors)}\n`);
      if (sector >= 0) process.exitCode = EXIT_FAILED;
    };
    await withSource(other, its, compare, '--with');
  });
}

function describe(sector: number, one: number, other: number): string {
  if (sector >= 0) {
    return `they differ: first in sector ${groupDigits(sector)}, at byte ${groupDigits(sector * SECTOR)}`;
  }
  const least = formatSize(Math.min(one, other) * SECTOR);
  if (one === other) return `equal: ${least}`;
  const most = formatSize(Math.max(one, other) * SECTOR);
  return `equal: ${least}, and zeros behind them up to ${most} in the larger`;
}
