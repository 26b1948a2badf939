import type { Draw } from '../../engine/simulation/swarm/draw.js';

/** An array of a drawn scenario. */
export interface Shelf {
  readonly name: string;
  readonly transport: keyof typeof DRIVERS;
  readonly access: keyof typeof SATPS;
  /** Names of its LUNs. */
  readonly luns: readonly string[];
  /** As it stands in the scenario. */
  readonly text: Readonly<Record<string, unknown>>;
}

export interface DrawnHosts {
  readonly texts: readonly Readonly<Record<string, unknown>>[];
  readonly names: readonly string[];
  readonly local: {
    readonly names: readonly string[];
    /** LUN of the local disk, by host. */
    readonly local: ReadonlyMap<string, string>;
  };
}

const DRIVERS = {
  fc: ['qlnativefc', 'lpfc', 'nfnic', 'qfle3f', 'fcoe', 'lpfc820', 'qla2xxx', 'bnx2fc'],
  iscsi: ['iscsi_vmk', 'iser', 'bnx2i', 'be2iscsi'],
  sas: ['lsi_mr3', 'smartpqi', 'megaraid_sas', 'hpsa'],
  nvme: ['nvmetcp', 'nvmerdma'],
} as const;
const DISKS = ['ssd', 'ssd', 'nvme', 'hdd', { model: 'constant', service: '500us', channels: 4 }];
const SATPS = {
  alua: 'VMW_SATP_ALUA',
  'active-active': 'VMW_SATP_DEFAULT_AA',
  'active-passive': 'VMW_SATP_DEFAULT_AP',
} as const;
const PSPS = {
  alua: ['VMW_PSP_RR', 'VMW_PSP_RR', 'VMW_PSP_MRU', 'VMW_PSP_FIXED'],
  'active-active': ['VMW_PSP_RR', 'VMW_PSP_RR', 'VMW_PSP_MRU', 'VMW_PSP_FIXED'],
  // With fixed paths hosts fight over the owner.
  'active-passive': ['VMW_PSP_MRU', 'VMW_PSP_RR'],
} as const;
const RR = [
  { iops: 1 },
  { iops: 10 },
  { iops: 1000 },
  { policy: 'bytes', bytes: '1MiB' },
  { policy: 'latency' },
];
const PSSS = ['LB-RR', 'LB-IOPS', 'LB-BYTES', 'LB-Latency', 'FIXED'];

/** @param raid draws of their own, so that systems stay what they are but for their disks */
export function drawArrays(draw: Draw, raid: Draw): Shelf[] {
  return Array.from({ length: draw.one([1, 1, 1, 2]) }, (_, number) =>
    drawArray(draw, raid, number),
  );
}

function drawArray(draw: Draw, raid: Draw, number: number): Shelf {
  const name = `array${number + 1}`;
  const transport = draw.one(['fc', 'fc', 'iscsi', 'iscsi', 'sas', 'nvme'] as const);
  const controllers = draw.whole(1, 2);
  const access =
    controllers > 1
      ? draw.one(['alua', 'alua', 'active-active', 'active-passive'] as const)
      : 'active-active';
  const count = draw.whole(1, 3);
  const thin = draw.chance(0.4);
  const text = {
    name,
    product: `SWARM ${number + 1}`,
    transport,
    controllers,
    ports: draw.whole(1, 2),
    access,
    tpgs: draw.one(['both', 'implicit', 'explicit']),
    transition: draw.one(['0s', '1ms', '300ms', '2s', '12s']),
    cache: draw.one(['0B', '1MiB', '64MiB', '1GiB']),
    vaai: {
      ats: draw.chance(0.7),
      clone: draw.chance(0.7),
      zero: draw.chance(0.7),
      unmap: draw.chance(0.7),
    },
    portQueueDepth: draw.one([2048, 2048, 64, 8, 2]),
    pools: [{ name: 'pool1', disk: draw.one(DISKS), disks: draw.whole(1, 5), ...drawRaid(raid) }],
    luns: [{ name: `${name}lun`, count, size: '3GiB', thin }],
  };
  const luns = Array.from({ length: count }, (_, index) => `${name}lun${index}`);
  return { name, transport, access, luns, text };
}

