import type { AdapterPlan } from '../../plan/plan.js';

/** One line of a driver's map file: which PCI devices it drives. */
export interface MapEntry {
  readonly module: string;
  readonly family: AdapterPlan['family'];
  /** Hexadecimal, lower case; what is left out matches everything. */
  readonly vendor: string;
  readonly device?: string;
  readonly subvendor?: string;
  readonly subdevice?: string;
  /** Class code, base and sub: `0106` is SATA AHCI, `0108` NVM. */
  readonly classCode?: string;
}

const ANY = '*';

function native(module: string, vendor: string, ...devices: string[]): MapEntry[] {
  return devices.map((device) => ({ module, family: 'native', vendor, device }));
}

function legacy(module: string, vendor: string, ...devices: string[]): MapEntry[] {
  return devices.map((device) => ({ module, family: 'vmklinux', vendor, device }));
}

/**
 * Map entries of the bundled drivers, a few devices each. PCI ids: the public pci.ids list, from
 * memory; which driver takes which device: from memory.
 */
export const MAP_ENTRIES: readonly MapEntry[] = [
  // Emulex LightPulse: LPe12000, LPe16000, LPe31000.
  ...native('lpfc', '10df', 'f100', 'e200', 'e300'),
  ...legacy('lpfc820', '10df', 'f100', 'fe00'),
  // QLogic: ISP2532 8 Gb, ISP2031 16 Gb, ISP2722 32 Gb; ISP2422 4 Gb is too old for native drivers.
  ...native('qlnativefc', '1077', '2532', '2031', '2261'),
  ...legacy('qla2xxx', '1077', '2532', '2422', '2432'),
  // Cisco VIC FCoE HBA.
  ...native('nfnic', '1137', '0045'),
  ...legacy('fnic', '1137', '0045'),
  // Brocade 825 and 1860.
  ...legacy('bfa', '1657', '0013', '0022'),
  // Broadcom (LSI) MegaRAID SAS-3 3108, SAS-3 3008 HBA; SAS-2 2208 and 2308.
  ...native('lsi_mr3', '1000', '005d', '005b'),
  ...legacy('megaraid_sas', '1000', '005b', '0079'),
  ...native('lsi_msgpt3', '1000', '0097'),
  ...legacy('mpt2sas', '1000', '0087', '0072'),
  // Microsemi SmartPQI.
  ...native('smartpqi', '9005', '028f'),
  ...legacy('hpsa', '103c', '323b', '3239'),
  // VMware's paravirtual adapter in a nested host.
  ...native('pvscsi', '15ad', '07c0'),
  { module: 'vmw_ahci', family: 'native', vendor: ANY, classCode: '0106' },
  { module: 'ahci', family: 'vmklinux', vendor: ANY, classCode: '0106' },
  { module: 'nvme_pcie', family: 'native', vendor: ANY, classCode: '0108' },
  // Intel PIIX4 and ICH IDE.
  ...legacy('ata_piix', '8086', '7111', '24cb'),
];
