import type { Transport } from '../../../plan/plan.js';

/** A claim rule of class MP: which plug-in owns paths of a device. `*` stands for any text. */
export interface MpRule {
  readonly number: number;
  readonly vendor: string;
  readonly model: string;
  readonly transport: Transport | '*';
  /** Only devices inside the host that have no moving parts. */
  readonly localFlash?: true;
  readonly plugin: 'NMP' | 'HPP' | 'MASK_PATH';
}

/** A SATP rule: array type, policy and its settings for devices that match. */
export interface SatpRule {
  readonly satp: string;
  /** Empty: any. */
  readonly vendor: string;
  readonly model: string;
  readonly transport: Transport | '*';
  /** Whether the array must (`on`) or must not (`off`) report target port groups. */
  readonly tpgs: 'on' | 'off' | '*';
  /** Only arrays in which one controller at a time serves a LUN. */
  readonly passive?: true;
  readonly psp: string | undefined;
  readonly pspParams: Readonly<Record<string, number>>;
}

const ALL = { vendor: '*', model: '*', transport: '*' } as const;

/**
 * MP rules a host has of its own. Rule 65535 is documented, 101 from memory; that HPP takes local
 * flash and NVMe before NMP's catch-all is documented since 7.0 U2, the numbers are model.
 */
export const DEFAULT_MP_RULES: readonly MpRule[] = [
  { ...ALL, number: 101, vendor: 'DELL', model: 'Universal Xport', plugin: 'MASK_PATH' },
  { ...ALL, number: 65533, localFlash: true, plugin: 'HPP' },
  { ...ALL, number: 65534, transport: 'nvme', plugin: 'HPP' },
  { ...ALL, number: 65535, plugin: 'NMP' },
];

function vendor(
  satp: string,
  vendorName: string,
  model: string,
  tpgs: SatpRule['tpgs'],
  psp?: string,
  pspParams: Readonly<Record<string, number>> = {},
): SatpRule {
  return { satp, vendor: vendorName, model, transport: '*', tpgs, psp, pspParams };
}

/** For any vendor's devices that report no target port groups. */
function any(satp: string, more: Pick<SatpRule, 'transport' | 'passive'>): SatpRule {
  return { satp, vendor: '*', model: '*', tpgs: 'off', psp: undefined, pspParams: {}, ...more };
}

/**
 * SATP rules a host has of its own: vendor and model first, then transport. Which array gets which
 * plug-in is from memory of `esxcli storage nmp satp rule list`. A real host cannot tell an
 * active/passive array it has no vendor rule for; ours can (model), so that it works untold.
 */
export const DEFAULT_SATP_RULES: readonly SatpRule[] = [
  vendor('VMW_SATP_SYMM', 'EMC', 'SYMMETRIX', '*', 'VMW_PSP_RR'),
  vendor('VMW_SATP_ALUA_CX', 'DGC', '*', 'on', 'VMW_PSP_RR'),
  vendor('VMW_SATP_CX', 'DGC', '*', 'off'),
  vendor('VMW_SATP_LSI', 'IBM', '1742*', 'off'),
  vendor('VMW_SATP_MSA', '*', 'MSA1*', 'off'),
  vendor('VMW_SATP_INV', 'EMC', 'Invista', '*'),
  vendor('VMW_SATP_EVA', 'HP', 'HSV*', 'off'),
  vendor('VMW_SATP_EQL', 'EQLOGIC', '*', '*'),
  vendor('VMW_SATP_SVC', 'IBM', '2145', 'off'),
  vendor('VMW_SATP_ALUA', 'IBM', '2145', 'on', 'VMW_PSP_RR'),
  vendor('VMW_SATP_ALUA', 'NETAPP', '*', 'on', 'VMW_PSP_RR'),
  vendor('VMW_SATP_DEFAULT_AA', 'NETAPP', '*', 'off', 'VMW_PSP_RR'),
  vendor('VMW_SATP_ALUA', 'PURE', 'FlashArray', '*', 'VMW_PSP_RR', { iops: 1 }),
  vendor('VMW_SATP_ALUA', '3PARdata', 'VV', 'on', 'VMW_PSP_RR', { iops: 1 }),
  vendor('VMW_SATP_ALUA', 'HP', 'HSV*', 'on', 'VMW_PSP_RR'),
  vendor('VMW_SATP_ALUA', 'COMPELNT', 'Compellent Vol', 'on', 'VMW_PSP_RR'),
  vendor('VMW_SATP_ALUA', 'HITACHI', 'OPEN-V', 'on', 'VMW_PSP_RR'),
  vendor('VMW_SATP_DEFAULT_AA', 'HITACHI', '*', 'off', 'VMW_PSP_RR'),
  any('VMW_SATP_DEFAULT_AP', { transport: '*', passive: true }),
  any('VMW_SATP_LOCAL', { transport: 'sas' }),
  any('VMW_SATP_LOCAL', { transport: 'nvme' }),
  any('VMW_SATP_DEFAULT_AA', { transport: '*' }),
];
