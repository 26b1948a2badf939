import { InputError } from '../core/errors.js';
import { BLOCK_BYTES, READ, WRITE } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { formatStatus } from '../core/status.js';
import type { DiskArray } from '../devices/array/disk-array.js';
import type { Lun } from '../devices/array/lun.js';
import { CopyLun } from '../devices/array/snapshot/copy-lun.js';
import { SnapshotLun } from '../devices/array/snapshot/snapshot-lun.js';
import { LVM_HEADER_AT } from '../formats/vmfs/lvm-records.js';
import type { BlockMedium } from '../formats/vmfs/medium.js';
import type { Command } from '../plan/commands.js';
import type { DatastorePlan } from '../plan/plan.js';
import type { OwnIo } from '../stack/block/own-io.js';
import type { VolumeLayout } from '../stack/block/volume-layout.js';
import { vmfsVersion } from '../stack/filesystem/vmfs/layout.js';
import { RecordedVolume } from '../stack/filesystem/vmfs/on-disk/recorded-volume.js';
import {
  type CapturedVolume,
  captureVolume,
  VolumeCopy,
} from '../stack/filesystem/vmfs/volume-copy.js';
import { DEVICE_ON } from '../stack/storage-apis/psa/availability.js';
import type { BuiltVolume, OpenVolume } from './build-datastores.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';
import type { Refusal } from './datastore-admin.js';
import { signatureBytes, signatureWrites } from './new-signature.js';
import { imagesOf } from './run-media.js';
import { findLun } from './storage-admin.js';

type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>;

export interface VolumeCopiesParts {
  readonly hosts: ReadonlyMap<string, BuiltHost>;
  readonly arrays: ReadonlyMap<string, DiskArray>;
  readonly volumes: ReadonlyMap<string, BuiltVolume>;
  readonly own: OwnIo;
  readonly open: OpenVolume;
  /** There is another datastore. */
  readonly onOpened: (plan: DatastorePlan) => void;
}

/** What snapshots of a volume's LUNs hold. */
interface Captured {
  readonly plan: DatastorePlan;
  /** Undefined where LUNs keep bytes, which say it themselves. */
  readonly volume: CapturedVolume | undefined;
  readonly layout: VolumeLayout;
}

/** LUNs that present snapshots of all extents of a volume. */
interface Copy {
  readonly captured: Captured;
  /** In the order of the extents. */
  readonly uids: readonly string[];
  /** Once it is mounted: what it is called, and how further hosts mount it. */
  opened?: { readonly name: string; readonly mountOn: (host: string) => void };
  /** What it was called while it had the signature of the original. */
  readonly earlier: string[];
  /** It has a signature of its own: hosts mount it by themselves. */
  isOwn: boolean;
  busy: boolean;
}

/**
 * Copies of VMFS volumes that an array presents: LVM's header names the device the volume was made on, and
 * a host that finds another name there does not mount it. It is mounted as it is, where the original is
 * not, or gets a signature of its own (stack-upper reference, section 2; vmfs-ondisk, 3.6).
 */
export class VolumeCopies {
  /** By uid of the LUN and name of its snapshot. */
  private readonly captured = new Map<string, Captured>();
  /** By the uid of the LUN with the head. */
  private readonly copies = new Map<string, Copy>();
  /** Hosts that have found a copy, once each. */
  private readonly told = new Set<string>();

  constructor(
    private readonly sim: Sim,
    private readonly parts: VolumeCopiesParts,
  ) {}

  /** A LUN has a new snapshot: it holds its volume as that is now. */
  taken(lun: Lun, snapshot: string): void {
    // Nobody will ever see what others hold.
    const isCopied = [...this.parts.arrays.values()].some(
      ({ luns, plan }) => luns.has(lun.uid) && plan.luns.some(({ copyOf }) => copyOf === lun.name),
    );
    if (!isCopied) return;
    for (const { volume, layout } of this.parts.volumes.values()) {
      if (layout.devices[0] !== lun.uid) continue;
      const { plan } = volume;
      const kept = volume instanceof RecordedVolume ? undefined : captureVolume(volume);
      const captured = { plan, volume: kept, layout: layout.copy() };
      this.captured.set(`${lun.uid} ${snapshot}`, captured);
    }
  }

  /** Only one that no LUN presents can be: nobody will ask for what it held. */
  deleted(lun: Lun, snapshot: string): void {
    this.captured.delete(`${lun.uid} ${snapshot}`);
  }

  present({ lun, snapshot, to }: CommandOf<'presentSnapshot'>, why: string): void {
    const { arrays } = this.parts;
    const { array, own } = findLun(arrays, lun);
    const copy = findLun(arrays, to);
    array.presentSnapshot(own, snapshot, copy.own, why);
  }

  /** A host looks at devices: it mounts volumes with signatures of their own, and tells of others. */
  rescanned(host: string, devices: readonly BuiltDevice[]): void {
    for (const { lun, disk } of devices) {
      if (!(lun instanceof CopyLun)) continue;
      const request = { op: READ, lba: LVM_HEADER_AT / BLOCK_BYTES, blocks: 1 };
      this.parts.own.issue(disk.whole, request, (status) => {
        if (status === 0) this.looked(host, lun);
      });
    }
  }

