import type { EventLog } from '../core/event-log.js';
import type { EntityInfo, Sample } from '../core/meters.js';
import { Sim } from '../core/sim.js';
import { DiskArray } from '../devices/array/disk-array.js';
import type { OpenImage } from '../devices/content.js';
import { NfsServer } from '../devices/nfs-server.js';
import type { FaultTarget } from '../faults/define.js';
import type { BlockMedium } from '../formats/vmfs/medium.js';
import type { Command } from '../plan/commands.js';
import type { Plan, Qos } from '../plan/plan.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import type { PathEvent } from '../stack/storage-apis/psa/path.js';
import type { DeviceStatus } from '../stack/storage-apis/psa/psa-device.js';
import type { GuestTotals } from '../workloads/totals.js';
import type { Verifier, Violation } from '../workloads/verifier.js';
import { wrongBackupsOf } from './backups/audit.js';
import { BackupService } from './backups/service.js';
import { buildDatastores } from './build-datastores.js';
import { type BuiltHost, buildHost } from './build-hosts.js';
import { buildPowers } from './build-powers.js';
import { buildVasa } from './build-vasa.js';
import { buildVms } from './build-vms.js';
import { buildVolumeServices } from './build-volume-services.js';
import { CloneAudit } from './clone-audit.js';
import type { DatastoreAdmin } from './datastore-admin.js';
import { DiskChanges } from './disk-changes.js';
import { DiskClones } from './disk-clones.js';
import { DiskOperations } from './disk-operations.js';
import { DiskQos } from './disk-qos.js';
import { type MachineFile, machineFiles } from './export/machine-files.js';
import { type ActiveFault, FaultController } from './fault-controller.js';
import { armFault } from './fault-timeline.js';
import { FileContents } from './file-contents.js';
import { Guests } from './guests.js';
import { type LayerName, type LayerSummary, summariseLayers } from './layer-summary.js';
import { Machines } from './machines.js';
import { measureThresholds } from './measured-thresholds.js';
import { Operator } from './operator.js';
import { imagesOf, keepsBytes, unmountAll } from './run-media.js';
import { addDevices, buildSites, type RunSites } from './sites.js';
import { SnapshotService } from './snapshots/service.js';
import { spoiltOf } from './spoilt.js';
import type { StorageAdmin } from './storage-admin.js';
import { connectThinLuns } from './thin-luns.js';
import { whereaboutsOf } from './whereabouts.js';

/**
 * Hosts, arrays and guests of a plan, wired and running on one clock. A run is a pure function of
 * the plan and of the commands with their instants: the same input gives the same bytes anywhere.
 */
export class Simulation {
  private readonly sim: Sim;
  private readonly guests: Guests;
  private readonly sites: RunSites;
  private readonly faults: FaultController;
  private readonly arrays: ReadonlyMap<string, DiskArray>;
  private readonly hosts: ReadonlyMap<string, BuiltHost>;
  private readonly storage: StorageAdmin;
  private readonly stores: DatastoreAdmin;
  private readonly operations: DiskOperations;
  /** Snapshots of virtual machines, their chains, and what changed on tracked disks. */
  readonly snapshots: SnapshotService;
  /** Backups of virtual disks, and what they hold. */
  readonly backups: BackupService;
  private readonly audit: CloneAudit;
  private readonly datastores: ReadonlyMap<string, Datastore>;
  private readonly qos: DiskQos;
  private readonly operator: Operator;

  /** The plan, with what was measured before the run began. */
  readonly plan: Plan;

