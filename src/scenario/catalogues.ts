import type { Params } from '../engine/core/params.js';
import { PROTOCOLS } from '../engine/devices/fabric/protocols.js';
import { DEVICE_MODELS } from '../engine/devices/models/index.js';
import { FAULTS } from '../engine/faults/index.js';
import type { Transport } from '../engine/plan/plan.js';
import { ORDERS } from '../engine/stack/adapter/orders/index.js';
import { DRIVER_MODULES } from '../engine/stack/driver/modules.js';
import { SETTINGS } from '../engine/stack/settings.js';
import { PLUGINS } from '../engine/stack/storage-apis/psa/plugins/index.js';
import { PSPS } from '../engine/stack/storage-apis/psa/psp/index.js';
import { PSSS } from '../engine/stack/storage-apis/psa/pss/index.js';
import { SATPS } from '../engine/stack/storage-apis/psa/satp/index.js';
import { bundledDisks } from './disks.js';

/** What scenarios may name besides their own objects; the planner checks against these lists. */
export interface Catalogues {
  readonly devices: readonly DeviceEntry[];
  readonly faults: readonly (CatalogueEntry & { readonly target: string })[];
  readonly satps: readonly CatalogueEntry[];
  /** Path selection policies of NMP, and schemes of HPP. */
  readonly psps: readonly CatalogueEntry[];
  readonly psss: readonly CatalogueEntry[];
  /** Multipathing plug-ins from outside. */
  readonly plugins: readonly CatalogueEntry[];
  readonly drivers: readonly DriverEntry[];
  readonly orders: readonly CatalogueEntry[];
  /** ESXi advanced settings by name, in ESXi's own units. */
  readonly settings: Readonly<Record<string, { readonly min: number; readonly max: number }>>;
}

export interface Named {
  readonly name: string;
  readonly summary: string;
}

export interface CatalogueEntry extends Named {
  readonly params: Params;
}

/** A device model, or a disk described in a file as settings of one. */
export interface DeviceEntry extends CatalogueEntry {
  /** Where the default of each setting comes from. */
  readonly sources: Readonly<Record<string, string>>;
  /** Name of the model it is a set of settings for. */
  readonly base?: string;
}

export interface DriverEntry extends Named {
  readonly family: 'native' | 'vmklinux';
  readonly transports: readonly Transport[];
  readonly lunQueueDepth: number;
  readonly aqlen: number;
  /** Timers of its protocol. */
  readonly timers: Params;
}

/** Everything vmtop knows. */
export const CATALOGUES: Catalogues = {
  get devices() {
    return [...DEVICE_MODELS, ...bundledDisks()];
  },
  faults: FAULTS,
  satps: SATPS,
  psps: PSPS,
  psss: PSSS,
  plugins: PLUGINS,
  drivers: DRIVER_MODULES.map(({ module, family, transport, protocol, lunQueueDepth, aqlen }) => ({
    name: module,
    summary: `${protocol}, ${family}, ${lunQueueDepth} per LUN, ${aqlen} per adapter`,
    family,
    transports: [transport],
    lunQueueDepth,
    aqlen,
    timers: PROTOCOLS[protocol].params,
  })),
  orders: ORDERS,
  settings: SETTINGS,
};
