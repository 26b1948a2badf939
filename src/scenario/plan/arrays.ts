import { formatSize } from '../../engine/core/units.js';
import { raidProblem } from '../../engine/devices/array/raid/layout.js';
import type {
  ArrayPlan,
  LunPlan,
  ModelPlan,
  NfsServerPlan,
  PoolPlan,
  RaidLevel,
  Transport,
} from '../../engine/plan/plan.js';
import { bytesOf } from '../quantities.js';
import type { ArrayText, HostText, Scenario } from '../schema.js';
import type { Path } from '../source.js';
import { type Context, type Copy, copies, Names } from './context.js';
import { planModel } from './models.js';

/** A LUN with the array that holds it. */
export interface LunPlace {
  readonly array: ArrayPlan;
  readonly lun: LunPlan;
}

export interface PlannedArrays {
  readonly arrays: readonly ArrayPlan[];
  /** By `array/lun`. */
  readonly luns: ReadonlyMap<string, LunPlace>;
  /** Arrays that only one host sees, by array name: its local disks. */
  readonly localTo: ReadonlyMap<string, string>;
}

const MIB = 1024 * 1024;

export function planArrays(
  context: Context,
  scenario: Scenario,
  hosts: readonly Copy<HostText>[],
): PlannedArrays {
  const arrays = new Names<ArrayPlan>(context, 'array');
  const localTo = new Map<string, string>();
  for (const [index, array] of scenario.arrays.entries()) {
    const path = ['arrays', index];
    arrays.add(array.name, planArray(context, array, path), [...path, 'name']);
  }
  for (const host of hosts) {
    for (const transport of ['sas', 'nvme'] as const) {
      const local = planLocalDisks(context, host, transport);
      if (local === undefined) continue;
      arrays.add(local.name, local, [...host.path, 'localDisks']);
      localTo.set(local.name, host.name);
    }
  }
  const luns = new Map<string, LunPlace>();
  for (const array of arrays.values()) {
    for (const lun of array.luns) luns.set(`${array.name}/${lun.name}`, { array, lun });
  }
  return { arrays: [...arrays.values()], luns, localTo };
}

function planArray(context: Context, array: ArrayText, path: Path): ArrayPlan {
  const isArray = array.kind !== 'jbod';
  const isScaleOut = array.kind === 'scale-out';
  const controllers = isArray ? array.controllers : 1;
  const luns = planLuns(context, array, controllers, path);
  return {
    name: array.name,
    vendor: array.vendor,
    product: array.product,
    kind: isArray ? 'array' : 'jbod',
    transport: array.transport,
    controllers,
    portsPerController: isArray ? array.ports : 1,
    access: isArray && controllers > 1 ? array.access : 'active-active',
    tpgs: array.tpgs,
    transitionNs: array.transition,
    cacheBytes: isArray && !isScaleOut ? array.cache : 0,
    ...mirrorOf(context, array, controllers, path),
    vaai: array.vaai,
    copyBytesPerSecond: array.copyRate,
    pools: isArray ? planPools(context, array, luns, path) : shelf(context, array, luns, path),
    luns,
    portQueueDepth: array.portQueueDepth,
  };
}

function mirrorOf(
  context: Context,
  { name, kind, cache, mirror }: ArrayText,
  controllers: number,
  path: Path,
): Pick<ArrayPlan, 'mirror'> {
  if (mirror === undefined) return {};
  if (kind !== 'array' || cache === 0 || controllers < 2) {
    const hint = 'give it a cache and a second controller, or leave "mirror" out';
    context.report([...path, 'mirror'], `${name} has no two caches to mirror`, hint);
  }
  return { mirror: { latencyNs: mirror.latency, bytesPerSecond: mirror.bandwidth } };
}

function planLuns(context: Context, array: ArrayText, controllers: number, path: Path): LunPlan[] {
  const names = new Names<LunPlan>(context, `LUN of ${array.name}`);
  const pools = new Map(array.pools.map((pool) => [pool.name, pool]));
  const numbers = new Map<number, string>();
  let next = 0;
  for (const { item, name, path: at, copy } of copies(array.luns, [...path, 'luns'], 0)) {
    const number = item.number === undefined ? next : item.number + copy;
    next = number + 1;
    const owner = item.owner === undefined ? number % controllers : item.owner.charCodeAt(0) - 65;
    if (owner >= controllers) {
      context.report([...at, 'owner'], `${array.name} has ${controllers} controller(s), from A`);
    }
    const taken = numbers.get(number);
    if (taken !== undefined) {
      context.report([...at, 'number'], `LUN number ${number} is taken by ${taken}`);
    }
    numbers.set(number, name);
    let pool = array.pools[0]?.name ?? '';
    if (array.kind === 'jbod') pool = name;
    else if (item.pool !== undefined) {
      pool = item.pool;
      context.find(pools, pool, [...at, 'pool'], `pool of ${array.name} named`);
    }
    const source = sourceOf(context, array, item, names, at);
    const plan: LunPlan = {
      name,
      uid: naaOf(`${array.name}/${name}`),
      number,
      pool,
      sizeBytes: source?.sizeBytes ?? Math.floor(item.size / 512) * 512,
      thin: (item.thin || source !== undefined) && array.kind !== 'jbod',
      owner,
      ...(source === undefined ? {} : { copyOf: source.name }),
      ...contentOf(context, array, item, name, at),
    };
    names.add(name, plan, [...at, 'name']);
  }
  return [...names.values()];
}