  /** Mounts a copy with the signature of the original. */
  forceMount({ host, lun }: CommandOf<'mountCopy'>, why: string): void {
    const copy = this.copyOf(host, lun);
    const { plan } = copy.captured;
    const original = this.parts.volumes.get(plan.name)?.hosts.get(host);
    if (copy.isOwn) throw this.refused(lun, 'has a signature of its own', 'a rescan mounts it');
    const own = this.parts.volumes.get(copy.opened?.name ?? '')?.hosts.get(host);
    if (own?.mount.mounted) throw this.refused(lun, `is mounted on ${host} already`);
    if (original?.mount.mounted) {
      const hint = 'unmount that first, or give the copy a signature of its own (resignature)';
      throw this.refused(lun, `holds ${plan.name}, which ${host} has mounted itself`, hint);
    }
    this.mount(copy, host, this.freeName(plan.name), why);
  }

  /** As hosts call a second volume with the same label (from memory). */
  private freeName(label: string): string {
    let number = 1;
    while (this.parts.volumes.has(`${label} (${number})`)) number++;
    return `${label} (${number})`;
  }

  /**
   * Why a host must not mount a datastore: it has a copy with the same signature, or the other way round;
   * or it was a copy that has a signature of its own since.
   */
  refusalOf(host: string, datastore: string): Refusal | undefined {
    for (const { captured, opened, isOwn, earlier } of this.copies.values()) {
      if (earlier.includes(datastore)) {
        const now = opened?.name ?? 'the datastore it becomes';
        return { what: 'it has been given a signature of its own', hint: `mount ${now}` };
      }
      if (isOwn || opened === undefined) continue;
      const twins = [captured.plan.name, opened.name];
      const twin = twins[1 - twins.indexOf(datastore)];
      if (twin === undefined || !twins.includes(datastore)) continue;
      const mount = this.parts.volumes.get(twin)?.hosts.get(host)?.mount;
      if (!mount?.mounted) continue;
      const what = `${twin}, a volume with the same signature, is mounted`;
      return { what, hint: 'unmount that first, or resignature the copy' };
    }
    return undefined;
  }

  /** Gives a copy a signature, and a name, of its own; then the host mounts it. */
  resignature({ host, lun }: CommandOf<'resignature'>, why: string): void {
    const copy = this.copyOf(host, lun);
    const { captured, uids } = copy;
    if (copy.isOwn) throw this.refused(lun, 'has a signature of its own already');
    if (copy.busy) throw this.refused(lun, 'is getting one just now');
    const mounted = [
      ...(this.parts.volumes.get(copy.opened?.name ?? '')?.hosts ?? new Map<string, never>()),
    ].find(([, { mount }]) => mount.mounted);
    if (mounted !== undefined) {
      throw this.refused(lun, `is mounted on ${mounted[0]} as it is`, 'unmount it there first');
    }
    this.forget(copy, lun);
    const random = this.sim.random.stream(`signature of ${uids[0]}`);
    const label = captured.plan.name;
    const { name, phases: writes } =
      captured.volume === undefined
        ? signatureBytes(uids, this.imagesOf(uids), random)
        : signatureWrites(uids, label, vmfsVersion(captured.plan.version), random);
    const { devices } = this.parts.hosts.get(host) as BuiltHost;
    const phases = writes.map((phase) =>
      phase.map(({ uid, ...request }) => ({
        device: (devices.get(uid) as BuiltDevice).disk.whole,
        request: { op: WRITE, ...request },
      })),
    );
    copy.busy = true;
    this.parts.own.issuePhases(phases, (status, sense) => {
      copy.busy = false;
      if (status !== 0) {
        const what = `not resignatured: ${formatStatus(status, sense)}`;
        this.sim.log.note('vmfs.resignature.failed', captured.plan.name, what, why);
        return;
      }
      copy.isOwn = true;
      const what = `${host}: ${lun}, a copy of ${captured.plan.name}, is ${name}`;
      this.sim.log.note('vmfs.resignatured', name, what, why);
      this.mountLater(copy, host, name, why);
    });
  }

  /** What it was mounted as with the signature of the original is no more. */
  private forget(copy: Copy, lun: string): void {
    if (copy.opened === undefined) return;
    const { name } = copy.opened;
    const volume = this.parts.volumes.get(name)?.volume;
    if (volume instanceof RecordedVolume && !volume.unmount()) {
      const hint = 'wait until it is done';
      throw this.refused(lun, 'is still written by a host that had it mounted', hint);
    }
    copy.earlier.push(name);
    delete copy.opened;
  }

