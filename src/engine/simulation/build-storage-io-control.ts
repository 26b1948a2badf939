import type { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';
import type { SiocPlan } from '../plan/plan.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import type { Mount } from '../stack/filesystem/mount.js';
import type { DeviceQueue } from '../stack/scheduler/device-queue.js';
import type { Settings } from '../stack/settings.js';
import { Controller, defineSioc } from '../stack/storage-io-control/controller.js';
import { DatastoreControl } from '../stack/storage-io-control/datastore-control.js';
import { Injector } from '../stack/storage-io-control/injector.js';
import { StatisticsFile } from '../stack/storage-io-control/statistics-file.js';
import { ThresholdFinder } from '../stack/storage-io-control/threshold-finder.js';

/** Room for the statistics of every host: one file block of VMFS. */
const STATISTICS_BYTES = 1024 * 1024;

/** Reads the injector keeps outstanding at most where the queue has no limit of its own. Model. */
const INJECTED_MAX = 256;

/** A host that has a datastore mounted, as Storage I/O Control sees it. */
export interface SiocHost {
  readonly name: string;
  readonly settings: Settings;
  readonly mount: Mount;
  /** Takes rows addressed in the volume. */
  readonly volume: Layer;
  /** Queues of the datastore's devices on the host. */
  readonly queues: readonly DeviceQueue[];
}

/** Turns Storage I/O Control on for a datastore and the hosts that mount it. */
export function buildStorageIoControl(
  sim: Sim,
  plan: SiocPlan,
  datastore: Datastore,
  hosts: readonly SiocHost[],
): void {
  const { name, entity } = datastore;
  const path = `[${name}] .iormstats.sf`;
  const file = datastore.createFile(path, STATISTICS_BYTES, 'eagerThick');
  const control = new DatastoreControl(sim, name, plan, hosts.length);
  let first: SiocHost | undefined;
  for (const [slot, host] of hosts.entries()) {
    const { settings, mount, queues } = host;
    const sioc = defineSioc(sim, host.name, name, queues);
    // A host that does not take part only leaves a line that says so.
    if (!settings.on('Vmtop.SIOControl')) continue;
    first ??= host;
    const access = { host: host.name, datastore: entity, file, slot, slots: hosts.length };
    const statistics = new StatisticsFile(sim, access, mount);
    mount.count(statistics.values);
    const options = {
      host: host.name,
      slot,
      periodNs: settings.ns('Vmtop.SIOControlPeriod'),
      isAlive: () => mount.mounted,
      unitBytes: settings.bytes('Disk.SchedCostUnit'),
      watchesExternal: settings.on('Vmtop.SIOControlExternal'),
      queues,
    };
    new Controller(sim, options, control, statistics, sioc);
  }
  if (plan.percentOfPeak === 0 || first === undefined) return;
  const { volume, queues } = first;
  // The file blocks of a volume are 1 MiB, 2,048 blocks of 512 bytes.
  const reach = { host: first.name, datastore: name, blocks: datastore.capacity * 2048 };
  const most = Math.min(INJECTED_MAX, ...queues.map(({ configuredDepth }) => configuredDepth));
  const { percentOfPeak } = plan;
  const injector = new Injector(sim, reach, volume);
  new ThresholdFinder(sim, { percentOfPeak, most }, control, injector);
}