/** The LUN another presents a snapshot of. */
function sourceOf(
  context: Context,
  array: ArrayText,
  { copyOf, content }: ArrayText['luns'][number],
  before: ReadonlyMap<string, LunPlan>,
  path: Path,
): LunPlan | undefined {
  if (copyOf === undefined) return undefined;
  const at = [...path, 'copyOf'];
  if (array.kind !== 'array') context.report(at, `${array.name} makes no snapshots`);
  const source = context.find(before, copyOf, at, `LUN before it in ${array.name} named`);
  if (source?.copyOf !== undefined) context.report(at, `${copyOf} is such a LUN itself`);
  if (source?.content !== undefined || content !== undefined) {
    const hint = 'leave "content" out of both';
    context.report(at, 'snapshots are presented only of LUNs that keep no bytes', hint);
  }
  return source;
}

/** What a LUN keeps of what is written to it; files of several LUNs need names of their own. */
function contentOf(
  context: Context,
  array: ArrayText,
  { content, count = 1 }: ArrayText['luns'][number],
  name: string,
  path: Path,
): Pick<LunPlan, 'content'> {
  if (content === undefined || content.keep === 'none') return {};
  if (content.keep !== 'file') {
    if (content.file === undefined) return { content: content.keep };
    context.report(
      [...path, 'content'],
      `"keep: ${content.keep}" has no file`,
      'remove one of them',
    );
    return {};
  }
  if (content.file !== undefined && count > 1) {
    const hint = 'leave "file" out: each LUN gets one by its name';
    context.report([...path, 'content', 'file'], `${count} LUNs cannot share a file`, hint);
  }
  const { file = `${array.name}-${name}.img`, ifExists } = content;
  return { content: { file, ifExists } };
}

function planPools(
  context: Context,
  array: ArrayText,
  luns: readonly LunPlan[],
  path: Path,
): PoolPlan[] {
  const pools = new Names<PoolPlan>(context, `pool of ${array.name}`);
  for (const [index, pool] of array.pools.entries()) {
    const at = [...path, 'pools', index];
    const own = luns.filter((lun) => lun.pool === pool.name);
    const all = own.reduce((sum, lun) => sum + lun.sizeBytes, 0);
    const thick = own.reduce((sum, lun) => sum + (lun.thin ? 0 : lun.sizeBytes), 0);
    const capacityBytes = pool.capacity ?? Math.max(all, 1024 * MIB);
    if (thick > capacityBytes) {
      context.report(
        [...at, 'capacity'],
        `thick LUNs need ${formatSize(thick)}, the pool holds ${formatSize(capacityBytes)}`,
        'make the pool larger, or LUNs smaller or thin',
      );
    }
    const plan: PoolPlan = {
      name: pool.name,
      disk: planModel(context, pool.disk, [...at, 'disk']),
      disks: pool.disks,
      ...(array.kind === 'scale-out' && { scaleOut: true }),
      ...raidOf(context, array, pool, at),
      capacityBytes,
      softThreshold: bytesOf(pool.softThreshold, capacityBytes, 1) / capacityBytes,
    };
    pools.add(pool.name, plan, [...at, 'name']);
  }
  return [...pools.values()];
}

/** Copies or parity, and the stripe; nothing for what is as it always was. */
function raidOf(
  context: Context,
  array: ArrayText,
  pool: ArrayText['pools'][number],
  at: Path,
): Pick<PoolPlan, 'raid' | 'stripeBytes'> {
  const { stripe, disks, spares, rebuildRate } = pool;
  const level = pool.raid as RaidLevel;
  const problem = raidProblem(level, disks);
  if (problem !== undefined) context.report([...at, 'raid'], `${problem}, not ${disks}`);
  if (level !== 0 && array.kind === 'scale-out') {
    context.report([...at, 'raid'], 'nodes of a scale-out array have no RAID', 'leave it out');
  }
  if (stripe !== undefined && stripe % (64 * 1024) !== 0) {
    context.report([...at, 'stripe'], `${formatSize(stripe)} is not a multiple of 64KiB`);
  }
  return {
    ...(level !== 0 && { raid: { level, spares, rebuildBytesPerSecond: rebuildRate } }),
    ...(stripe !== undefined && { stripeBytes: stripe }),
  };
}

