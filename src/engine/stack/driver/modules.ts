import type { AdapterPlan, Transport } from '../../simulation/plan.js';

/** Defaults of a driver module. */
export interface DriverModule {
  readonly module: string;
  readonly family: AdapterPlan['family'];
  readonly transport: Transport;
  /** Commands per LUN and path. */
  readonly lunQueueDepth: number;
  /** Commands per adapter (AQLEN, `can_queue`). */
  readonly aqlen: number;
  /** Longest transfer; longer rows are split. */
  readonly maxTransferBytes: number;
  /** Completions within this time of an interrupt share it; 0 is an interrupt each. */
  readonly coalesceNs: number;
  readonly source: string;
}

const KB = 1024;
/** Fibre Channel takes what Disk.DiskMaxIOSize lets through. */
const FC_TRANSFER = 32 * KB * KB;
const ISCSI_TRANSFER = 128 * KB;
const SAS_TRANSFER = 1024 * KB;

function native(
  module: string,
  transport: Transport,
  lunQueueDepth: number,
  aqlen: number,
  maxTransferBytes: number,
  coalesceNs: number,
  source: string,
): DriverModule {
  return {
    module,
    family: 'native',
    transport,
    lunQueueDepth,
    aqlen,
    maxTransferBytes,
    coalesceNs,
    source,
  };
}

/** An emulated Linux driver: requests of at most 512 KB (1,024 sectors, from memory). */
function legacy(
  module: string,
  transport: Transport,
  lunQueueDepth: number,
  aqlen: number,
  source: string,
): DriverModule {
  return {
    module,
    family: 'vmklinux',
    transport,
    lunQueueDepth,
    aqlen,
    maxTransferBytes: 512 * KB,
    coalesceNs: 20_000,
    source,
  };
}

/**
 * Driver modules and their defaults (stack-lower reference, section 1.4). `source` says which depth
 * is documented; transfer sizes but iSCSI's and all coalescing windows are model.
 */
export const DRIVER_MODULES: readonly DriverModule[] = [
  native('lpfc', 'fc', 32, 8192, FC_TRANSFER, 20_000, 'LUN depth documented, AQLEN from memory'),
  native('qlnativefc', 'fc', 64, 4096, FC_TRANSFER, 20_000, 'LUN depth documented, AQLEN typical'),
  native('nfnic', 'fc', 32, 1024, FC_TRANSFER, 20_000, 'LUN depth documented, AQLEN from memory'),
  native('qedf', 'fc', 64, 2048, FC_TRANSFER, 20_000, 'from memory'),
  native('iscsi_vmk', 'iscsi', 128, 1024, ISCSI_TRANSFER, 20_000, 'documented'),
  native('iser', 'iscsi', 128, 1024, ISCSI_TRANSFER, 0, 'from memory'),
  native('bnx2i', 'iscsi', 128, 1024, ISCSI_TRANSFER, 20_000, 'from memory'),
  native('lsi_mr3', 'sas', 256, 1000, SAS_TRANSFER, 20_000, 'from memory'),
  native('lsi_msgpt3', 'sas', 254, 4096, SAS_TRANSFER, 20_000, 'from memory'),
  native('smartpqi', 'sas', 64, 1020, SAS_TRANSFER, 20_000, 'from memory'),
  native('vmw_ahci', 'sas', 31, 31, SAS_TRANSFER, 0, 'from memory; 32 NCQ tags less one'),
  native('nvme_pcie', 'nvme', 1023, 1023, SAS_TRANSFER, 0, 'one hardware queue less one'),
  native('nvmerdma', 'nvme', 1023, 1023, SAS_TRANSFER, 0, 'from memory'),
  native('nvmetcp', 'nvme', 512, 1023, SAS_TRANSFER, 0, 'from memory'),
  native('pvscsi', 'sas', 1024, 1024, SAS_TRANSFER, 0, 'nested host: depth shown by its tools'),
  legacy('lpfc820', 'fc', 32, 8192, 'LUN depth documented, AQLEN from memory'),
  legacy('qla2xxx', 'fc', 64, 4096, 'LUN depth documented, AQLEN typical'),
  legacy('fnic', 'fc', 32, 1024, 'LUN depth documented, AQLEN from memory'),
  legacy('bfa', 'fc', 32, 2048, 'LUN depth documented, AQLEN from memory'),
  legacy('bnx2fc', 'fc', 32, 2048, 'from memory'),
  legacy('megaraid_sas', 'sas', 256, 1000, 'from memory'),
  legacy('mpt2sas', 'sas', 254, 4096, 'from memory'),
  legacy('hpsa', 'sas', 64, 1020, 'from memory'),
  legacy('ahci', 'sas', 31, 31, 'from memory'),
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
