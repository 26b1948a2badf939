import { defineConfig } from 'vitest/config';

/** One report on the screen and one on disk, from which `.ci/run` takes its closing line. */
export default defineConfig({
  // React's development JSX does not exist in its production build, which the tests run.
  oxc: { jsx: { runtime: 'automatic', development: false } },
  test: {
    dir: 'test',
    include: ['**/*.test.{ts,tsx}'],
    testTimeout: 30_000,
    // Vitest leaves one core to itself; on a machine of two that is half of them.
    maxWorkers: '100%',
    hookTimeout: 60_000,
    env: { NODE_ENV: 'production', FORCE_COLOR: '3' },
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/vitest/report.json' }]],
  },
});
