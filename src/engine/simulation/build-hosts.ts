import type { Sim } from '../core/sim.js';
import type { DiskArray } from '../devices/array/disk-array.js';
import type { Lun } from '../devices/array/lun.js';
import { CopyLun } from '../devices/array/snapshot/copy-lun.js';
import { Nexus } from '../devices/fabric/nexus.js';
import { hostLinkLossNs, linkLossOf } from '../devices/fabric/protocols.js';
import type { PathSite } from '../faults/sites.js';
import { decodeBlockLimits, VPD_BLOCK_LIMITS } from '../formats/scsi-vpd.js';
import type { AdapterPlan, ClaimRulePlan, HostPlan, LunPlan, PathPlan } from '../plan/plan.js';
import { Vmhba } from '../stack/adapter/vmhba.js';
import type { DiskDriver } from '../stack/block/disk-driver.js';
import { LogicalDevice } from '../stack/block/logical-device.js';
import { defineDevice } from '../stack/device-entity.js';
import { createDriver } from '../stack/driver/index.js';
import { moduleOf } from '../stack/driver/modules.js';
import { DeviceQueue } from '../stack/scheduler/device-queue.js';
import { schedulerSettingsOf } from '../stack/scheduler/settings.js';
import { Settings } from '../stack/settings.js';
import { claim } from '../stack/storage-apis/psa/claim-rules.js';
import { claimedDevice } from '../stack/storage-apis/psa/claimed-device.js';
import { type Claimed, createPsaDevice, labelsOf } from '../stack/storage-apis/psa/create.js';
import { Path } from '../stack/storage-apis/psa/path.js';
import type { PsaDevice } from '../stack/storage-apis/psa/psa-device.js';

/** A logical device of a host, from the block layer down to multipathing. */
export interface BuiltDevice {
  readonly lun: Lun;
  readonly array: DiskArray;
  /** Where the paths run, in the order of the device's paths. */
  readonly sites: readonly PathSite[];
  readonly psa: PsaDevice;
  readonly queue: DeviceQueue;
  readonly disk: LogicalDevice;
  /** Where file systems send their rows. */
  readonly driver: DiskDriver;
}

export interface BuiltAdapter {
  readonly vmhba: Vmhba;
  /** By target port. */
  readonly nexuses: readonly Nexus[];
}

export interface BuiltHost {
  readonly plan: HostPlan;
  readonly settings: Settings;
  readonly adapters: ReadonlyMap<string, BuiltAdapter>;
  /** By uid; devices that a claim rule masks are missing. */
  readonly devices: ReadonlyMap<string, BuiltDevice>;
  /** Makes devices of LUNs that are presented since it last looked; returns them. */
  readonly discover: () => readonly BuiltDevice[];
}

/** Discovers what a host's adapters reach and makes devices of it, as a boot does. */
export function buildHost(
  sim: Sim,
  plan: HostPlan,
  arrays: ReadonlyMap<string, DiskArray>,
  rules: readonly ClaimRulePlan[],
): BuiltHost {
  const settings = new Settings(plan.settings, `host ${plan.name}.settings`);
  const links = new Links(sim, plan, arrays, settings);
  const adapters = new Map(plan.adapters.map((adapter) => [adapter.name, links.adapter(adapter)]));
  let pathCount = 0;
  const devices = new Map<string, BuiltDevice>();
  const byLun = new Map<string, PathPlan[]>();
  for (const path of plan.paths) byLun.set(path.lun, [...(byLun.get(path.lun) ?? []), path]);
  const discover = (): BuiltDevice[] => {
    const found: BuiltDevice[] = [];
    for (const [uid, ways] of byLun) {
      const array = arrays.get(ways[0].array) as DiskArray;
      const lun = array.luns.get(uid) as Lun;
      if (devices.has(uid) || (lun instanceof CopyLun && !lun.isPresented)) continue;
      const lunPlan = array.plan.luns.find((own) => own.uid === uid) as LunPlan;
      const claimed = claim(claimedDevice(array.plan, lunPlan), rules);
      if (claimed.plugin === 'MASK_PATH') continue;
      const paths = ways.map((way) => links.path(way, array, adapters, pathCount++));
      const sites = ways.map((way) => ({ nexus: links.nexus(way), lun }));
      const used = plan.adapters.filter(({ name }) => ways.some((way) => way.adapter === name));
      const dqlen = Math.max(...used.map(({ lunQueueDepth }) => lunQueueDepth));
      const parts = { plan, settings, lunPlan, array, claimed, paths, sites, dqlen };
      const device = buildDevice(sim, parts);
      devices.set(uid, device);
      found.push(device);
      for (const { name } of used) {
        const { vmhba } = adapters.get(name) as BuiltAdapter;
        vmhba.addUser(() => neededBy(uid, paths, vmhba));
      }
    }
    return found;
  };
  discover();
  return { plan, settings, adapters, devices, discover };
}

interface DeviceParts {
  readonly plan: HostPlan;
  readonly settings: Settings;
  readonly lunPlan: LunPlan;
  readonly array: DiskArray;
  readonly claimed: Claimed;
  readonly paths: readonly Path[];
  readonly sites: readonly PathSite[];
  readonly dqlen: number;
}