/** Copies or parity, sometimes; what the pool has else stays. */
function drawRaid(draw: Draw): Record<string, unknown> {
  if (draw.chance(0.5)) return {};
  const { raid, disks } = draw.one([
    { raid: 1, disks: 2 },
    { raid: 5, disks: 3 },
    { raid: 5, disks: 5 },
    { raid: 6, disks: 6 },
    { raid: 10, disks: 4 },
  ]);
  const stripe = draw.one(['64KiB', '192KiB', '512KiB', '1MiB']);
  return { raid, disks, stripe, spares: draw.whole(0, 2), rebuildRate: '1GB/s' };
}

/** @param mayFail hosts may be told to give errors to guests */
export function drawHosts(draw: Draw, arrays: readonly Shelf[], mayFail: boolean): DrawnHosts {
  const count = draw.one([1, 1, 2, 2, 3, 4]);
  const names = Array.from({ length: count }, (_, index) => `esx${index + 1}`);
  const transports = [...new Set(arrays.map(({ transport }) => transport))];
  const adapters = transports.map((transport) => {
    const merge = draw.chance(0.4);
    return {
      driver: draw.one<string>(DRIVERS[transport]),
      count: draw.whole(1, 2),
      merge,
      order: draw.one(['none', 'none', 'deadline', 'elevator']),
      ...(draw.chance(0.2) ? { coalesce: { time: '100us', count: 8 } } : {}),
      // Only commands that wait are merged.
      ...(draw.chance(merge ? 0.8 : 0.3)
        ? { aqlen: draw.one(merge ? [1, 1, 2] : [2, 8, 64]) }
        : {}),
      ...(draw.chance(0.3) ? { lunQueueDepth: draw.one([1, 4, 16]) } : {}),
    };
  });
  const hasLocal = draw.chance(0.25);
  const localDisks = hasLocal
    ? [{ name: 'disk', disk: draw.one(['ssd', 'nvme', 'hdd']), size: '3GiB', transport: 'sas' }]
    : [];
  const settings = drawSettings(draw, mayFail);
  return {
    texts: names.map((name) => ({ name, adapters, localDisks, settings })),
    names,
    local: {
      names,
      local: new Map(hasLocal ? names.map((name) => [name, `${name}-local/disk`]) : []),
    },
  };
}

function drawSettings(draw: Draw, mayFail: boolean): Record<string, number> {
  // Guests' UNMAPs are to reach the arrays.
  const settings: Record<string, number> = { 'VMFS3.EnableBlockDelete': 1 };
  const maybe = (name: string, values: readonly number[]): void => {
    if (draw.chance(0.3)) settings[name] = draw.one(values);
  };
  maybe('Disk.DiskMaxIOSize', [32, 64, 128, 1024]);
  maybe('Disk.SchedNumReqOutstanding', [1, 4, 64]);
  maybe('Disk.QFullSampleSize', [4, 32]);
  maybe('Disk.PathEvalTime', [30, 60]);
  maybe('Disk.DiskRetryPeriod', [500, 5000]);
  maybe('Misc.APDTimeout', [20, 60]);
  maybe('NFS.MaxQueueDepth', [1, 8]);
  if (mayFail) maybe('Scsi.FailVMIOonAPD', [1]);
  return settings;
}

/** Who claims the arrays' devices; arrays without a rule get what the host's own rules say. */
export function drawRules(
  draw: Draw,
  arrays: readonly Shelf[],
  mayFail: boolean,
): Record<string, unknown>[] {
  return arrays.flatMap((array, index) => {
    if (draw.chance(0.3)) return [];
    const rule = { number: 110 + index, vendor: 'VMTOP', model: `SWARM ${index + 1}` };
    return [{ ...rule, ...drawPlugin(draw, array, mayFail) }];
  });
}

function drawPlugin(draw: Draw, { access }: Shelf, mayFail: boolean): Record<string, unknown> {
  if (access !== 'active-passive' && draw.chance(0.15)) {
    const threshold = draw.chance(0.5) ? { latencyThreshold: draw.one(['200us', '20ms']) } : {};
    return { plugin: 'HPP', pss: draw.one(PSSS), ...threshold };
  }
  // This one gives up after a few tries.
  if (mayFail && access === 'active-active' && draw.chance(0.2)) return { plugin: 'LEAST_QUEUED' };
  const psp = draw.one<string>(PSPS[access]);
  const params = psp === 'VMW_PSP_RR' ? { params: draw.one(RR) } : {};
  return { satp: SATPS[access], psp, ...params };
}
