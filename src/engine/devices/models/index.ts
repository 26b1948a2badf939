import { InputError, type Problem } from '../../core/errors.js';
import { formatParam } from '../../core/params.js';
import type { ModelPlan } from '../../plan/plan.js';
import type { DeviceModel, DeviceSite, DiskModel } from '../model.js';
import { constant } from './constant.js';
import { constantRate } from './constant-rate.js';
import { exponential } from './exponential.js';
import { hdd } from './hdd.js';
import { hdd7k } from './hdd-7k.js';
import { nvme } from './nvme.js';
import { ssd } from './ssd.js';

/** Every device model a scenario can name. */
export const DEVICE_MODELS: readonly DeviceModel[] = [
  constant, //
  constantRate,
  exponential,
  hdd,
  hdd7k,
  nvme,
  ssd,
];

export function findDeviceModel(name: string): DeviceModel | undefined {
  return DEVICE_MODELS.find((model) => model.name === name);
}

/**
 * Builds the model of one device; settings that are not given take their defaults.
 * @throws InputError when the model or a setting is unknown, or a value is out of range
 */
export function createModel(plan: ModelPlan, site: DeviceSite): DiskModel {
  const model = findDeviceModel(plan.model);
  if (model === undefined) {
    const known = DEVICE_MODELS.map(({ name }) => name).join(', ');
    throw InputError.of(plan.model, 'unknown device model', `known models: ${known}`);
  }
  const problems: Problem[] = [];
  const values: Record<string, number> = {};
  for (const [name, param] of Object.entries(model.params)) {
    const value = plan.params[name] ?? param.initial;
    if (!(value >= param.min && value <= param.max)) {
      const range = `${formatParam(param, param.min)} to ${formatParam(param, param.max)}`;
      problems.push({ place: `${model.name}.${name}`, message: `${value} is not in ${range}` });
    }
    values[name] = value;
  }
  for (const name of Object.keys(plan.params)) {
    if (name in model.params) continue;
    problems.push({ place: `${model.name}.${name}`, message: 'unknown setting' });
  }
  if (problems.length > 0) throw new InputError(problems);
  return model.create(site, values);
}