  /**
   * @param measures false for the copy in which something is measured beforehand
   * @param openImage opens the files in which LUNs keep bytes; without it they keep them in memory
   * @throws InputError when parts of the plan do not fit one another
   */
  constructor(given: Plan, measures = true, openImage?: OpenImage) {
    const { plan, found } = measures
      ? measureThresholds(given, (idle) => new Simulation(idle, false))
      : { plan: given, found: [] };
    this.plan = plan;
    const verify = keepsBytes(plan) || plan.jobs.some((job) => job.verify);
    const sim = new Sim(plan.seed, plan.rows, verify);
    this.sim = sim;
    const arrays = new Map(
      plan.arrays.map((array) => [array.name, new DiskArray(sim, array, openImage)]),
    );
    this.arrays = arrays;
    const servers = new Map(plan.nfsServers.map((s) => [s.name, new NfsServer(sim, s)]));
    this.hosts = new Map(
      plan.hosts.map((host) => [host.name, buildHost(sim, host, arrays, plan.claimRules)]),
    );
    const { hosts } = this;
    // Copies of volumes that arrays present join them.
    const plans = [...plan.datastores];
    const stored = buildDatastores(sim, plans, hosts, servers, arrays);
    const { datastores, volumes, fileSystems } = stored;
    this.datastores = datastores;
    const built = buildVms(sim, plan.vms, datastores, fileSystems, hosts);
    const { vms, disks, homes, texts } = built;
    const contents = new FileContents(sim, servers);
    this.audit = new CloneAudit(contents);
    this.operations = new DiskOperations(sim, plans, hosts, fileSystems);
    const { operations } = this;
    const powers = buildPowers(sim, built, fileSystems, (host) => operations.moverOf(host));
    const { volumeAdmin, copies, stores, storage } = buildVolumeServices(sim, {
      ...{ plan, plans, hosts, arrays, built: stored, vms: built, operations },
      onExtended: (datastore) => {
        this.qos.extended(datastore);
        this.backups.extended(datastore);
      },
      onFound: (host, devices) => addDevices(this.sites, host, devices),
    });
    this.stores = stores;
    this.storage = storage;
    this.snapshots = new SnapshotService(sim, {
      plans: plan.vms,
      disks,
      homes,
      texts,
      fileSystems,
      moverOf: (host) => this.operations.moverOf(host),
      witnessOf: (vm) => this.guests.witnessOf(vm),
      contents,
    });
    this.backups = new BackupService(sim, {
      ...{ hosts, arrays, disks, fileSystems },
      snapshots: this.snapshots,
      operations: this.operations,
      moverOf: (host) => this.operations.moverOf(host),
      witnessOf: (vm, on) => this.guests.witnessOf(vm, on),
    });
    connectThinLuns(plans, datastores, arrays);
    this.qos = new DiskQos(sim, { disks, hosts, fileSystems, volumes });
    this.guests = new Guests(sim, disks);
    this.guests.startAll(plan);
    this.sites = buildSites({
      plan,
      arrays,
      servers,
      hosts,
      datastores,
      vms,
      disks,
      guests: this.guests,
      hostSites: this.stores.hosts,
      proxies: this.backups.sites,
      providers: buildVasa(sim, volumes, arrays, disks),
    });
    this.faults = new FaultController(sim, this.sites);
    const { snapshots, qos, audit } = this;
    const changing = { disks, fileSystems, homes, operations, snapshots, qos };
    this.operator = new Operator(sim, {
      backups: this.backups,
      copies,
      changes: new DiskChanges(sim, changing),
      clones: new DiskClones(sim, { disks, operations, snapshots, audit }),
      faults: this.faults,
      guests: this.guests,
      machines: new Machines(
        vms,
        powers,
        (vm) => this.snapshots.taskOf(vm),
        (vm) => volumeAdmin.refusalFor(vms.get(vm)?.host ?? '', homes.get(vm)?.files ?? []),
      ),
      operations: this.operations,
      qos: this.qos,
      snapshots: this.snapshots,
      storage: this.storage,
      stores: this.stores,
      volumes: volumeAdmin,
    });
    this.armTimeline();
    for (const { kind, object, what, why } of found) {
      sim.timers.at(0, () => sim.log.note(kind, object, what, why));
    }
  }

  /** Simulated time, ns. */
  get now(): number {
    return this.sim.now;
  }

  get entities(): readonly EntityInfo[] {
    return this.sim.meters.entities;
  }

  get log(): EventLog {
    return this.sim.log;
  }

  /** Commands the guests have issued and not got back. */
  get inFlight(): number {
    return this.guests.inFlight;
  }

  /** Rows of the request table in use: the guests' commands, and the hosts' own. */
  get rowsInFlight(): number {
    return this.sim.requests.inFlight;
  }

  /** Rows in use by the layer that sent them down last, the fullest first: who waits for them. */
  whereabouts(): { layer: string; rows: number }[] {
    return whereaboutsOf(this.sim);
  }

  /** What verifying guests read that must not be; the first of each guest. */
  get violations(): readonly Violation[] {
    return this.guests.verifiers.flatMap(({ violations }) => violations);
  }

  /** Clones that do not hold what their source held when they began, in runs that verify data. */
  get wrongClones(): readonly string[] {
    return this.audit.problems;
  }

  /** Backups that do not hold what their disks held at their snapshots, in runs that verify data. */
  get wrongBackups(): readonly string[] {
    return wrongBackupsOf(this.backups, (disk) => this.guests.verifiersOf(disk));
  }

  /** How much verifying guests have checked. */
  get verified(): Guests['verified'] {
    return this.guests.verified;
  }

