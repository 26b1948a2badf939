import type {
  ClaimRulePlan,
  DatastorePlan,
  HostPlan,
  NfsServerPlan,
  SiocPlan,
} from '../../engine/plan/plan.js';
import { EXTENTS_MAX, extentsOf, volumeBlocks } from '../../engine/stack/block/lvm-volume.js';
import { layoutOf } from '../../engine/stack/filesystem/vmfs/layout.js';
import { claim } from '../../engine/stack/storage-apis/psa/claim-rules.js';
import { claimedDevice } from '../../engine/stack/storage-apis/psa/claimed-device.js';
import { bytesOf } from '../quantities.js';
import type { DatastoreText, Scenario } from '../schema.js';
import type { Path } from '../source.js';
import { suggest } from '../suggest.js';
import type { LunPlace } from './arrays.js';
import { type Context, Names } from './context.js';
import { careOf, checkVolumes } from './datastore-care.js';

const MIB = 1024 * 1024;

export interface Surroundings {
  readonly hosts: ReadonlyMap<string, HostPlan>;
  readonly luns: ReadonlyMap<string, LunPlace>;
  readonly servers: ReadonlyMap<string, NfsServerPlan>;
  readonly claimRules: readonly ClaimRulePlan[];
}

export function planDatastores(
  context: Context,
  scenario: Scenario,
  around: Surroundings,
): Map<string, DatastorePlan> {
  const names = new Names<DatastorePlan>(context, 'datastore');
  const owners = new Map<string, string>();
  for (const [index, datastore] of scenario.datastores.entries()) {
    const path: Path = ['datastores', index];
    const type = datastore.type ?? (datastore.server === undefined ? 'vmfs' : 'nfs');
    const plan =
      type === 'nfs'
        ? planNfs(context, datastore, around, path)
        : planVmfs(context, datastore, around, owners, path);
    names.add(datastore.name, plan, [...path, 'name']);
  }
  checkVolumes(context, [...names.values()], around.hosts.values());
  return names;
}

function planNfs(
  context: Context,
  text: DatastoreText,
  { hosts, servers }: Surroundings,
  path: Path,
): DatastorePlan {
  if (text.extents !== undefined) {
    context.report([...path, 'extents'], 'an NFS datastore has no extents', 'remove "extents"');
  }
  const wanted = text.server ?? '';
  const server =
    text.server === undefined && servers.size === 1
      ? [...servers.values()][0]
      : context.find(servers, wanted, [...path, 'server'], 'NFS server');
  const capacityBytes = text.capacity ?? server?.capacityBytes ?? 0;
  if (server !== undefined && capacityBytes > server.capacityBytes) {
    context.report([...path, 'capacity'], `larger than ${server.name} itself`);
  }
  for (const [index, name] of (text.hosts ?? []).entries()) {
    context.find(hosts, name, [...path, 'hosts', index], 'host');
  }
  return {
    name: text.name,
    type: 'nfs',
    capacityBytes: Math.floor(capacityBytes / MIB) * MIB,
    extents: [],
    server: server?.name ?? '',
    hosts: text.hosts ?? [...hosts.keys()],
    usedBytes: bytesOf(text.used, capacityBytes, MIB),
    ...siocOf(context, text, path),
    ...careOf(context, text, path),
  };
}

function planVmfs(
  context: Context,
  text: DatastoreText,
  around: Surroundings,
  owners: Map<string, string>,
  path: Path,
): DatastorePlan {
  const extents: { place: LunPlace; name: string; path: Path }[] = [];
  if (text.server !== undefined) {
    context.report([...path, 'server'], 'a VMFS datastore has no server', 'use "type: nfs"');
  }
  if (text.capacity !== undefined) {
    context.report([...path, 'capacity'], 'a VMFS datastore is as large as its extents');
  }
  for (const [index, name] of (text.extents ?? []).entries()) {
    const at = [...path, 'extents', index];
    const place = findLun(context, around.luns, name, at);
    if (place === undefined) continue;
    const owner = owners.get(place.lun.uid);
    if (owner !== undefined) context.report(at, `${name} already is an extent of ${owner}`);
    owners.set(place.lun.uid, text.name);
    extents.push({ place, name, path: at });
  }
  if (text.extents === undefined || text.extents.length === 0) {
    context.report(
      path,
      'a VMFS datastore needs "extents": one or more LUNs',
      suggest('', around.luns.keys()),
    );
  } else if (extents.length > EXTENTS_MAX) {
    context.report([...path, 'extents'], `at most ${EXTENTS_MAX} extents`);
  }
  const blocks = extents.map(({ place }) => place.lun.sizeBytes / 512);
  const capacityBytes = volumeBlocks(extentsOf(blocks)) * 512;
  const care = careOf(context, text, path);
  if (
    extents.length > 0 &&
    systemBytes({ type: 'vmfs', capacityBytes, ...care }) >= capacityBytes
  ) {
    context.report([...path, 'extents'], 'too small for VMFS', 'make the LUN 2GiB or larger');
  }
  return {
    name: text.name,
    type: 'vmfs',
    capacityBytes,
    extents: extents.map(({ place }) => place.lun.uid),
    server: '',
    hosts: mountingHosts(context, text, around, extents, path),
    usedBytes: bytesOf(text.used, capacityBytes, MIB),
    ...siocOf(context, text, path),
    ...care,
  };
}

