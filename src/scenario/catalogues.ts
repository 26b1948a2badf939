import type { Params } from '../engine/core/params.js';
import { DEVICE_MODELS } from '../engine/devices/models/index.js';
import { FAULTS } from '../engine/faults/index.js';
import type { Transport } from '../engine/simulation/plan.js';
import { DRIVER_MODULES } from '../engine/stack/driver/modules.js';
import { SETTINGS } from '../engine/stack/settings.js';
import { PSPS } from '../engine/stack/storage-apis/psa/psp/index.js';
import { SATPS } from '../engine/stack/storage-apis/psa/satp/index.js';

/** What scenarios may name besides their own objects; the planner checks against these lists. */
export interface Catalogues {
  readonly devices: readonly CatalogueEntry[];
  readonly faults: readonly (CatalogueEntry & { readonly target: string })[];
  readonly satps: readonly Named[];
  readonly psps: readonly CatalogueEntry[];
  readonly drivers: readonly DriverEntry[];
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

export interface DriverEntry extends Named {
  readonly family: 'native' | 'vmklinux';
  readonly transports: readonly Transport[];
  readonly lunQueueDepth: number;
  readonly aqlen: number;
}

/** Everything vmtop knows. */
export const CATALOGUES: Catalogues = {
  devices: DEVICE_MODELS,
  faults: FAULTS,
  satps: SATPS,
  psps: PSPS,
  drivers: DRIVER_MODULES.map(({ module, family, transport, lunQueueDepth, aqlen }) => ({
    name: module,
    summary: `${transport}, ${family}, ${lunQueueDepth} per LUN, ${aqlen} per adapter`,
    family,
    transports: [transport],
    lunQueueDepth,
    aqlen,
  })),
  settings: SETTINGS,
};
