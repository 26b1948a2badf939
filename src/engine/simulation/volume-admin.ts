import { InputError } from '../core/errors.js';
import { BLOCK_BYTES, WRITE } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { formatStatus } from '../core/status.js';
import { formatSize } from '../core/units.js';
import type { DiskArray } from '../devices/array/disk-array.js';
import type { Lun } from '../devices/array/lun.js';
import { CopyLun } from '../devices/array/snapshot/copy-lun.js';
import type { Command } from '../plan/commands.js';
import type { VmPlan } from '../plan/plan.js';
import { type LvmWrite, lvmWrites } from '../stack/block/lvm-records.js';
import { PHYSICAL_EXTENT_BLOCKS } from '../stack/block/lvm-volume.js';
import type { OwnIo } from '../stack/block/own-io.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import { vmfsVersion } from '../stack/filesystem/vmfs/layout.js';
import { RecordedVolume } from '../stack/filesystem/vmfs/on-disk/recorded-volume.js';
import type { StagedWrite } from '../stack/filesystem/vmfs/on-disk/staged-media.js';
import type { BuiltVolume, VolumeOnHost } from './build-datastores.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';
import { readCapacity } from './host-volume.js';
import { findLun } from './storage-admin.js';

export interface VolumeAdminParts {
  readonly hosts: ReadonlyMap<string, BuiltHost>;
  readonly arrays: ReadonlyMap<string, DiskArray>;
  readonly volumes: ReadonlyMap<string, BuiltVolume>;
  readonly own: OwnIo;
  /** Who uses a LUN otherwise than by a volume: a raw device map; nothing when nobody does. */
  readonly rawUserOf: (uid: string) => string | undefined;
  /** The commands of disks on a datastore may pass a further device. */
  readonly onExtended: (datastore: string) => void;
}

type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>;

/** A volume and the host that changes it. */
interface Change {
  readonly name: string;
  readonly built: BuiltVolume;
  readonly host: string;
  readonly by: VolumeOnHost;
}

/** Makes LUNs and volumes larger while hosts use them (stack-upper reference, section 2). */
export class VolumeAdmin {
  /** Volumes that are being changed. */
  private readonly busy = new Set<string>();
  /** LUNs on their way into a volume, with its name. */
  private readonly claimed = new Map<string, string>();

  constructor(
    private readonly sim: Sim,
    private readonly parts: VolumeAdminParts,
  ) {}

  /** The array makes a LUN larger; hosts get unit attention 2A/09, and see it after a rescan. */
  growLun({ lun, sizeBytes }: CommandOf<'growLun'>, why: string): void {
    const { array, own } = findLun(this.parts.arrays, lun);
    array.growLun(own, sizeBytes, why);
  }

  /** The volume takes what its extents hold more, and the file system what the volume does. */
  growDatastore(command: CommandOf<'growDatastore'>, why: string): void {
    const change = this.changeOf(command);
    const { name, built, by } = change;
    const { layout, volume } = built;
    const place = `datastore ${name}`;
    const rooms = layout.devices
      .map((uid) => ({ uid, blocks: layout.moreOn(uid, by.known.device(uid).disk.sizeBlocks) }))
      .filter(({ blocks }) => blocks > 0);
    const isBehind = Math.floor(layout.blocks / FILE_BLOCK) > volume.capacity;
    const [room] = rooms;
    if (room === undefined && !isBehind) {
      const hint = 'make the LUN of an extent larger (growLun), then let the host rescan';
      throw InputError.of(place, `${change.host} sees no more room on its extents`, hint);
    }
    if (room === undefined) {
      this.takeMore(change, why);
      return;
    }
    const isRecorded = volume instanceof RecordedVolume;
    if (isRecorded && room.uid !== layout.devices.at(-1)) {
      const what = 'has room on another extent than the last';
      const hint = 'where bytes are kept only the last extent grows: extend it instead';
      throw InputError.of(place, what, hint);
    }
    this.begin(change, room.uid, why, isRecorded ? () => volume.bytes.stageGrowth() : undefined);
  }

