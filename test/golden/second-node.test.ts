import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const BUILT = root('dist/vmtop.js');
const own = Number(process.versions.node.split('.')[0]);
/** Where `npm run nodes` keeps them; the newest that is not the one that runs this. */
const other = [26, 24, 22, 20]
  .filter((major) => major !== own)
  .map((major) => root(`node_modules/.cache/nodes/${major}/node_modules/.bin/node`))
  .find((path) => existsSync(path));

it('another major version of Node gives the same bytes', ({ skip }) => {
  if (!existsSync(BUILT)) return skip('nothing is built: npm run build');
  if (other === undefined) return skip('no other Node is cached: npm run nodes fetches them');
  const args = [BUILT, 'run', 'default', '--duration', '500ms', '--seed', '5', '--json'];
  const [here, there] = [process.execPath, other].map((node) => {
    const { stdout, stderr, status } = spawnSync(node, args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return stdout;
  });
  expect(there).toBe(here);
});
