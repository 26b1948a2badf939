import type { Transport } from '../../../simulation/plan.js';

/** A claim rule of class MP: which plug-in owns paths of a device. `*` stands for any text. */
export interface MpRule {
  readonly number: number;
  readonly vendor: string;
  readonly model: string;
  readonly transport: Transport | '*';
  readonly plugin: 'NMP' | 'MASK_PATH';
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
  readonly psp: string | undefined;
  readonly pspParams: Readonly<Record<string, number>>;
}

/**
 * MP rules a host has of its own; the transports the simulator does not have (usb, ide, block) and
 * HPP are left out. Rule 65535 is documented, 101 from memory.
 */
export const DEFAULT_MP_RULES: readonly MpRule[] = [
  { number: 101, vendor: 'DELL', model: 'Universal Xport', transport: '*', plugin: 'MASK_PATH' },
  { number: 65535, vendor: '*', model: '*', transport: '*', plugin: 'NMP' },
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

function transport(satp: string, name: Transport): SatpRule {
  const rest = { vendor: '*', model: '*', psp: undefined, pspParams: {} };
  return { satp, transport: name, tpgs: 'off', ...rest };
}

/**
 * SATP rules a host has of its own: vendor and model first, then transport. Which array gets which
 * plug-in is from memory of `esxcli storage nmp satp rule list`; rules for active/passive plug-ins
 * (CX, LSI, MSA, DEFAULT_AP) are left out, since no simulated array is active/passive.
 */
export const DEFAULT_SATP_RULES: readonly SatpRule[] = [
  vendor('VMW_SATP_SYMM', 'EMC', 'SYMMETRIX', '*', 'VMW_PSP_RR'),
  vendor('VMW_SATP_ALUA_CX', 'DGC', '*', 'on', 'VMW_PSP_RR'),
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
  transport('VMW_SATP_LOCAL', 'sas'),
  transport('VMW_SATP_LOCAL', 'nvme'),
  transport('VMW_SATP_DEFAULT_AA', 'fc'),
  transport('VMW_SATP_DEFAULT_AA', 'iscsi'),
];