  /** Another LUN becomes the last extent of a volume; what is on it is lost. */
  extendDatastore(command: CommandOf<'extendDatastore'>, why: string): void {
    const change = this.changeOf(command);
    const { own } = findLun(this.parts.arrays, command.lun);
    const { uid } = own;
    const { volume } = change.built;
    this.checkUnused(command.lun, own);
    this.checkReached(change, command.lun, uid);
    // "Storage I/O Control does not support datastores with multiple extents" (vSphere Resource Management).
    if (volume.plan.sioc !== undefined) {
      const what = 'Storage I/O Control knows only datastores of one extent';
      const hint = 'let its LUN grow instead, or leave "sioc" out of the scenario';
      throw InputError.of(`datastore ${change.name}`, what, hint);
    }
    const image = own.media?.image;
    const isRecorded = volume instanceof RecordedVolume;
    if (isRecorded !== (image !== undefined)) {
      const what = isRecorded ? 'keeps no bytes, as the datastore does' : 'keeps bytes';
      const hint = 'the extents of a datastore all keep bytes, or none does';
      throw InputError.of(`LUN ${command.lun}`, what, hint);
    }
    const stage = isRecorded && image ? () => volume.bytes.stageExtension(image) : undefined;
    this.begin(change, uid, why, stage, () => {
      if (own.thin) own.pool.onSpaceFreed(() => volume.deviceSpaceFreed());
    });
  }

  /** Every host that mounts a datastore looks at its extents again. */
  refresh(datastore: string): void {
    for (const { known, mount } of this.parts.volumes.get(datastore)?.hosts.values() ?? []) {
      if (mount.mounted) known.look(() => undefined);
    }
  }

  /** A host reads the capacities of its devices, and looks at what it has mounted. */
  rescanned(host: string, devices: readonly BuiltDevice[]): void {
    const mine = [...this.parts.volumes.values()].flatMap(({ layout, hosts }) => {
      const own = hosts.get(host);
      return own?.mount.mounted ? [{ layout, known: own.known }] : [];
    });
    for (const { known } of mine) known.look(() => undefined);
    const used = new Set(mine.flatMap(({ layout }) => layout.devices));
    for (const device of devices) {
      if (used.has(device.lun.uid)) continue;
      readCapacity(this.sim, this.parts.own, host, device, () => undefined);
    }
  }

  /** Why a host cannot use a datastore: its head extent is missing; nothing when it may. */
  refusalOf(host: string, datastore: string): string | undefined {
    return this.parts.volumes.get(datastore)?.hosts.get(host)?.watch.refusal;
  }

  /** The same for files on several datastores. */
  refusalFor(host: string, files: readonly { readonly datastore: string }[]): string | undefined {
    for (const { datastore } of files) {
      const refusal = this.refusalOf(host, datastore);
      if (refusal !== undefined) return `datastore ${datastore}: ${refusal}`;
    }
    return undefined;
  }

  /** A host has booted: it mounts what is complete enough. */
  booted(host: string): void {
    for (const { hosts } of this.parts.volumes.values()) hosts.get(host)?.watch.review('boot');
  }

  private changeOf({
    datastore: name,
    host,
  }: CommandOf<'growDatastore' | 'extendDatastore'>): Change {
    const { volumes } = this.parts;
    const place = `datastore ${name}`;
    const built = volumes.get(name);
    if (built === undefined) {
      const known = [...volumes.keys()].slice(0, 12).join(', ');
      throw InputError.of(place, 'is no VMFS datastore', `known: ${known}`);
    }
    if (this.busy.has(name)) throw InputError.of(place, 'is being enlarged already');
    const mounted = [...built.hosts].filter(([, { mount }]) => mount.mounted);
    const found = mounted.find(([own]) => host === undefined || own === host);
    if (found === undefined) {
      const who = host === undefined ? 'no host has it' : `${host} has it not`;
      const names = [...built.hosts.keys()].join(', ');
      throw InputError.of(place, `${who} mounted`, `it is known to ${names}`);
    }
    const [by, own] = found;
    if (own.watch.incomplete !== undefined) {
      throw InputError.of(place, own.watch.incomplete, 'bring it back first, then rescan');
    }
    return { name, built, host: by, by: own };
  }

  private checkUnused(lun: string, own: Lun): void {
    const place = `LUN ${lun}`;
    const hint = 'name a LUN nobody uses';
    const { uid } = own;
    if (own instanceof CopyLun) throw InputError.of(place, 'presents a snapshot', hint);
    for (const [name, { layout }] of this.parts.volumes) {
      if (!layout.devices.includes(uid)) continue;
      throw InputError.of(place, `is an extent of datastore ${name} already`, hint);
    }
    const claim = this.claimed.get(uid);
    if (claim !== undefined) throw InputError.of(place, `is on its way into ${claim}`, hint);
    const user = this.parts.rawUserOf(uid);
    if (user !== undefined) throw InputError.of(place, `is a raw device of ${user}`, hint);
  }

