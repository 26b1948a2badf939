import type { DiskArray } from '../devices/array/disk-array.js';
import type { NfsServer } from '../devices/nfs-server.js';
import type {
  DeviceSite,
  LunSite,
  MediumSite,
  NoisyVmSite,
  PathSite,
  Sites,
} from '../faults/sites.js';
import type { JobPlan, Plan } from '../plan/plan.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import { NfsVolume } from '../stack/filesystem/nfs/volume.js';
import type { VasaProvider } from '../stack/storage-apis/vasa/provider.js';
import type { Vm } from '../stack/vmfiles/vm.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';
import type { BuiltDisk } from './build-vms.js';
import { fabricsOf } from './fabrics.js';
import type { Guests } from './guests.js';

export interface SiteParts {
  readonly plan: Plan;
  readonly arrays: ReadonlyMap<string, DiskArray>;
  readonly servers: ReadonlyMap<string, NfsServer>;
  readonly hosts: ReadonlyMap<string, BuiltHost>;
  readonly datastores: ReadonlyMap<string, Datastore>;
  readonly vms: ReadonlyMap<string, Vm>;
  readonly disks: ReadonlyMap<number, BuiltDisk>;
  readonly guests: Guests;
  readonly hostSites: Sites['host'];
  readonly proxies: Sites['proxy'];
  readonly providers: ReadonlyMap<string, VasaProvider>;
}

/** Controller 0 is A. */
const controllerName = (number: number): string => String.fromCharCode(65 + number);

/** Those of a run: hosts find further devices. */
export interface RunSites extends Sites {
  readonly path: Map<string, PathSite>;
  readonly device: Map<string, DeviceSite>;
}

/** Faults may act on devices a host has found, and on their paths. */
export function addDevices(
  { path, device }: Pick<RunSites, 'path' | 'device'>,
  host: string,
  devices: Iterable<BuiltDevice>,
): void {
  for (const { lun, psa, sites } of devices) {
    device.set(`${host}/${lun.name}`, { paths: sites, lun });
    for (const [index, site] of sites.entries()) path.set(`${host}/${psa.paths[index].name}`, site);
  }
}

/** Names every object faults may act on, as scenarios and screens name it. */
export function buildSites(parts: SiteParts): RunSites {
  const { plan, arrays, servers, hosts, datastores } = parts;
  const path = new Map<string, PathSite>();
  const device = new Map<string, DeviceSite>();
  const adapter = new Map<
    string,
    Sites['adapter'] extends ReadonlyMap<string, infer A> ? A : never
  >();
  for (const [host, built] of hosts) {
    for (const [name, { vmhba }] of built.adapters) adapter.set(`${host}/${name}`, { vmhba });
    addDevices({ path, device }, host, built.devices.values());
  }
  return {
    path,
    device,
    adapter,
    array: new Map([...parts.providers].map(([name, provider]) => [name, { provider }])),
    controller: new Map(
      plan.arrays.flatMap(({ name, controllers }) =>
        Array.from({ length: controllers }, (_, controller) => [
          `${name}:${controllerName(controller)}`,
          { array: arrays.get(name) as DiskArray, controller },
        ]),
      ),
    ),
    lun: new Map(
      plan.arrays.flatMap(({ name, luns }) =>
        luns.map(({ name: lun, uid }) => [`${name}/${lun}`, lunSite(parts, name, uid)]),
      ),
    ),
    medium: media(parts),
    cache: new Map([...arrays].filter(([, { plan }]) => plan.cacheBytes > 0)),
    spindle: spindles(parts),
    pool: new Map(
      [...arrays.values()].flatMap(({ name, pools }) =>
        [...pools].map(([pool, built]) => [`${name}/${pool}`, built]),
      ),
    ),
    port: new Map(
      [...arrays.values()].flatMap(({ name, ports }) =>
        ports.map((port) => [`${name}:${controllerName(port.controller)}${port.number}`, port]),
      ),
    ),
    switch: switches(parts),
    server: servers,
    address: addresses(servers),
    export: exports(datastores),
    host: parts.hostSites,
    proxy: parts.proxies,
    datastore: datastores,
    vm: new Map(plan.vms.map(({ name }) => [name, noisyVm(parts, name)])),
  };
}

