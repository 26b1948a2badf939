import type { Protocol } from '../../devices/fabric/protocols.js';
import type { AdapterPlan, CoalescePlan, Transport } from '../../plan/plan.js';

/** Defaults of a driver module. */
export interface DriverModule {
  readonly module: string;
  readonly family: AdapterPlan['family'];
  /** The fabric it reaches: FCoE ends in FC arrays, SATA and IDE are local disks like SAS. */
  readonly transport: Transport;
  readonly protocol: Protocol;
  /** Commands per LUN and path. */
  readonly lunQueueDepth: number;
  /** Commands per adapter (AQLEN, `can_queue`). */
  readonly aqlen: number;
  /** Longest transfer; longer rows are split. */
  readonly maxTransferBytes: number;
  readonly coalesce: CoalescePlan;
  readonly source: string;
}

const KB = 1024;
/** Longest transfers: iSCSI's and the block emulation's are documented, the others model. */
const TRANSFER: Readonly<Record<Protocol, number>> = {
  // Fibre Channel takes what Disk.DiskMaxIOSize lets through.
  fc: 32 * KB * KB,
  fcoe: 32 * KB * KB,
  iscsi: 128 * KB,
  iser: 128 * KB,
  sas: 1024 * KB,
  sata: 1024 * KB,
  ide: 128 * KB,
  nvme: 1024 * KB,
  nvmeof: 1024 * KB,
  block: 128 * KB,
  virtual: 1024 * KB,
};

const TRANSPORT: Readonly<Record<Protocol, Transport>> = {
  fc: 'fc',
  fcoe: 'fc',
  iscsi: 'iscsi',
  iser: 'iscsi',
  sas: 'sas',
  sata: 'sas',
  ide: 'sas',
  nvme: 'nvme',
  nvmeof: 'nvme',
  block: 'sas',
  virtual: 'sas',
};

/** An emulated Linux driver's largest request: 1,024 sectors (from memory). */
const LEGACY_TRANSFER = 512 * KB;

/** FC adapters default to adaptive coalescing; window and count model. */
const ADAPTIVE: CoalescePlan = { maxNs: 20_000, maxCount: 16, adaptive: true };
/** NVMe's default (1/0): an interrupt each. */
const OFF: CoalescePlan = { maxNs: 0, maxCount: 1, adaptive: false };
const COALESCED: readonly Protocol[] = ['fc', 'fcoe', 'iscsi', 'sas'];

function native(
  module: string,
  protocol: Protocol,
  lunQueueDepth: number,
  aqlen: number,
  source: string,
): DriverModule {
  return {
    module,
    family: 'native',
    transport: TRANSPORT[protocol],
    protocol,
    lunQueueDepth,
    aqlen,
    maxTransferBytes: TRANSFER[protocol],
    coalesce: COALESCED.includes(protocol) ? ADAPTIVE : OFF,
    source,
  };
}

function legacy(
  module: string,
  protocol: Protocol,
  lunQueueDepth: number,
  aqlen: number,
  source: string,
): DriverModule {
  return {
    ...native(module, protocol, lunQueueDepth, aqlen, source),
    family: 'vmklinux',
    maxTransferBytes: Math.min(LEGACY_TRANSFER, TRANSFER[protocol]),
    coalesce: ADAPTIVE,
  };
}

const LUN_DOCUMENTED = 'LUN depth documented, AQLEN from memory';
const MEMORY = 'from memory';

/**
 * Driver modules and their defaults (stack-lower reference, section 1.4). `source` says which depth
 * is documented.
 */
export const DRIVER_MODULES: readonly DriverModule[] = [
  native('lpfc', 'fc', 32, 8192, LUN_DOCUMENTED),
  native('qlnativefc', 'fc', 64, 4096, 'LUN depth documented, AQLEN typical'),
  native('nfnic', 'fc', 32, 1024, LUN_DOCUMENTED),
  native('qedf', 'fcoe', 64, 2048, MEMORY),
  native('qfle3f', 'fcoe', 64, 2048, MEMORY),
  native('fcoe', 'fcoe', 32, 1024, 'from memory; software FCoE over a vmnic'),
  native('iscsi_vmk', 'iscsi', 128, 1024, 'documented'),
  native('iser', 'iser', 128, 1024, MEMORY),
  native('bnx2i', 'iscsi', 128, 1024, MEMORY),
  native('qedil', 'iscsi', 64, 1024, MEMORY),
  native('lsi_mr3', 'sas', 256, 1000, MEMORY),
  native('lsi_msgpt3', 'sas', 254, 4096, MEMORY),
  native('smartpqi', 'sas', 64, 1020, MEMORY),
  native('vmw_ahci', 'sata', 31, 31, 'from memory; 32 NCQ tags less one'),
  native('nvme_pcie', 'nvme', 1023, 1023, 'one hardware queue less one'),
  native('nvmerdma', 'nvmeof', 1023, 1023, MEMORY),
  native('nvmetcp', 'nvmeof', 512, 1023, MEMORY),
  native('pvscsi', 'virtual', 1024, 1024, 'nested host: depth shown by its tools'),
  legacy('lpfc820', 'fc', 32, 8192, LUN_DOCUMENTED),
  legacy('qla2xxx', 'fc', 64, 4096, 'LUN depth documented, AQLEN typical'),
  legacy('fnic', 'fc', 32, 1024, LUN_DOCUMENTED),
  legacy('bfa', 'fc', 32, 2048, LUN_DOCUMENTED),
  legacy('bnx2fc', 'fcoe', 32, 2048, MEMORY),
  legacy('be2iscsi', 'iscsi', 64, 1024, MEMORY),
  legacy('megaraid_sas', 'sas', 256, 1000, MEMORY),
  legacy('mpt2sas', 'sas', 254, 4096, MEMORY),
  legacy('hpsa', 'sas', 64, 1020, MEMORY),
  legacy('ahci', 'sata', 31, 31, MEMORY),
  legacy('ata_piix', 'ide', 1, 2, 'from memory; one command per drive, two drives'),
  legacy('block', 'block', 32, 128, 'documented: 32 per target, 128 per controller, 128 KB'),
];

/** A module by name, as its legacy or native name stands in a plan; undefined when unknown. */
export function driverModule(module: string): DriverModule | undefined {
  return DRIVER_MODULES.find((entry) => entry.module === module);
}

/** What an adapter's driver can do; a module we do not know behaves like others of its transport. */
export function moduleOf(adapter: AdapterPlan): DriverModule {
  const alike = (entry: DriverModule): boolean =>
    entry.transport === adapter.transport && entry.family === adapter.family;
  return (
    driverModule(adapter.driver) ??
    DRIVER_MODULES.find(alike) ??
    DRIVER_MODULES.find((entry) => entry.transport === adapter.transport)!
  );
}
