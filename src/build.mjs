/**
 * Builds what `vmtop` runs: one bundle per entry (start-up is three times faster than from separate
 * files, see src/README.md), sharing chunks so that batch commands never load the terminal part.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
// Types are tsc's, and stay; old chunks would pile up.
rmSync(here('../dist/chunks'), { recursive: true, force: true });
const shared = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  jsx: 'automatic',
  loader: { '.yaml': 'text' },
  define: { 'process.env.NODE_ENV': '"production"' },
  // Ink reaches for the React developer tools only when DEV is set; they are not installed.
  alias: { 'react-devtools-core': here('tui/no-devtools.mjs') },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  // Dynamic requires inside: these stay packages, loaded only when a screen needs them.
  external: ['blessed', 'blessed-contrib', 'systeminformation'],
  logLevel: 'warning',
};
await build({
  ...shared,
  entryPoints: {
    vmtop: here('cli/vmtop.ts'),
    worker: here('tui/worker.ts'),
    bench: here('cli/bench.ts'),
    index: here('index.ts'),
  },
  outdir: here('../dist'),
  splitting: true,
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
});

// The manual page comes from the definitions of the commands and keys themselves.
const man = here('../node_modules/.cache/build-man.mjs');
await build({ ...shared, entryPoints: [here('cli/build-man.ts')], outfile: man });
execFileSync(process.execPath, [man, here('../dist/vmtop.1')], { stdio: 'inherit' });