  private checkReached({ built }: Change, lun: string, uid: string): void {
    for (const host of built.hosts.keys()) {
      if (this.parts.hosts.get(host)?.devices.has(uid)) continue;
      const what = `${host}, which knows the datastore, has no path to it`;
      throw InputError.of(`LUN ${lun}`, what, 'name a LUN all its hosts see');
    }
  }

  /**
   * @param stage makes LVM's writes where bytes are kept
   * @param taken called once the volume has what it takes
   */
  private begin(
    change: Change,
    uid: string,
    why: string,
    stage: (() => StagedWrite[][]) | undefined,
    taken: () => void = () => undefined,
  ): void {
    const { name, built, by } = change;
    const { layout, volume } = built;
    const size = by.known.device(uid).disk.sizeBlocks;
    const blocks = layout.moreOn(uid, size);
    const isNew = !layout.devices.includes(uid);
    const place = `datastore ${name}`;
    if (blocks === 0) {
      const what = `LUN ${uid} of ${formatSize(size * BLOCK_BYTES)} is too small for an extent`;
      throw InputError.of(place, what, 'an extent takes 17 MiB and at least 256 MiB');
    }
    const refusal = layout.refusal(blocks, isNew ? 1 : 0);
    if (refusal !== undefined) throw InputError.of(place, refusal);
    const extents = (layout.blocksOn(uid) + blocks) / PHYSICAL_EXTENT_BLOCKS;
    const major = vmfsVersion(volume.plan.version);
    const devices = isNew ? [...layout.devices, uid] : layout.devices;
    const writes =
      stage === undefined ? lvmWrites(layout, uid, extents, major) : named(stage(), devices);
    const phases = writes.map((phase) =>
      phase.map(({ uid: on, ...request }) => ({
        device: by.known.device(on).disk.whole,
        request: { op: WRITE, ...request },
      })),
    );
    this.busy.add(name);
    if (isNew) this.claimed.set(uid, name);
    this.parts.own.issuePhases(phases, (status, sense) => {
      this.claimed.delete(uid);
      if (volume instanceof RecordedVolume) volume.bytes.enlarged(status === 0);
      if (status !== 0) {
        this.failed(name, `LVM: ${formatStatus(status, sense)}`, why);
        return;
      }
      layout.add(uid, size);
      taken();
      by.known.learn();
      if (isNew) {
        const what = `${uid} is extent ${layout.devices.length}`;
        this.sim.log.note('datastore.extended', name, what, why);
        this.parts.onExtended(name);
      }
      // The volume is larger; the next growDatastore gives that to the file system.
      if (!by.mount.mounted) {
        this.failed(name, `${change.host} no longer has it mounted`, why);
        return;
      }
      this.takeMore(change, why);
    });
  }

  private takeMore({ name, built, host, by }: Change, why: string): void {
    const { volume, layout } = built;
    const before = volume.capacity;
    this.busy.add(name);
    volume.takeMore(layout.blocks, by.slot, by.mount.metadata, (status, sense) => {
      if (status !== 0) {
        this.failed(name, `file system: ${formatStatus(status, sense)}`, why);
        return;
      }
      this.busy.delete(name);
      const what = `${host} made it ${volume.capacity} MB, was ${before} MB`;
      this.sim.log.note('datastore.grown', name, what, why);
    });
  }

  private failed(name: string, what: string, why: string): void {
    this.busy.delete(name);
    this.sim.log.note('datastore.grow.failed', name, what, why);
  }
}

/** The writes of a volume that keeps bytes, by the uids of its devices. */
export function named(
  phases: readonly (readonly StagedWrite[])[],
  uids: readonly string[],
): LvmWrite[][] {
  return phases.map((phase) =>
    phase.map(({ device, lba, bytes }) => ({
      uid: uids[device] as string,
      lba,
      blocks: bytes.length / BLOCK_BYTES,
      bytes,
    })),
  );
}

/** Who has a raw device map of a LUN, by the plan; nothing when nobody has. */
export function rawUserOf(vms: readonly VmPlan[], uid: string): string | undefined {
  return vms.find(({ disks }) => disks.some(({ rawDevice }) => rawDevice?.uid === uid))?.name;
}
