import { InputError, type Problem } from '../../../core/errors.js';
import { readParams } from '../../../core/params.js';
import type { PathSelector, Psp, SelectorContext } from './define.js';

/** A policy of a catalogue with its settings; unknown names and bad settings are bad input. */
export function selectorFrom(
  catalogue: readonly Psp[],
  what: string,
  name: string,
  context: SelectorContext,
  params: Readonly<Record<string, number>>,
): PathSelector {
  const psp = catalogue.find((entry) => entry.name === name);
  if (psp === undefined) {
    const known = catalogue.map((entry) => entry.name).join(', ');
    throw InputError.of(what, `unknown path selection policy ${name}`, `known here: ${known}`);
  }
  const problems: Problem[] = [];
  const values = readParams(psp.params, params, name, problems);
  if (problems.length > 0) throw new InputError(problems);
  return psp.create(context, values);
}
