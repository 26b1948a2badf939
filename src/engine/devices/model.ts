import type { Params, Values } from '../core/params.js';
import type { Stream } from '../core/random.js';
import type { AccessTimes } from './access-order.js';

/** Sources that are no document (src/README.md, "Where numbers come from"). */
export const FROM_MEMORY = 'from memory';
export const MODEL = 'model';

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
  /** For devices that choose among waiting commands; without it they come in order of arrival. */
  readonly order?: AccessTimes | undefined;
  /** Time of a command that starts at `now`; whole ns. May remember (head position, backlog). */
  serviceNs(op: number, lba: number, blocks: number, now: number): number;
}

/** An entry of the catalogue `devices/models`. */
export interface DeviceModel {
  readonly name: string;
  readonly summary: string;
  readonly params: Params;
  /** Where the default of each param comes from: a document, from memory, or our choice (model). */
  readonly sources: Readonly<Record<string, string>>;
  create(site: DeviceSite, values: Readonly<Record<string, number>>): DiskModel;
}

/** Describes a device model; `create` sees its own params by name. */
export function defineDevice<P extends Params>(model: {
  readonly name: string;
  readonly summary: string;
  readonly params: P;
  readonly sources: { readonly [Name in keyof P]: string };
  readonly create: (site: DeviceSite, values: Values<P>) => DiskModel;
}): DeviceModel {
  const { create, ...rest } = model;
  return { ...rest, create: (site, values) => create(site, values as Values<P>) };
}
