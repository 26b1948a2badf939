/** The catalogue of faults; a new one is a file and a line here. */
import { adapterReset } from './adapter-reset.js';
import { apd } from './apd.js';
import { controllerFailover } from './controller-failover.js';
import type { FaultInfo } from './define.js';
import { deviceStall } from './device-stall.js';
import { fillDatastore } from './fill-datastore.js';
import { fillPool } from './fill-pool.js';
import { linkDown } from './link-down.js';
import { noisyNeighbour } from './noisy-neighbour.js';
import { pathDown } from './path-down.js';
import { pathLossy } from './path-lossy.js';
import { pathSlow } from './path-slow.js';
import { pdl } from './pdl.js';
import { serverDown } from './server-down.js';
import { slowDevice } from './slow-device.js';

export const FAULTS: readonly FaultInfo[] = [
  pathDown,
  pathSlow,
  pathLossy,
  linkDown,
  adapterReset,
  controllerFailover,
  slowDevice,
  deviceStall,
  apd,
  pdl,
  fillDatastore,
  fillPool,
  serverDown,
  noisyNeighbour,
];
