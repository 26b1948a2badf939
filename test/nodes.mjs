/**
 * Compares the built program between major versions of Node: every golden run prints the same bytes
 * on all of them, with the digest that is written down. Fetches the Nodes on first use.
 *
 *   npm run nodes [-- 22 26]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vmtop = join(root, 'dist/vmtop.js');
const cache = join(root, 'node_modules/.cache/nodes');
const majors = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24', '26'];

/** The binary of a major version, from the `node` package of the registry. */
function nodeOf(major) {
  const folder = join(cache, major);
  const binary = join(folder, 'node_modules/.bin/node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', `node@${major}`];
    const { status } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`npm cannot install node@${major}`);
  }
  return binary;
}

/** In a folder of its own: some scenarios leave images there. */
function run(binary, args) {
  const cwd = mkdtempSync(join(tmpdir(), 'vmtop-nodes-'));
  const options = { encoding: 'utf8', maxBuffer: 1 << 26, cwd };
  const { stdout, stderr, status } = spawnSync(binary, args, options);
  rmSync(cwd, { recursive: true });
  if (status !== 0) throw new Error(`${binary} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

const goldens = JSON.parse(readFileSync(join(root, 'fixtures/golden/digests.json'), 'utf8'));
const nodes = majors.map((major) => {
  const binary = nodeOf(major);
  return { binary, version: run(binary, ['--version']).trim() };
});

let wrong = 0;
for (const { scenario, seconds, seed, digest } of goldens) {
  const args = [
    'run',
    scenario,
    '--duration',
    `${seconds * 1000}ms`,
    '--seed',
    `${seed}`,
    '--json',
  ];
  const title = `${scenario}, ${seconds} s, seed ${seed}`;
  let first;
  for (const { binary, version } of nodes) {
    const text = run(binary, [vmtop, ...args]);
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
    first ??= hash;
    const found = JSON.parse(text).digest;
    const ok = hash === first && found === digest;
    if (!ok) wrong++;
    const why = found === digest ? 'output differs' : `golden is ${digest}`;
    console.log(
      `${title}: ${version} digest ${found} output ${hash}${ok ? '' : `  WRONG: ${why}`}`,
    );
  }
}
console.log(wrong === 0 ? 'all the same' : `${wrong} results differ`);
process.exitCode = wrong === 0 ? 0 : 1;
