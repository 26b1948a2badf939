import { LARGE_BLOCK } from '../address.js';
import { SPLIT } from '../cluster.js';
import type { Core } from '../core.js';
import { decodeLock } from '../lock.js';
import type { Resource } from '../resource.js';
import type { Findings } from './findings.js';
import { UseMap } from './use-map.js';

/**
 * Looks at every cluster header: is it what it says it is, and do bitmap and counters agree
 * (reference, section 8.2: what check_vol_bitmaps tests, and the lock block besides).
 */
export function checkClusters(core: Core, resource: Resource, findings: Findings): UseMap {
  const uses = new UseMap(resource);
  for (let cluster = 0; cluster < resource.clusters; cluster++) {
    if (!resource.isOpen(cluster)) continue;
    const header = resource.readCluster(cluster);
    const place = `${resource.name} cluster ${cluster}`;
    const at = resource.headerAt(cluster);
    const lock = decodeLock(header.bytes);
    const wrong: string[] = [];
    const expected = resource.lockType.toString(16);
    if (lock.type !== resource.lockType) {
      wrong.push(`type ${lock.type.toString(16)}, expected ${expected}`);
    }
    if (lock.address !== at) wrong.push(`says it lies at ${lock.address}, lies at ${at}`);
    if (header.number !== cluster) wrong.push(`numbered ${header.number}`);
    if (!header.signed) wrong.push('without signature');
    if (wrong.length > 0) findings.add('cluster-header', place, wrong.join('; '));
    const size = resource.sizeOf(cluster);
    const free = markAllocated(resource, uses, cluster, size);
    if (header.total !== size) {
      findings.add('cluster-count', place, `counts ${header.total} resources, has ${size}`);
    }
    if (header.free !== free) {
      findings.add('cluster-count', place, `counts ${header.free} free, its bitmap has ${free}`);
    }
    if (wrong.length === 0 && lock.mode !== 0 && !core.isStale(lock)) {
      findings.add('lock-held', place, `locked by host ${lock.owner}`);
    }
  }
  checkReach(core, resource, findings);
  return uses;
}

/** @returns how many are free */
function markAllocated(resource: Resource, uses: UseMap, cluster: number, size: number): number {
  const header = resource.readCluster(cluster);
  const large = resource.kind === LARGE_BLOCK;
  let free = 0;
  for (let item = 0; item < size; item++) {
    if (header.isFree(item)) free++;
    // A large block that was split is in use as small ones, which are looked at themselves.
    else if (!large || (header.state(item) & SPLIT) === 0) uses.setAllocated(cluster, item);
  }
  return free;
}

/** As many groups as the clusters take; the bitmap of file blocks covers the volume and no more. */
function checkReach(core: Core, resource: Resource, findings: Findings): void {
  const { groups, clustersPerGroup } = resource.layout;
  const wanted = Math.ceil(resource.clusters / clustersPerGroup);
  if (groups !== wanted) {
    const detail = `counts ${groups} groups, ${resource.clusters} clusters take ${wanted}`;
    findings.add('cluster-count', resource.name, detail);
  }
  if (resource !== core.resources.blocks) return;
  const blocks = Math.floor(core.volume.bytes / core.blockBytes);
  if (resource.layout.total <= blocks) return;
  const detail = `counts ${resource.layout.total} blocks, the volume has ${blocks}`;
  findings.add('cluster-count', resource.name, detail);
}
