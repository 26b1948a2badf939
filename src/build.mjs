/**
 * Builds what `vmtop` runs: one bundle per entry (start-up is three times faster than from separate
 * files, see src/README.md), sharing chunks so that batch commands never load the terminal part.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
// Types are tsc's, and stay; old chunks would pile up.
rmSync(here('../dist/chunks'), { recursive: true, force: true });
await build({
  entryPoints: {
    vmtop: here('cli/vmtop.ts'),
    worker: here('tui/worker.ts'),
    bench: here('cli/bench.ts'),
    index: here('index.ts'),
  },
  outdir: here('../dist'),
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  jsx: 'automatic',
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
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
});
