import type { Path } from './path.js';
import { PATH_ACTIVE, PATH_UNOPTIMIZED } from './path-state.js';

/** Usable paths; degraded ones only when there is no other. */
export function usablePaths(paths: readonly Path[]): readonly Path[] {
  const usable = paths.filter((path) => path.usable);
  const sound = usable.filter((path) => !path.degraded);
  return sound.length > 0 ? sound : usable;
}

/**
 * The best usable path: active before active unoptimized, and within a state the preferred one,
 * then the highest rank, then the order of discovery.
 */
export function bestPath(paths: readonly Path[], preferred?: Path): Path | undefined {
  const usable = usablePaths(paths);
  for (const state of [PATH_ACTIVE, PATH_UNOPTIMIZED]) {
    const equal = usable.filter((path) => path.state === state);
    if (preferred !== undefined && equal.includes(preferred)) return preferred;
    const rank = Math.max(...equal.map((path) => path.rank));
    const path = equal.find((candidate) => candidate.rank === rank);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** The paths to spread over: optimized ones, unoptimized too when told to or when they are all. */
export function spreadPaths(paths: readonly Path[], useUnoptimized: boolean): readonly Path[] {
  const usable = usablePaths(paths);
  const optimized = usable.filter((path) => path.state === PATH_ACTIVE);
  if (optimized.length > 0 && !useUnoptimized) return optimized;
  return [...optimized, ...usable.filter((path) => path.state === PATH_UNOPTIMIZED)];
}
