import { InputError, type Problem } from '../../../../core/errors.js';
import { readParams } from '../../../../core/params.js';
import type { MultipathPlugin, PluginDevice, PluginHost } from '../plugin.js';
import { leastQueued } from './least-queued.js';

/** Multipathing plug-ins from outside, one line each. */
export const PLUGINS: readonly MultipathPlugin[] = [
  leastQueued, //
];

/** A plug-in's side of a device; an unknown name and bad settings are bad input. */
export function createFromPlugin(
  name: string,
  host: PluginHost,
  params: Readonly<Record<string, number>>,
): PluginDevice {
  const plugin = PLUGINS.find((entry) => entry.name === name);
  if (plugin === undefined) {
    const known = ['NMP', 'HPP', 'MASK_PATH', ...PLUGINS.map((entry) => entry.name)].join(', ');
    throw InputError.of('claim rule', `unknown multipathing plug-in ${name}`, `known: ${known}`);
  }
  const problems: Problem[] = [];
  const values = readParams(plugin.params, params, name, problems);
  if (problems.length > 0) throw new InputError(problems);
  return plugin.create(host, values);
}