function spindles({ arrays }: SiteParts): Sites['spindle'] {
  return new Map(
    [...arrays.values()].flatMap(({ pools }) =>
      [...pools.values()].flatMap((pool) =>
        pool.disks.map((disk, number) => [disk.name, { disk, number, pool }] as const),
      ),
    ),
  );
}

function addresses(servers: SiteParts['servers']): Sites['address'] {
  return new Map(
    [...servers].flatMap(([name, server]) =>
      Array.from({ length: server.addresses }, (_, address) => [
        `${name}/${address}`,
        { server, address },
      ]),
    ),
  );
}

function exports(datastores: SiteParts['datastores']): Sites['export'] {
  const found = new Map<string, NfsVolume>();
  for (const [name, datastore] of datastores) {
    if (datastore instanceof NfsVolume) found.set(name, datastore);
  }
  return found;
}

function switches({ plan, hosts }: SiteParts): Sites['switch'] {
  return new Map(
    [...fabricsOf(plan.hosts, plan.arrays)].map(([fabric, ends]) => {
      const nexuses = ends.flatMap(
        ({ host, adapter }) => hosts.get(host)?.adapters.get(adapter)?.nexuses ?? [],
      );
      return [fabric, { nexuses }];
    }),
  );
}

function lunSite({ arrays, hosts }: SiteParts, name: string, uid: string): LunSite {
  const array = arrays.get(name) as DiskArray;
  const lun = array.luns.get(uid) as LunSite['lun'];
  // A LUN of a shelf is a disk of its own; others share their pool's.
  const own = array.disks.filter(({ name }) => name.endsWith(`:${lun.name}`));
  return {
    lun,
    disks: array.plan.kind === 'jbod' ? own : lun.pool.disks,
    rescan() {
      for (const { devices } of hosts.values()) devices.get(uid)?.psa.rescan();
    },
  };
}

function media({ plan, arrays, servers }: SiteParts): Sites['medium'] {
  const sites = new Map<string, MediumSite>(servers);
  for (const { name, luns } of plan.arrays) {
    for (const { name: lun, uid } of luns) {
      const stored = arrays.get(name)?.luns.get(uid)?.media;
      sites.set(`${name}/${lun}`, {
        setDataFault: (fault, rate) => stored?.setFault(fault, rate),
      });
    }
  }
  return sites;
}

function noisyVm({ plan, guests, disks }: SiteParts, vm: string): NoisyVmSite {
  let started = 0;
  return {
    startNoise({ iodepth, blockBytes, readPercent }) {
      const first = plan.vms.find(({ name }) => name === vm)?.disks[0];
      const built = first === undefined ? undefined : disks.get(first.index);
      if (built === undefined) return () => undefined;
      // What a job verifies is its alone: noise there only reads.
      const sizeBytes = built.front.sizeBlocks * 512;
      const isVerified = plan.jobs.some(({ disk, verify }) => verify && disk === first?.index);
      const job: JobPlan = {
        name: `${vm} noise ${started++}`,
        vm,
        disk: built.plan.index,
        rw: 'randrw',
        rwmixread: isVerified ? 100 : readPercent,
        bs: [{ bytes: Math.min(sizeBytes, Math.ceil(blockBytes / 512) * 512), weight: 1 }],
        iodepth,
        rateIops: 0,
        thinkNs: 0,
        distribution: 'random',
        zipfTheta: 0,
        offsetBytes: 0,
        sizeBytes,
        startNs: 0,
        stopNs: 0,
      };
      const noise = guests.startJob(job);
      return () => noise.stop();
    },
  };
}
