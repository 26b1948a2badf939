import type { Entity } from '../core/meters.js';
import type { Sim } from '../core/sim.js';
import { STATION_FIELDS } from '../core/station.js';
import { TRAFFIC_FIELDS } from '../core/traffic.js';

/**
 * What a logical device shows, whoever keeps it: the device queue (queue and latencies), the
 * multipathing layer (state, retries), VAAI (its counters). An NFS volume is a device too.
 */
export const DEVICE_FIELDS = [
  ...TRAFFIC_FIELDS,
  ...STATION_FIELDS,
  'deviceReadNs',
  'deviceWriteNs',
  'deviceOtherNs',
  'queueReadNs',
  'queueWriteNs',
  'queueOtherNs',
  'state',
  'retries',
  'failovers',
  'activations',
  'aborts',
  'resets',
  'conflicts',
  'ats',
  'atsFailed',
  'clones',
  'cloneFailed',
  'zeros',
  'zeroFailed',
  'deletes',
  'deleteFailed',
  'dqlen',
  'configuredDepth',
  'fullDepth',
  'siocDepth',
  'competing',
  'cloneWrites',
  'cloneReadBlocks',
  'cloneWriteBlocks',
  'zeroBlocks',
  'deleteBlocks',
  'atsNs',
  'cloneNs',
  'zeroNs',
  'reserves',
  'reservesFailed',
  'opens',
  'perennial',
] as const;

/** The entity of a logical device on a host; several layers write their own part of it. */
export function defineDevice(
  sim: Sim,
  name: string,
  labels: Readonly<Record<string, string>>,
): Entity {
  return sim.meters.define('device', name, labels, DEVICE_FIELDS, true);
}
