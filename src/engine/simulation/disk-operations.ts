import { InputError } from '../core/errors.js';
import type { Sim } from '../core/sim.js';
import { formatDuration, formatSize } from '../core/units.js';
import { AutoReclaim } from '../operations/auto-reclaim.js';
import { DataMover } from '../operations/data-mover.js';
import { InflateJob } from '../operations/inflate-job.js';
import { ReclaimJob } from '../operations/reclaim-job.js';
import type { MoverStore } from '../operations/store.js';
import { ZeroJob } from '../operations/zero-job.js';
import type { Command } from '../plan/commands.js';
import type { DatastorePlan, DiskPlan } from '../plan/plan.js';
import type { FileHandle } from '../stack/files.js';
import type { NewDisk } from './backups/restore.js';
import type { HostFileSystems } from './build-datastores.js';
import type { BuiltHost } from './build-hosts.js';
import { type LooseDisk, LooseDisks } from './loose-disks.js';

/** New disks, deleted ones, and space given back: what an administrator has hosts do. */
export class DiskOperations {
  private readonly movers: ReadonlyMap<string, DataMover>;
  /** Disks no machine has. */
  readonly loose: LooseDisks;
  private readonly reclaiming = new Set<string>();

  constructor(
    private readonly sim: Sim,
    private readonly plans: readonly DatastorePlan[],
    hosts: ReadonlyMap<string, BuiltHost>,
    private readonly fileSystems: ReadonlyMap<string, HostFileSystems>,
  ) {
    this.loose = new LooseDisks(sim);
    this.movers = new Map(
      [...hosts].map(
        ([
          name,
          {
            settings,
            plan: { adapters },
          },
        ]) => {
          const speed = adapters.reduce((sum, own) => sum + own.linkBytesPerSecond, 0);
          return [name, new DataMover(sim, name, settings, speed)];
        },
      ),
    );
    this.startReclaimers();
  }

  /** Automatic UNMAP of the datastores that have it. */
  private startReclaimers(): void {
    for (const { name, hosts, reclaim } of this.plans) {
      if (reclaim === undefined) continue;
      const able = hosts.map((host) => ({
        mover: this.movers.get(host) as DataMover,
        store: this.storeOf(host, name),
      }));
      new AutoReclaim(this.sim, able, reclaim);
    }
  }

  /** The data mover of a host. */
  moverOf(host: string): DataMover {
    return this.movers.get(host) as DataMover;
  }

  /** Where a disk lies that an operation has made; for whoever looks into it. */
  find(datastore: string, name: string): FileHandle | undefined {
    return this.loose.find(datastore, name)?.file;
  }

  /**
   * Makes a disk of the kind of another for somebody who fills it.
   * @throws InputError when the host does not mount the datastore, the name is taken, or space is short
   */
  makeFor(
    host: string,
    { datastore, name }: { readonly datastore: string; readonly name: string },
    like: Pick<DiskPlan, 'sizeBytes' | 'kind'>,
  ): NewDisk {
    const store = this.storeOf(host, datastore);
    const path = this.loose.newPath(datastore, name);
    const file = store.datastore.createCopy(path, like.sizeBytes, like.kind, () => false);
    this.loose.add(path, store, file, like.kind);
    const done = (problem: string | undefined): void => {
      if (problem === undefined) this.loose.settle(path);
      else this.loose.fail(path, problem);
    };
    return { store, file, done };
  }

  create(command: Extract<Command, { kind: 'createDisk' }>, why: string): void {
    const { datastore, name, sizeBytes, diskKind } = command;
    const host = this.hostOf(datastore);
    const store = this.storeOf(host, datastore);
    const path = this.loose.newPath(datastore, name);
    try {
      const file = store.datastore.createCopy(path, sizeBytes, diskKind, () => false);
      this.loose.add(path, store, file, diskKind);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.loose.fail(path, error.problems[0].message);
      return;
    }
    this.sim.log.note('disk.create', path, `${formatSize(sizeBytes)}, ${diskKind}`, why);
    if (diskKind === 'eagerThick') this.zero(path, this.movers.get(host) as DataMover);
    else this.loose.settle(path);
  }