/** A shelf of single disks: each LUN is a pool of one. */
function shelf(
  context: Context,
  array: ArrayText,
  luns: readonly LunPlan[],
  path: Path,
): PoolPlan[] {
  const disk = planModel(context, array.pools[0]!.disk, [...path, 'pools', 0, 'disk']);
  return luns.map((lun) => poolOfOne(lun.name, disk, lun.sizeBytes));
}

function poolOfOne(name: string, disk: ModelPlan, capacityBytes: number): PoolPlan {
  return { name, disk, disks: 1, capacityBytes, softThreshold: 1 };
}

/** The host's own disks of one transport, as a shelf only it sees. */
function planLocalDisks(
  context: Context,
  host: Copy<HostText>,
  transport: Transport,
): ArrayPlan | undefined {
  const at = [...host.path, 'localDisks'];
  const own = host.item.localDisks
    .map((disk, index) => ({ disk, index }))
    .filter(({ disk }) => localTransport(disk) === transport);
  if (own.length === 0) return undefined;
  const name = transport === 'sas' ? `${host.name}-local` : `${host.name}-nvme`;
  const luns = new Names<LunPlan>(context, `local disk of ${host.name}`);
  const pools: PoolPlan[] = [];
  for (const { disk, index } of own) {
    const model = planModel(context, disk.disk, [...at, index, 'disk']);
    for (const { name: lunName } of copies([disk], at, 0)) {
      const lun: LunPlan = {
        name: lunName,
        uid: naaOf(`${name}/${lunName}`),
        number: luns.size,
        pool: lunName,
        sizeBytes: Math.floor(disk.size / 512) * 512,
        thin: false,
        owner: 0,
      };
      luns.add(lunName, lun, [...at, index, 'name']);
      pools.push(poolOfOne(lunName, model, lun.sizeBytes));
    }
  }
  return {
    name,
    vendor: 'ATA',
    product: 'LOCAL DISK',
    kind: 'jbod',
    transport,
    controllers: 1,
    portsPerController: 1,
    access: 'active-active',
    tpgs: 'implicit',
    transitionNs: 0,
    cacheBytes: 0,
    vaai: { ats: false, clone: false, zero: false, unmap: transport === 'nvme' },
    // Never used: it does not clone.
    copyBytesPerSecond: 1,
    pools,
    luns: [...luns.values()],
    portQueueDepth: 65536,
  };
}

/** How a local disk is attached: as told, or as its model suggests. */
export function localTransport(disk: HostText['localDisks'][number]): 'sas' | 'nvme' {
  return disk.transport ?? (disk.disk.model === 'nvme' ? 'nvme' : 'sas');
}

export function planNfsServers(context: Context, scenario: Scenario): Map<string, NfsServerPlan> {
  const servers = new Names<NfsServerPlan>(context, 'NFS server');
  for (const [index, server] of scenario.nfsServers.entries()) {
    const path = ['nfsServers', index];
    const plan: NfsServerPlan = {
      name: server.name,
      capacityBytes: server.capacity,
      threads: server.threads,
      disk: planModel(context, server.disk, [...path, 'disk']),
      rttNs: server.rtt,
      bytesPerSecond: server.bandwidth,
      copyBytesPerSecond: server.copyRate,
      ...(server.plugin && { plugin: true }),
      addresses: server.addresses,
      transferBytes: Math.floor(server.transfer / 4096) * 4096,
      slots: server.slots,
      leaseNs: server.lease,
      graceNs: server.grace,
    };
    servers.add(server.name, plan, [...path, 'name']);
  }
  return servers;
}

/** `naa.6` and 31 hexadecimal digits that depend only on the name (NAA 6, IEEE registered extended). */
export function naaOf(name: string): string {
  let digits = '';
  for (let lane = 0; lane < 4; lane++) {
    let hash = Math.imul(lane + 1, 0x9e3779b1);
    for (let index = 0; index < name.length; index++) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    digits += ((hash ^ (hash >>> 13)) >>> 0).toString(16).padStart(8, '0');
  }
  return `naa.6${digits.slice(0, 31)}`;
}
