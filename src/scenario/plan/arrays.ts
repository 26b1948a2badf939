import type { ArrayPlan, LunPlan } from '../../engine/plan/plan.js';
import type { ArrayText, HostText, Scenario } from '../schema.js';
import type { Path } from '../source.js';
import { type Context, type Copy, copies, Names } from './context.js';
import { planLocalDisks } from './local-disks.js';
import { LunContents } from './lun-content.js';
import { naaOf } from './naa.js';
import { planPools, shelf } from './pools.js';

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

export function planArrays(
  context: Context,
  scenario: Scenario,
  hosts: readonly Copy<HostText>[],
): PlannedArrays {
  const arrays = new Names<ArrayPlan>(context, 'array');
  const localTo = new Map<string, string>();
  const contents = new LunContents(context);
  for (const [index, array] of scenario.arrays.entries()) {
    const path = ['arrays', index];
    arrays.add(array.name, planArray(context, array, contents, path), [...path, 'name']);
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

function planArray(
  context: Context,
  array: ArrayText,
  contents: LunContents,
  path: Path,
): ArrayPlan {
  const isArray = array.kind !== 'jbod';
  const isScaleOut = array.kind === 'scale-out';
  const controllers = isArray ? array.controllers : 1;
  const luns = planLuns(context, array, controllers, contents, path);
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

function planLuns(
  context: Context,
  array: ArrayText,
  controllers: number,
  contents: LunContents,
  path: Path,
): LunPlan[] {
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
      ...(keepsBytes(source)
        ? { content: 'memory' as const }
        : contents.plan(item, `${array.name}/${name}`, at)),
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
  if (content !== undefined) {
    const what = 'keeps what the snapshot holds: bytes in memory, or stamps';
    context.report([...path, 'content'], what, 'leave "content" out');
  }
  return source;
}

function keepsBytes(source: LunPlan | undefined): boolean {
  return source?.content !== undefined && source.content !== 'stamps';
}
