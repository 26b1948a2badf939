import type { Sim } from '../../../core/sim.js';
import type { Claim } from './claim-rules.js';
import { HppDevice } from './hpp.js';
import { NmpDevice } from './nmp.js';
import { PluginLayer } from './plugin-layer.js';
import type { PsaDevice, PsaDeviceOptions } from './psa-device.js';

export type Claimed = Exclude<Claim, { plugin: 'MASK_PATH' }>;

/** The device under the plug-in that claimed it. */
export function createPsaDevice(sim: Sim, options: PsaDeviceOptions, claimed: Claimed): PsaDevice {
  switch (claimed.plugin) {
    case 'NMP':
      return new NmpDevice(sim, { ...options, ...claimed });
    case 'HPP':
      return new HppDevice(sim, { ...options, ...claimed });
    default:
      return new PluginLayer(sim, { ...options, plugin: claimed.name, params: claimed.params });
  }
}

/** What the `device` entity is labelled with. */
export function labelsOf(claimed: Claimed): { plugin: string; satp: string; psp: string } {
  switch (claimed.plugin) {
    case 'NMP':
      return { plugin: 'NMP', satp: claimed.satp, psp: claimed.psp };
    case 'HPP':
      return { plugin: 'HPP', satp: '', psp: claimed.pss };
    default:
      return { plugin: claimed.name, satp: '', psp: claimed.name };
  }
}