  private looked(host: string, lun: CopyLun): void {
    const copy = this.findCopy(lun);
    if (copy === undefined) return;
    const { opened, isOwn, captured } = copy;
    const key = `${host} ${lun.uid}`;
    if (isOwn && opened !== undefined) {
      const has = this.parts.volumes.get(opened.name)?.hosts.has(host);
      if (has !== true && this.seesAll(host, copy)) {
        this.mountLater(copy, host, opened.name, 'rescan');
      }
    } else if (!isOwn && !this.told.has(key)) {
      this.told.add(key);
      const made = captured.layout.devices[copy.uids.indexOf(lun.uid)];
      const what = `${host}: ${lun.uid} (${lun.name}) holds a copy, made on ${made}; not mounted`;
      this.sim.log.note('vmfs.unresolved', captured.plan.name, what, 'rescan');
    }
  }

  /** The volume a LUN has a part of; undefined while it is not known what is on it. */
  private findCopy(lun: CopyLun): Copy | undefined {
    for (const [key, captured] of this.captured) {
      const [, snapshot] = splitKey(key);
      const uids = captured.layout.devices.map((uid) => this.presentedAs(uid, snapshot));
      const [head] = uids;
      if (head === undefined || !uids.includes(lun.uid)) continue;
      const known = this.copies.get(head);
      if (known !== undefined && known.uids.length === captured.layout.devices.length) return known;
      const found = uids.flatMap((uid) => uid ?? []);
      const copy = { captured, uids: found, earlier: [], isOwn: false, busy: false };
      this.copies.set(head, copy);
      return copy;
    }
    return undefined;
  }

  /** The LUN that presents a snapshot of a device. */
  private presentedAs(uid: string, snapshot: string): string | undefined {
    for (const { luns } of this.parts.arrays.values()) {
      const source = luns.get(uid);
      if (!(source instanceof SnapshotLun)) continue;
      for (const lun of luns.values()) {
        if (lun instanceof CopyLun && lun.presents(source, snapshot)) return lun.uid;
      }
    }
    return undefined;
  }

  /** @throws InputError when the host does not see all of a copy there */
  private copyOf(host: string, lun: string): Copy {
    const { own } = findLun(this.parts.arrays, lun);
    if (!this.parts.hosts.has(host)) throw InputError.of(`host ${host}`, 'there is no such host');
    const copy = own instanceof CopyLun ? this.findCopy(own) : undefined;
    if (copy === undefined) {
      throw this.refused(lun, 'holds no copy of a VMFS volume', 'present a snapshot as it first');
    }
    if (!this.seesAll(host, copy)) {
      const hint = 'present snapshots of all its extents, and let the host rescan';
      throw this.refused(lun, `${host} does not see all extents of the copy`, hint);
    }
    return copy;
  }

  private seesAll(host: string, { captured, uids, opened }: Copy): boolean {
    const devices = this.parts.hosts.get(host)?.devices;
    const isWhole = uids.length === captured.layout.devices.length;
    // It may have been extended since it was first mounted.
    const now = this.parts.volumes.get(opened?.name ?? '')?.layout.devices ?? uids;
    return isWhole && now.every((uid) => devices?.get(uid)?.psa.state === DEVICE_ON);
  }

  /** Nobody waits for it: what is in the way is an event. */
  private mountLater(copy: Copy, host: string, name: string, why: string): void {
    try {
      this.mount(copy, host, name, why);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const what = `${host} has not mounted it: ${error.problems[0].message}`;
      this.sim.log.note('vmfs.resignature.failed', name, what, why);
    }
  }

  private mount(copy: Copy, host: string, name: string, why: string): void {
    if (copy.opened === undefined) {
      const { plan, volume, layout } = copy.captured;
      const { sioc: _sioc, reclaim: _reclaim, ...rest } = plan;
      const hosts: string[] = [];
      const own = { ...rest, name, extents: copy.uids, hosts, usedBytes: 0 };
      const mountOn = this.parts.open(own, layout.copy(copy.uids), (numbers) =>
        volume === undefined
          ? RecordedVolume.openCopy(this.sim, own, numbers, this.imagesOf(copy.uids))
          : new VolumeCopy(this.sim, own, numbers, volume),
      );
      copy.opened = {
        name,
        mountOn: (on) => {
          mountOn(on);
          hosts.push(on);
        },
      };
      this.parts.onOpened(own);
    }
    const known = this.parts.volumes.get(copy.opened.name)?.hosts.get(host);
    if (known === undefined) copy.opened.mountOn(host);
    else known.mount.remount();
    const { log } = this.sim;
    log.note('datastore.mounted', copy.opened.name, `${host} has mounted it`, why);
  }

  /** What LUNs that keep bytes hold. */
  private imagesOf(uids: readonly string[]): BlockMedium[] {
    const images = imagesOf(this.parts.arrays);
    return uids.map((uid) => images.get(uid) as BlockMedium);
  }

  private refused(lun: string, what: string, hint?: string): InputError {
    return InputError.of(`LUN ${lun}`, what, hint);
  }
}

function splitKey(key: string): [uid: string, snapshot: string] {
  const at = key.indexOf(' ');
  return [key.slice(0, at), key.slice(at + 1)];
}
