import type { PathSelector, Psp, SelectorContext } from '../define.js';
import { selectorFrom } from '../selectors.js';
import { fixed } from './fixed.js';
import { lbBytes } from './lb-bytes.js';
import { lbIops } from './lb-iops.js';
import { lbLatency } from './lb-latency.js';
import { lbRr } from './lb-rr.js';

/** Path selection schemes of HPP, one line each. */
export const PSSS: readonly Psp[] = [
  fixed, //
  lbRr,
  lbIops,
  lbBytes,
  lbLatency,
];

/** Scheme of devices whose rule names none. */
export const DEFAULT_PSS = lbRr.name;

export function createPss(
  name: string,
  context: SelectorContext,
  params: Readonly<Record<string, number>> = {},
): PathSelector {
  return selectorFrom(PSSS, 'pss', name, context, params);
}
