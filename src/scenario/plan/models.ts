import { dirname, resolve } from 'node:path';
import { InputError } from '../../engine/core/errors.js';
import type { ModelPlan } from '../../engine/plan/plan.js';
import type { DeviceEntry } from '../catalogues.js';
import { isDiskFile, readDisk } from '../disks.js';
import type { ModelText } from '../schema.js';
import type { Path } from '../source.js';
import type { Context } from './context.js';

/** The device model at `path` with all its settings. */
export function planModel(context: Context, text: ModelText, path: Path): ModelPlan {
  const { model, ...given } = text;
  const entry = findModel(context, model, path);
  return {
    model: entry?.base ?? model,
    params: entry === undefined ? {} : context.params(entry.params, given as never, path),
  };
}

/** A device model by name, or a disk's file; its path starts where the scenario is. */
function findModel(context: Context, model: string, path: Path): DeviceEntry | undefined {
  if (!isDiskFile(model)) {
    const models = new Map(context.catalogues.devices.map((entry) => [entry.name, entry]));
    return context.find(models, model, path, 'device model');
  }
  try {
    return readDisk(resolve(dirname(context.source.file), model));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const { place, message, hint } of error.problems) {
      context.report(path, `${place}: ${message}`, hint);
    }
    return undefined;
  }
}
