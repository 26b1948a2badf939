import { BLOCK_BYTES, READ, READ_CAPACITY } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { formatSize } from '../core/units.js';
import { lvmLayout } from '../formats/vmfs/extent-places.js';
import type { OffloadExtent } from '../operations/store.js';
import { PARTITION_START } from '../stack/block/disk-driver.js';
import { LvmVolume } from '../stack/block/lvm-volume.js';
import type { Ended, OwnIo } from '../stack/block/own-io.js';
import type { VolumeLayout, VolumePart } from '../stack/block/volume-layout.js';
import { FILE_BLOCK } from '../stack/filesystem/file.js';
import type { VmfsVersion } from '../stack/filesystem/vmfs/layout.js';
import type { DeviceQueue } from '../stack/scheduler/device-queue.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';

export interface HostVolumeOptions {
  readonly datastore: string;
  readonly layout: VolumeLayout;
  /** Of LVM, as its file system. */
  readonly major: VmfsVersion;
  readonly own: OwnIo;
}

/**
 * A volume as one host knows it. What another host has added to it this one finds when it looks: at a
 * rescan, when the datastore is refreshed, or when it meets an address beyond the end it knows.
 */
export class HostVolume {
  readonly lvm: LvmVolume;
  /** For the data mover, which asks the file system where blocks are: all there are. */
  readonly extents: OffloadExtent[] = [];
  /** Of its devices; grows with the volume. */
  readonly queues: DeviceQueue[] = [];
  private looking: Ended[] | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly host: BuiltHost,
    private readonly options: HostVolumeOptions,
  ) {
    const { datastore, layout } = options;
    const extents = [...layout.parts];
    const names = { host: host.plan.name, datastore, extents, blocksNow: () => layout.blocks };
    const disks = extents.map(({ uid }) => this.device(uid).driver);
    this.lvm = new LvmVolume(sim, names, disks);
    this.lvm.onBeyond = () =>
      this.look((status, sense) => {
        if (status === 0) this.lvm.resume();
        else this.lvm.notFound(status, sense);
      });
    for (const part of extents) this.note(part);
    layout.onAdded((part) => this.note(part));
  }

  device(uid: string): BuiltDevice {
    return this.host.devices.get(uid) as BuiltDevice;
  }

  /** Reads capacities and LVM's records, and takes over what they say. */
  look(ended: Ended): void {
    if (this.looking !== undefined) {
      this.looking.push(ended);
      return;
    }
    this.looking = [ended];
    const { layout, major } = this.options;
    const { volumeAt } = lvmLayout(major);
    const request = { op: READ, lba: volumeAt / BLOCK_BYTES, blocks: 1 };
    const uids = [...layout.devices];
    const { own } = this.options;
    let left = uids.length;
    let head: readonly [number, number] = [0, 0];
    for (const [extent, uid] of uids.entries()) {
      const device = this.device(uid);
      readCapacity(this.sim, own, this.host.plan.name, device, () => {
        own.issue(device.disk.whole, request, (status, sense) => {
          // What the volume consists of, its head says.
          if (extent === 0) head = [status, sense];
          if (--left === 0) this.looked(...head);
        });
      });
    }
  }

  /** Takes over what is on the devices, which this host has just written itself. */
  learn(): void {
    const { lvm, options } = this;
    for (const part of options.layout.parts.slice(lvm.count)) {
      lvm.append(part, this.device(part.uid).driver);
    }
  }

  private looked(status: number, sense: number): void {
    const { looking = [] } = this;
    this.looking = undefined;
    if (status === 0) this.learn();
    for (const ended of looking) ended(status, sense);
  }

  private note({ uid, startBlock, blocks }: VolumePart): void {
    const { lun, array, psa, queue } = this.device(uid);
    const first = this.extents.at(-1)?.end ?? 0;
    this.extents.push({
      first,
      end: first + blocks / FILE_BLOCK,
      shift: PARTITION_START + startBlock - first * FILE_BLOCK,
      device: { unit: lun.index, array: array.name, vaai: psa.vaai },
    });
    if (!this.queues.includes(queue)) this.queues.push(queue);
  }
}

/** READ CAPACITY: from then on the host goes by what the device says. */
export function readCapacity(
  sim: Sim,
  own: OwnIo,
  host: string,
  { disk, lun }: BuiltDevice,
  ended: Ended,
): void {
  own.issue(disk.whole, { op: READ_CAPACITY, lba: 0, blocks: 0 }, (status, sense) => {
    const before = disk.sizeBlocks;
    const { sizeBlocks } = lun;
    if (status === 0 && sizeBlocks !== before) {
      disk.resize(sizeBlocks);
      const what = `${formatSize(sizeBlocks * BLOCK_BYTES)}, was ${formatSize(before * BLOCK_BYTES)}`;
      sim.log.note('device.capacity', `${host} ${lun.uid}`, what, 'read again');
    }
    ended(status, sense);
  });
}
