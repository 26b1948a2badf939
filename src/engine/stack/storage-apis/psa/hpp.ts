import type { Sim } from '../../../core/sim.js';
import { stateOfGroup } from './behaviour.js';
import type { ArrayModel } from './define.js';
import { MultipathDevice } from './multipath-device.js';
import { PATH_ACTIVE } from './path-state.js';
import type { PsaDeviceOptions } from './psa-device.js';
import { createPss } from './pss/index.js';
import type { PathLun } from './target.js';

type Numbers = Readonly<Record<string, number>>;

export interface HppOptions extends PsaDeviceOptions {
  readonly pss: string;
  readonly pssParams?: Numbers;
}

/**
 * A device of the high-performance plug-in, for local flash and NVMe: no array types, a path
 * selection scheme (PSS). It follows implicit ALUA and NVMe's asymmetric namespace access (optimized,
 * non-optimized, inaccessible as unavailable), and never moves a LUN itself.
 */
export class HppDevice extends MultipathDevice {
  constructor(sim: Sim, options: HppOptions) {
    const { paths, settings, pss, pssParams } = options;
    super(sim, options, {
      plugin: 'HPP',
      model: modelOf(paths[0].lun),
      satp: '',
      psp: pss,
      selector: createPss(pss, { sim, paths, settings }, pssParams),
      health: {
        manage: 'Misc.HppManageDegradedPaths',
        threshold: 'Misc.HppDegradedPathThresholdPer',
      },
    });
  }
}

function modelOf({ tpgs }: PathLun): ArrayModel {
  return {
    reportsGroups: tpgs !== 0,
    activation: undefined,
    deadOnRetryErrors: false,
    stateOf: tpgs === 0 ? () => PATH_ACTIVE : stateOfGroup,
    takesBack: () => false,
    config: () => '',
  };
}
