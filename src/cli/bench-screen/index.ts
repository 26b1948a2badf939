/**
 * `npm run bench -- --screen`: the dashboard in a pseudo-terminal, beside top, htop and atop. What
 * a frame costs, how many there are, how soon a key is answered, what it costs to show nothing new.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFolder } from '../../scenario/bundled.js';
import { type Figures, measure } from './measure.js';
import { type Program, tools, vmtops } from './programs.js';
import { loadPackages, type Size } from './pty.js';
import { tableOf, type Verdict, verdictLines, verdictsOf } from './report.js';

const SIZES: readonly Size[] = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 60 },
];

interface ScreenFigures {
  readonly vmtop: readonly Figures[];
  readonly tools: readonly Figures[];
  readonly verdicts: readonly Verdict[];
  /** Tools that are not installed. */
  readonly missing: readonly string[];
  /** Of the machine when it began: what else runs makes everything slower. */
  readonly load: number;
}

/** Settings of the person at this machine are not measured, and stay as they are. */
function plainEnvironment(home: string): Record<string, string> {
  const { PATH = '', LANG = 'C.UTF-8' } = process.env;
  return { PATH, LANG, HOME: home, TERM: 'xterm-256color', COLORTERM: 'truecolor' };
}

/** Why nothing can be measured here; undefined when it can. */
function obstacle(): string | undefined {
  if (!existsSync('/proc/self/stat')) return 'CPU time comes from /proc, which is not here';
  if (!existsSync(join(packageFolder(), 'dist', 'vmtop.js'))) return 'dist/vmtop.js is not built';
  return undefined;
}

/**
 * Measures everything, about six minutes; progress goes to standard error.
 * @param json one line of JSON instead of a table
 * @returns exit code: 1 when a bar is missed, 2 when nothing can be measured here
 */
export async function benchScreen(json: boolean): Promise<number> {
  const packages = await loadPackages();
  const problem =
    packages === undefined
      ? 'the packages @lydell/node-pty and @xterm/headless are not installed (npm ci, without --omit=dev)'
      : obstacle();
  if (packages === undefined || problem !== undefined) {
    process.stderr.write(`bench: the screen cannot be measured: ${problem}\n`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'vmtop-bench-'));
  try {
    const env = plainEnvironment(folder);
    const [load = 0] = loadavg();
    const run = async (programs: readonly Program[]): Promise<Figures[]> => {
      const all: Figures[] = [];
      for (const size of SIZES) {
        for (const program of programs) {
          process.stderr.write(`${size.columns}x${size.rows} ${program.name}\n`);
          all.push(await measure(packages, program, size, env));
        }
      }
      return all;
    };
    const { present, missing } = tools();
    const vmtop = await run(vmtops(folder));
    const others = await run(present);
    const verdicts = verdictsOf(vmtop);
    print({ vmtop, tools: others, verdicts, missing, load }, json);
    return verdicts.every(({ met }) => met) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(figures: ScreenFigures, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ screen: figures })}\n`);
    return;
  }
  const { vmtop, tools: others, missing, verdicts, load } = figures;
  const lines = [...tableOf([...vmtop, ...others]), '', ...verdictLines(verdicts)];
  if (missing.length > 0) lines.push(`not installed, not measured: ${missing.join(', ')}`);
  lines.push(`load of the machine when it began: ${load.toFixed(2)}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}
