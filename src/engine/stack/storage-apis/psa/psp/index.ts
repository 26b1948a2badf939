import { InputError, type Problem } from '../../../../core/errors.js';
import { readParams } from '../../../../core/params.js';
import type { Sim } from '../../../../core/sim.js';
import type { PathSelector, Psp } from '../define.js';
import type { Path } from '../path.js';
import { fixed } from './fixed.js';
import { mru } from './mru.js';
import { rr } from './rr.js';

/** Path selection policies, one line each. */
export const PSPS: readonly Psp[] = [
  fixed, //
  mru,
  rr,
];

/** A policy of the catalogue with its settings; unknown names and bad settings are bad input. */
export function createPsp(
  name: string,
  sim: Sim,
  paths: readonly Path[],
  params: Readonly<Record<string, number>> = {},
): PathSelector {
  const psp = PSPS.find((entry) => entry.name === name);
  if (psp === undefined) {
    const known = PSPS.map((entry) => entry.name).join(', ');
    throw InputError.of('psp', `unknown path selection policy ${name}`, `known here: ${known}`);
  }
  const problems: Problem[] = [];
  const values = readParams(psp.params, params, name, problems);
  if (problems.length > 0) throw new InputError(problems);
  return psp.create(sim, paths, values);
}
