import type { Sim } from '../../core/sim.js';
import { Driver, type DriverOptions } from './driver.js';
import { VmklinuxDriver } from './vmklinux-driver.js';

/** The driver of an adapter, of the family its plan says; one host may have both. */
export function createDriver(sim: Sim, options: DriverOptions): Driver {
  return options.adapter.family === 'native'
    ? new Driver(sim, options)
    : new VmklinuxDriver(sim, options);
}