  /** @throws InputError when there is no such disk, it is in use, or the name is taken or none */
  rename({ datastore, name, to }: Extract<Command, { kind: 'renameDisk' }>, why: string): void {
    const { from, path } = this.loose.rename(datastore, name, to);
    this.sim.log.note('disk.renamed', path, `was ${from}`, why);
  }

  /** @throws InputError when there is no such disk, or it is in use */
  delete({ datastore, name }: Extract<Command, { kind: 'deleteDisk' }>, why: string): void {
    const { path, file } = this.loose.delete(datastore, name);
    this.sim.log.note('disk.delete', path, `${mb(file.allocatedBlocks)} freed`, why);
  }

  /** @throws InputError when the datastore is not on VMFS */
  reclaim({ datastore }: Extract<Command, { kind: 'reclaim' }>, why: string): void {
    const host = this.hostOf(datastore);
    const store = this.storeOf(host, datastore);
    if (store.vmfs === undefined) {
      throw InputError.of(`datastore ${datastore}`, 'only VMFS gives space back with UNMAP');
    }
    if (this.reclaiming.has(datastore)) return;
    this.reclaiming.add(datastore);
    const { log } = this.sim;
    log.note(
      'reclaim.begin',
      datastore,
      `${mb(store.datastore.free * 2048)} free, by ${host}`,
      why,
    );
    const job = new ReclaimJob(this.sim, this.movers.get(host) as DataMover, store, (problem) => {
      this.reclaiming.delete(datastore);
      const what = `${mb(job.reclaimedBlocks)} unmapped`;
      log.note('reclaim.end', datastore, what, problem ?? 'all free space has been offered');
    });
  }

  /** What is left of an eager-zeroed disk; NFS servers zero by themselves. */
  zero(path: string, mover: DataMover): void {
    const { store, file } = this.loose.get(path) as LooseDisk;
    if (store.vmfs === undefined || file.toBeZeroedBlocks === 0) {
      this.loose.settle(path);
      return;
    }
    const beganAt = this.sim.now;
    const blocks = file.toBeZeroedBlocks;
    const ended = (problem: string | undefined): void => {
      if (problem !== undefined) {
        this.loose.fail(path, problem);
        return;
      }
      const span = formatDuration(this.sim.now - beganAt);
      this.sim.log.note('disk.zeroed', path, `${mb(blocks)} zeroed`, `took ${span}`);
      this.loose.settle(path);
    };
    if (!store.datastore.keepsBytes) {
      new ZeroJob(this.sim, mover, store, file, ended);
      return;
    }
    // Where bytes are kept the file on the volume has to say so, too.
    store.mount.lengthened();
    new InflateJob(this.sim, mover, store, file, 0, ended);
  }

  private hostOf(datastore: string): string {
    const plan = this.plans.find((candidate) => candidate.name === datastore);
    const names = this.plans.map(({ name }) => name);
    const { hosts } = found(plan, 'datastore', datastore, names);
    return hosts.find((host) => this.isMounted(host, datastore)) ?? hosts[0];
  }

  private isMounted(host: string, datastore: string): boolean {
    return this.fileSystems.get(host)?.mountOf(datastore)?.mounted === true;
  }

  /** A datastore as the data mover of a host reaches it. @throws InputError when it does not */
  storeOf(host: string, datastore: string): MoverStore {
    const stores = this.fileSystems.get(host)?.stores ?? new Map<string, MoverStore>();
    const store = found(stores.get(datastore), `datastore of ${host}`, datastore, stores.keys());
    if (store.mount.mounted) return store;
    throw InputError.of(`datastore ${datastore}`, `is not mounted on ${host}`, 'mount it first');
  }
}

function mb(blocks: number): string {
  return formatSize(blocks * 512);
}

function found<T>(
  value: T | undefined,
  what: string,
  name: string,
  known: Iterable<string | number>,
): T {
  if (value !== undefined) return value;
  const some = [...known].slice(0, 12).join(', ') || 'none';
  throw InputError.of(what, `there is no ${what} ${name}`, `known: ${some}`);
}
