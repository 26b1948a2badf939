import type { Params, Values } from '../core/params.js';
import type { Stream } from '../core/random.js';

/** What a device model knows of the device it stands for. */
export interface DeviceSite {
  /** Random numbers of this one device. */
  readonly stream: Stream;
  readonly capacityBlocks: number;
}

/** How long a device takes; the `Disk` layer keeps the queue and the meters. */
export interface DiskModel {
  /** Commands served side by side. */
  readonly channels: number;
  /** Time of a command that starts at `now`; whole ns. May remember (head position, backlog). */
  serviceNs(op: number, lba: number, blocks: number, now: number): number;
}

/** An entry of the catalogue `devices/models`. */
export interface DeviceModel {
  readonly name: string;
  readonly summary: string;
  readonly params: Params;
  create(site: DeviceSite, values: Readonly<Record<string, number>>): DiskModel;
}

/** Describes a device model; `create` sees its own params by name. */
export function defineDevice<P extends Params>(model: {
  readonly name: string;
  readonly summary: string;
  readonly params: P;
  readonly create: (site: DeviceSite, values: Values<P>) => DiskModel;
}): DeviceModel {
  const { name, summary, params, create } = model;
  return { name, summary, params, create: (site, values) => create(site, values as Values<P>) };
}
