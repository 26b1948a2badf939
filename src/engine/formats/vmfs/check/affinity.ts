import { type Address, clusterOf, itemOf, SUB_BLOCK, showAddress } from '../address.js';
import { type AffinityKey, keyOf, keysIn, restOf } from '../affinity.js';
import { placeIn } from '../allocator.js';
import type { Cluster } from '../cluster.js';
import type { Core } from '../core.js';
import type { Descriptor } from '../descriptor.js';
import type { Resource } from '../resource.js';
import type { Findings } from './findings.js';

/** Keys are 32 bits wide. */
const KEYS = 0x100000000;

/**
 * Do the clusters of VMFS 6 say for whom their blocks were taken? Told once for each resource file, as this
 * was read off one volume: a real one may keep it otherwise.
 */
export class AffinityCheck {
  /** Blocks of files by `cluster * KEYS + key`. */
  private readonly blocks = new Map<number, number>();
  private readonly differing = new Map<Resource, { clusters: Set<number>; first: string }>();
  private header: { readonly cluster: number; readonly bytes: Cluster } | undefined;

  constructor(private readonly core: Core) {}

  /** Notes a resource that a file has. */
  use(file: Descriptor, resource: Resource, address: Address): void {
    const { keys } = resource.layout;
    if (keys === 'counted') {
      const { cluster } = placeIn(resource, address);
      const place = cluster * KEYS + file.affinity;
      this.blocks.set(place, (this.blocks.get(place) ?? 0) + 1);
    } else if (keys === 'each' && resource.kind === SUB_BLOCK) {
      const cluster = clusterOf(address);
      if (this.header?.cluster !== cluster) {
        this.header = { cluster, bytes: resource.readCluster(cluster) };
      }
      const key = keyOf(this.header.bytes, itemOf(address));
      if (key === file.affinity) return;
      const what = `${showAddress(address)} has ${show(key)}, its file ${show(file.affinity)}`;
      this.differ(resource, cluster, what);
    }
  }

  private differ(resource: Resource, cluster: number, first: string): void {
    const known = this.differing.get(resource);
    if (known === undefined) this.differing.set(resource, { clusters: new Set([cluster]), first });
    else known.clusters.add(cluster);
  }

  report(findings: Findings): void {
    const { blocks } = this.core.resources;
    if (blocks?.layout.keys === 'counted') this.compare(blocks);
    for (const [{ name }, { clusters, first }] of this.differing) {
      findings.add('affinity', name, `in ${clusters.size} clusters; ${first}`);
    }
  }

  private compare(resource: Resource): void {
    /** By cluster: blocks of files beyond what their keys count, and one of them in words. */
    const beyond = new Map<number, { blocks: number; first: string }>();
    const add = (cluster: number, blocks: number, first: string): void => {
      if (blocks === 0) return;
      const known = beyond.get(cluster);
      if (known === undefined) beyond.set(cluster, { blocks, first });
      else known.blocks += blocks;
    };
    for (let cluster = 0; cluster < resource.clusters; cluster++) {
      if (!resource.isOpen(cluster)) continue;
      const header = resource.readCluster(cluster);
      for (const [key, counted] of keysIn(header)) {
        const place = cluster * KEYS + key;
        const found = this.blocks.get(place) ?? 0;
        this.blocks.delete(place);
        const told = counts(cluster, key, counted, found);
        if (counted > found) this.differ(resource, cluster, told);
        else add(cluster, found - counted, told);
      }
      const rest = restOf(header);
      add(cluster, -rest, `cluster ${cluster} counts ${rest} blocks without a key`);
    }
    for (const [place, found] of this.blocks) {
      const cluster = Math.floor(place / KEYS);
      add(cluster, found, counts(cluster, place % KEYS, 0, found));
    }
    for (const [cluster, { blocks, first }] of beyond) {
      if (blocks !== 0) this.differ(resource, cluster, first);
    }
  }
}

function counts(cluster: number, key: AffinityKey, counted: number, found: number): string {
  return `cluster ${cluster} counts ${counted} blocks for ${show(key)}, files have ${found}`;
}

function show(key: AffinityKey): string {
  return key === 0 ? 'nobody' : `key ${key.toString(16)}`;
}