/** Manual threshold, and the one in force until an automatic one is known (stack-lower 10.3). */
const THRESHOLD_NS = 30e6;
/** percentOfPeakThroughput (stack-lower 10.3). */
const PERCENT_OF_PEAK = 90;

function siocOf(
  context: Context,
  { sioc }: DatastoreText,
  path: Path,
): { readonly sioc?: SiocPlan } {
  if (sioc === undefined) return {};
  const { threshold, percentOfPeak = PERCENT_OF_PEAK, statisticsOnly } = sioc;
  const isAutomatic = threshold === 'automatic';
  if (!isAutomatic && sioc.percentOfPeak !== undefined) {
    const at = [...path, 'sioc', 'percentOfPeak'];
    context.report(at, 'is of use only with "threshold: automatic"');
  }
  return {
    sioc: {
      enforced: !statisticsOnly,
      thresholdNs: isAutomatic ? THRESHOLD_NS : threshold,
      percentOfPeak: isAutomatic ? percentOfPeak : 0,
    },
  };
}

/** Hosts that mount it: those named, which must reach every extent, or all that do. */
function mountingHosts(
  context: Context,
  text: DatastoreText,
  { hosts, claimRules }: Surroundings,
  extents: readonly { place: LunPlace; name: string; path: Path }[],
  path: Path,
): string[] {
  const reaches = (host: HostPlan, { array, lun }: LunPlace): boolean =>
    !isMasked({ array, lun }, claimRules) && host.paths.some((way) => way.lun === lun.uid);
  const why = (place: LunPlace): string =>
    isMasked(place, claimRules) ? `a claim rule masks ${place.array.name}` : adapterHint(place);
  if (text.hosts === undefined) {
    const all = [...hosts.values()];
    const lost = extents.filter(({ place }) => !all.some((host) => reaches(host, place)));
    for (const { place, name, path: at } of lost) {
      context.report(at, `no path reaches ${name} from any host`, why(place));
    }
    const mounting = all.filter((host) => extents.every(({ place }) => reaches(host, place)));
    if (mounting.length === 0 && lost.length === 0) {
      context.report([...path, 'extents'], 'no host reaches all of the extents');
    }
    return mounting.map(({ name }) => name);
  }
  for (const [index, wanted] of text.hosts.entries()) {
    const at = [...path, 'hosts', index];
    const host = context.find(hosts, wanted, at, 'host');
    if (host === undefined) continue;
    for (const { place, name } of extents) {
      if (reaches(host, place)) continue;
      context.report(at, `no path of ${wanted} reaches ${name}`, why(place));
    }
  }
  return [...text.hosts];
}

/** True when a claim rule takes the array's devices away from every host. */
function isMasked({ array, lun }: LunPlace, rules: readonly ClaimRulePlan[]): boolean {
  return claim(claimedDevice(array, lun), rules).plugin === 'MASK_PATH';
}

function adapterHint({ array }: LunPlace): string {
  return `${array.name} is reached by ${array.transport}: give the host an adapter for it, or check its "targets"`;
}

/** What the file system takes for itself. */
export function systemBytes({
  type,
  capacityBytes,
  version,
}: Pick<DatastorePlan, 'type' | 'capacityBytes' | 'version'>): number {
  if (type !== 'vmfs') return 0;
  const fileBlocks = Math.floor(capacityBytes / MIB);
  return layoutOf(version, fileBlocks).metadataFileBlocks(fileBlocks) * MIB;
}

/** A LUN by `array/lun`, or by its own name where only one array has it. */
export function findLun(
  context: Context,
  luns: ReadonlyMap<string, LunPlace>,
  wanted: string,
  path: Path,
): LunPlace | undefined {
  const bare = [...luns.values()].filter(({ lun }) => lun.name === wanted);
  const found = bare.length === 1 ? bare[0] : context.find(luns, wanted, path, 'LUN');
  if (found?.lun.copyOf !== undefined) {
    const hint = 'present a snapshot, and let a host mount what is on it (mountCopy, resignature)';
    context.report(path, `${wanted} presents a snapshot of ${found.lun.copyOf} later`, hint);
  }
  return found;
}
