import type { PathSelector, Psp, SelectorContext } from '../define.js';
import { selectorFrom } from '../selectors.js';
import { fixed } from './fixed.js';
import { mru } from './mru.js';
import { rr } from './rr.js';

/** Path selection policies of NMP, one line each. */
export const PSPS: readonly Psp[] = [
  fixed, //
  mru,
  rr,
];

export function createPsp(
  name: string,
  context: SelectorContext,
  params: Readonly<Record<string, number>> = {},
): PathSelector {
  return selectorFrom(PSPS, 'psp', name, context, params);
}
