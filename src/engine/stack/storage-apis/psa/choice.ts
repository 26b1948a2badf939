import type { Path } from './path.js';
import { PATH_ACTIVE, PATH_UNOPTIMIZED } from './path-state.js';

/** First path in that state. */
function firstIn(paths: readonly Path[], state: number): Path | undefined {
  return paths.find((path) => path.state === state);
}

/**
 * The best usable path: active before active unoptimized, and within a state the preferred one,
 * then the order of discovery.
 */
export function bestPath(paths: readonly Path[], preferred?: Path): Path | undefined {
  for (const state of [PATH_ACTIVE, PATH_UNOPTIMIZED]) {
    if (preferred?.state === state) return preferred;
    const path = firstIn(paths, state);
    if (path !== undefined) return path;
  }
  return undefined;
}