  /** By uid, what LUNs that keep bytes hold. */
  get images(): ReadonlyMap<string, BlockMedium> {
    return imagesOf(this.arrays);
  }

  /** Those who check what they read, with what they know of their parts of the disks. */
  get verifiers(): readonly Verifier[] {
    return this.guests.verifiers;
  }

  /**
   * Ends the use of volumes whose bytes are kept, as unmounting does; the simulation cannot go on.
   * @returns names of those that are as a loss of power would leave them: something was on its way
   */
  unmount(): string[] {
    return unmountAll(this.datastores.values());
  }

  /**
   * The files of a machine as they are now, with what its disks hold: configuration, snapshot list,
   * and each link of the chains of its disks. Nothing in the simulation changes.
   * @throws InputError when there is no such machine, or the run does not keep what disks hold
   */
  filesOf(vm: string): MachineFile[] {
    return machineFiles(this.plan, this.snapshots, vm);
  }

  /** How often data faults struck, and how many reads met what they had spoilt. */
  get spoilt(): { strikes: number; reads: number } {
    return spoiltOf(this.arrays.values(), this.sites.server.values());
  }

  /** Guests issue nothing more of their own; what is in flight comes back. */
  stopJobs(): void {
    this.guests.stopJobs();
  }

  /** Every verifying guest stops and reads its whole part of the disk once. */
  readBack(): void {
    this.guests.readBack();
  }

  /** Bytes of the request table for one row. */
  get bytesPerRow(): number {
    return this.sim.requests.bytesPerRow;
  }

  /** Events handled so far. */
  get eventsHandled(): number {
    return this.sim.handled;
  }

  /** True when there are replays and all of them have completed. */
  get finished(): boolean {
    return this.guests.replaysFinished;
  }

  /** Names of everything faults with this target may act on. */
  faultTargets(target: FaultTarget): string[] {
    return [...this.sites[target].keys()];
  }

  get activeFaults(): readonly ActiveFault[] {
    return this.faults.active;
  }

  /**
   * Handles every event up to and including `time` (ns; a fraction of one is dropped).
   * @throws AssertionError for a time before `now`: a run does not go back, it is made once more
   */
  runUntil(time: number): void {
    this.sim.runUntil(Math.floor(time));
  }

  /** Applies a command now. @throws InputError when it names something that does not exist */
  command(command: Command): void {
    this.operator.apply(command, 'operator');
  }

  /** The last things that happened to a path, oldest first. @throws InputError on unknown names */
  pathHistory(host: string, path: string): readonly PathEvent[] {
    return this.storage.pathHistory(host, path);
  }

  /** How a device, by uid or LUN name, is claimed and set up. @throws InputError on unknown names */
  deviceStatus(host: string, device: string): DeviceStatus {
    return this.storage.deviceStatus(host, device);
  }

  /** All counters as they are now, in the order of `entities`. @param withHistograms of latencies too */
  sample(withHistograms = true): Sample {
    return this.sim.meters.sample(withHistograms);
  }

  /**
   * Follows every command through the stack, or no longer: the entities of scope `breakdown`, which
   * appear with the first call, count it. Changes nothing in the simulation itself.
   */
  setBreakdown(on: boolean): void {
    const { requests, meters } = this.sim;
    if (on) requests.breakdown.start(meters);
    else requests.breakdown.stop();
  }

  /** The digest of every completion so far, 16 hexadecimal digits. */
  digest(): string {
    return this.sim.digest.toString();
  }

  /** Settings of a virtual disk now, by its index; undefined when there is no such disk. */
  qosOf(disk: number): Qos | undefined {
    return this.qos.of(disk);
  }

  /** What the guests saw completed. */
  totals(): GuestTotals {
    return this.guests.totals();
  }

  /** Records of replays that did not fit their disk, and that were issued late. */
  replayNotes(): { wrapped: number; late: number } {
    return this.guests.replayNotes();
  }

  /** What went through each layer from one sample to another; from the start when there is no first. */
  layerSummary(before: Sample | undefined, after: Sample): Record<LayerName, LayerSummary> {
    return summariseLayers(this.entities, before, after);
  }

  private armTimeline(): void {
    const { timers, log } = this.sim;
    const { faults, changes, narrative } = this.plan;
    for (const [index, plan] of faults.entries()) armFault(this.sim, this.faults, plan, index);
    for (const { atNs, command } of changes) {
      timers.at(atNs, () => this.operator.applyPlanned(command));
    }
    for (const { atNs, text } of narrative) {
      timers.at(atNs, () => log.note('narrative', this.plan.name, text, 'scenario'));
    }
  }
}