function buildDevice(sim: Sim, parts: DeviceParts): BuiltDevice {
  const { plan, settings, lunPlan, array, claimed, paths, sites, dqlen } = parts;
  const host = plan.name;
  const { uid } = lunPlan;
  const lun = array.luns.get(uid) as Lun;
  const labels = { host, lun: lunPlan.name, array: array.name, ...labelsOf(claimed) };
  const entity = defineDevice(sim, uid, labels);
  const psa = createPsaDevice(sim, { host, uid, paths, settings, entity }, claimed);
  const queue = new DeviceQueue(
    sim,
    {
      host,
      uid,
      entity,
      dqlen,
      settings: schedulerSettingsOf(settings),
      ...(claimed.plugin === 'HPP' ? { latencyThresholdNs: claimed.latencyThresholdNs } : {}),
    },
    psa,
  );
  psa.onQueueFull = () => queue.noteQueueFull();
  const limits = decodeBlockLimits(lun.offload.vitalProductData(VPD_BLOCK_LIMITS));
  const options = {
    host,
    uid,
    capacityBlocks: lun.sizeBlocks,
    maxBlocks: settings.bytes('Disk.DiskMaxIOSize') / 512,
    unmapBlocks: limits.unmapBlocks,
    zeroBlocks: limits.writeSameBlocks,
  };
  const disk = new LogicalDevice(sim, options, queue);
  const earlier = entity.refresh;
  entity.refresh = () => {
    earlier?.();
    entity.set('opens', disk.opens());
  };
  return { lun, array, sites, psa, queue, disk, driver: disk.driver };
}

/** The physical side of a host: adapters, their drivers, and connections to target ports. */
class Links {
  private readonly nexuses = new Map<string, Nexus>();

  constructor(
    private readonly sim: Sim,
    private readonly plan: HostPlan,
    private readonly arrays: ReadonlyMap<string, DiskArray>,
    private readonly settings: Settings,
  ) {}

  adapter(adapter: AdapterPlan): BuiltAdapter {
    const host = this.plan.name;
    const driver = createDriver(this.sim, { host, adapter });
    const options = {
      host,
      adapter,
      linkLossNs: hostLinkLossNs(lossOf(adapter)),
      prioritySharePercent: this.settings.get('Disk.SchedQPriorityPercentage'),
      restartNs: this.settings.ns('Scsi.ScsiRestartStalledQueueLatency'),
    };
    const vmhba = new Vmhba(this.sim, options, driver);
    const own = this.plan.paths.filter((path) => path.adapter === adapter.name);
    const nexuses = [...new Set(own.map((path) => this.nexus(path)))];
    vmhba.onLinkChange(() => {
      if (!vmhba.linkUp) for (const nexus of nexuses) nexus.hostPortDown();
    });
    return { vmhba, nexuses };
  }

  path(
    way: PathPlan,
    array: DiskArray,
    adapters: ReadonlyMap<string, BuiltAdapter>,
    index: number,
  ): Path {
    const { name, adapter, controller, port } = way;
    const lun = array.luns.get(way.lun) as Lun;
    const { vmhba } = adapters.get(adapter) as BuiltAdapter;
    const path = new Path(
      this.sim,
      {
        host: this.plan.name,
        name,
        index,
        device: way.lun,
        adapter,
        array: array.name,
        lun: lun.number,
        controller,
        port,
      },
      vmhba,
      this.nexus(way),
      lun,
    );
    vmhba.watchPath(index, path.entity);
    lun.attentions.connect(path.nexusIndex);
    return path;
  }

  /** One connection per adapter and target port, shared by the paths of all LUNs behind it. */
  nexus({ adapter, array, controller, port }: PathPlan): Nexus {
    const key = `${adapter} ${array} ${controller} ${port}`;
    const known = this.nexuses.get(key);
    if (known !== undefined) return known;
    const own = this.plan.adapters.find(({ name }) => name === adapter) as AdapterPlan;
    const target = (this.arrays.get(array) as DiskArray).port(controller, port);
    const options = {
      host: this.plan.name,
      adapter,
      array,
      latencyNs: own.linkLatencyNs,
      bytesPerSecond: own.linkBytesPerSecond,
      loss: lossOf(own),
    };
    const nexus = new Nexus(this.sim, options, target);
    this.nexuses.set(key, nexus);
    return nexus;
  }
}

/** How an adapter's connections break: as its driver's protocol does. */
function lossOf(adapter: AdapterPlan): ReturnType<typeof linkLossOf> {
  return linkLossOf(moduleOf(adapter).protocol, adapter.timers);
}

/** Why a device needs an adapter: all its usable paths start there. */
function neededBy(uid: string, paths: readonly Path[], vmhba: Vmhba): string | undefined {
  const usable = paths.filter((path) => path.usable);
  const isNeeded = usable.length > 0 && usable.every((path) => path.adapter === vmhba);
  return isNeeded ? `${uid} has no other path` : undefined;
}
