import type { Sim } from '../../../core/sim.js';
import { MultipathDevice } from './multipath-device.js';
import type { PsaDeviceOptions } from './psa-device.js';
import { createPsp } from './psp/index.js';
import { createSatp } from './satp/index.js';

type Numbers = Readonly<Record<string, number>>;

export interface NmpOptions extends PsaDeviceOptions {
  readonly satp: string;
  readonly satpParams?: Numbers;
  readonly psp: string;
  readonly pspParams?: Numbers;
}

/** A device of the native multipathing plug-in: an array type (SATP) and a policy (PSP). */
export class NmpDevice extends MultipathDevice {
  constructor(sim: Sim, options: NmpOptions) {
    const { paths, settings, satp, satpParams, psp, pspParams } = options;
    super(sim, options, {
      plugin: 'NMP',
      model: createSatp(satp, paths[0].lun, satpParams),
      satp,
      psp,
      selector: createPsp(psp, { sim, paths, settings }, pspParams),
      health: {
        manage: 'Misc.NmpManageDegradedPaths',
        threshold: 'Misc.NmpDegradedPathThresholdPer',
      },
    });
  }

  /** Changes the path selection policy. */
  setPsp(name: string, params: Numbers = {}): void {
    const { sim, paths, settings } = this;
    this.setSelector(name, createPsp(name, { sim, paths, settings }, params));
  }
}
