import type { AdapterType } from './adapter-type.js';
import { lsilogic } from './lsilogic.js';
import { pvscsi } from './pvscsi.js';

/** The virtual adapters a machine can have, by the name in its configuration. */
export const ADAPTER_TYPES: Readonly<Record<AdapterType['name'], AdapterType>> = {
  pvscsi,
  lsilogic,
};
