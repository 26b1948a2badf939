import type { AdapterType } from './adapter-type.js';
import { ahci } from './ahci.js';
import { buslogic } from './buslogic.js';
import { ide } from './ide.js';
import { lsilogic } from './lsilogic.js';
import { lsisas1068 } from './lsisas1068.js';
import { nvme } from './nvme.js';
import { pvscsi } from './pvscsi.js';

/** The virtual adapters a machine can have, by the name in its configuration. */
export const ADAPTER_TYPES: Readonly<Record<AdapterType['name'], AdapterType>> = {
  pvscsi,
  lsilogic,
  lsisas1068,
  buslogic,
  nvme,
  ahci,
  ide,
};
