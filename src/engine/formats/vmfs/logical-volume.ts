import { FormatError } from '../../core/errors.js';
import { formatSize } from '../../core/units.js';
import { bareFileSystem, isBare } from './bare-file-system.js';
import { lvmLayout } from './extent-places.js';
import { type ExtentRun, type ExtentTable, readExtentTable } from './extent-table.js';
import {
  type DeviceHeader,
  decodeDeviceHeader,
  decodeVolumeRecord,
  EXTENT_BYTES,
  LVM_HEADER_AT,
  LVM_RECORD_BYTES,
  type VolumeRecord,
} from './lvm-records.js';
import { type BlockMedium, MEDIUM_BLOCK_BYTES } from './medium.js';
import { findVmfsPartition, hasVmfsPartition, otherVmfsPartitions } from './partition.js';
import type { Uuid } from './uuid.js';

/** A device that is part of a volume. */
export interface VolumeDevice {
  readonly medium: BlockMedium;
  readonly header: DeviceHeader;
  readonly record: VolumeRecord;
  /** Where on the device its part of the volume lies. */
  readonly table: ExtentTable;
}

/** The bytes of a volume as its file system uses them. */
export interface VolumeBytes {
  readonly bytes: number;
  readonly record: VolumeRecord;
  readonly major: number;
  readonly devices: readonly VolumeDevice[];
  /** @param lock see `Store.read` */
  read(at: number, into: Uint8Array, lock?: number): void;
  /** @param lock see `Store.read` */
  write(at: number, bytes: Uint8Array, lock?: number): void;
  flush(): void;
}

interface Stretch {
  readonly medium: BlockMedium;
  readonly run: ExtentRun;
}

/** The bytes of a volume over its 1 to 32 devices (reference, section 3). */
export class LogicalVolume implements VolumeBytes {
  readonly bytes: number;
  readonly record: VolumeRecord;
  readonly major: number;
  /** All there is of the volume, in the order of its addresses. */
  private readonly stretches: readonly Stretch[];

  /** @param devices in the order of their extents; the first one is the head */
  private constructor(readonly devices: readonly VolumeDevice[]) {
    const head = devices[0];
    this.record = head.record;
    this.major = head.header.major;
    this.bytes = head.record.volumeBytes;
    this.stretches = devices.flatMap(({ medium, table }) =>
      table.runs.map((run) => ({ medium, run })),
    );
  }

  /**
   * Puts the media of one volume together, in whatever order they are given.
   * @throws FormatError where they are no volume, not of one volume, or the head is missing
   */
  static open(media: readonly BlockMedium[]): LogicalVolume {
    return LogicalVolume.assemble(media.flatMap(openDevices));
  }

  /**
   * Like `open` for a volume that was cut off while it grew: the head, which learns of it last, is right.
   */
  static openInterrupted(media: readonly BlockMedium[]): LogicalVolume {
    const devices = media.flatMap(openDevices);
    const head = devices.find(({ record }) => record.firstExtent === 0)?.record;
    if (head === undefined) return LogicalVolume.assemble(devices);
    const { volumeBytes, generation, devices: count, uuid } = head;
    const last = volumeBytes / EXTENT_BYTES - 1;
    return LogicalVolume.assemble(
      devices
        .filter(({ record }) => record.uuid !== uuid || record.firstExtent <= last)
        .map(({ medium, header, record }) => {
          const lastExtent = Math.min(record.lastExtent, last);
          const extents = lastExtent + 1 - record.firstExtent;
          const right = { volumeBytes, generation, devices: count, lastExtent, extents };
          return withTable(medium, header, { ...record, ...right });
        }),
    );
  }

  /** UUID of the volume a medium is a part of. */
  static uuidOn(medium: BlockMedium): Uuid {
    return openDevices(medium)[0].record.uuid;
  }

  private static assemble(devices: VolumeDevice[]): LogicalVolume {
    devices.sort((one, other) => one.record.firstExtent - other.record.firstExtent);
    const [head] = devices;
    if (head === undefined) throw new FormatError('a volume needs at least one device');
    let next = 0;
    for (const { medium, header, record } of devices) {
      const differs = [
        ['UUID', record.uuid, head.record.uuid],
        ['size', record.volumeBytes, head.record.volumeBytes],
        ['number of devices', record.devices, head.record.devices],
        ['LVM version', header.major, head.header.major],
      ].find(([, one, other]) => one !== other);
      if (differs !== undefined) {
        const [what, one, other] = differs;
        throw new FormatError(
          `${medium.name}: volume ${what} ${one}, but ${head.medium.name} says ${other}: ` +
            'they are not of one volume, or it was cut off while it grew (vmtop volume grow completes it)',
        );
      }
      if (record.firstExtent < next) {
        throw new FormatError(`${medium.name}: the same extents are on another device as well`);
      }
      next = record.lastExtent + 1;
    }
    if (head.record.firstExtent !== 0) {
      throw new FormatError(
        `${head.medium.name}: it begins with extent ${head.record.firstExtent} of its volume; ` +
          'the head extent is missing, which holds the file system descriptor: give all images',
      );
    }
    return new LogicalVolume(devices);
  }

  /** The device with the file system descriptor. */
  get head(): VolumeDevice {
    return this.devices[0];
  }

  /** The device with the end of the volume. */
  get last(): VolumeDevice {
    return this.devices[this.devices.length - 1];
  }

  /** True where every device of the volume is there. */
  get complete(): boolean {
    return this.devices.length === this.record.devices;
  }

  /** Which parts of the volume are not here, in words; empty where all are. */
  get missing(): string {
    const gaps: string[] = [];
    let next = 0;
    const gap = (to: number): void => {
      const size = formatSize((to - next) * EXTENT_BYTES);
      if (to > next) gaps.push(`extents ${next} to ${to - 1} (${size})`);
    };
    for (const { record } of this.devices) {
      gap(record.firstExtent);
      next = record.lastExtent + 1;
    }
    gap(this.bytes / EXTENT_BYTES);
    return gaps.join(', ');
  }

  /** True for a file system without LVM. */
  get bare(): boolean {
    return isBare(this.head);
  }

  get writable(): boolean {
    return !this.bare && this.complete && this.devices.every(({ medium }) => medium.writable);
  }

  /**
   * @param at byte address on the volume, a multiple of 512 as `into.length` is
   * @throws FormatError beyond the volume or on a missing device
   */
  read(at: number, into: Uint8Array): void {
    this.each(at, into.length, (medium, lba, from, length) =>
      medium.read(lba, length / MEDIUM_BLOCK_BYTES, into.subarray(from, from + length)),
    );
  }

  write(at: number, bytes: Uint8Array): void {
    this.each(at, bytes.length, (medium, lba, from, length) =>
      medium.write(lba, length / MEDIUM_BLOCK_BYTES, bytes.subarray(from, from + length)),
    );
  }

  flush(): void {
    for (const { medium } of this.devices) medium.flush();
  }

  private each(
    at: number,
    length: number,
    visit: (medium: BlockMedium, lba: number, from: number, length: number) => void,
  ): void {
    for (let done = 0; done < length; ) {
      const position = at + done;
      const stretch = this.stretchAt(position);
      if (stretch === undefined) throw new FormatError(this.noPlace(position));
      const { run, medium } = stretch;
      const inside = position - run.logicalAt;
      const part = Math.min(length - done, run.bytes - inside);
      const lba = (run.physicalAt + inside) / MEDIUM_BLOCK_BYTES;
      if (lba + part / MEDIUM_BLOCK_BYTES > medium.blocks) {
        throw new FormatError(
          `${medium.name} ends before byte ${run.physicalAt + inside + part}: it is cut short`,
        );
      }
      visit(medium, lba, done, part);
      done += part;
    }
  }

  /** The stretch an address lies in; undefined where there is none. */
  private stretchAt(address: number): Stretch | undefined {
    const { stretches } = this;
    let [low, high] = [0, stretches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (stretches[middle].run.logicalAt <= address) low = middle + 1;
      else high = middle;
    }
    const found = stretches[low - 1];
    return found !== undefined && address < found.run.logicalAt + found.run.bytes
      ? found
      : undefined;
  }

  private noPlace(address: number): string {
    if (address >= this.bytes) {
      return `address ${address} is beyond the volume's ${this.bytes} bytes`;
    }
    const extent = Math.floor(address / EXTENT_BYTES);
    const device = this.devices.find(
      ({ record }) => extent >= record.firstExtent && extent <= record.lastExtent,
    );
    return device === undefined
      ? `address ${address} lies on a device that is missing: ${this.missing}`
      : `${device.medium.name}: its table does not say where extent ${extent} of the volume is`;
  }
}

function withTable(medium: BlockMedium, header: DeviceHeader, record: VolumeRecord): VolumeDevice {
  return { medium, header, record, table: readExtentTable(medium, header, record) };
}

/**
 * What a medium has of its volume: one device, or several where that has more than one of its partitions,
 * as when a host of old extended a datastore into what was left of its LUN.
 */
export function openDevices(whole: BlockMedium): VolumeDevice[] {
  const bare = hasVmfsPartition(whole) ? undefined : bareFileSystem(whole);
  if (bare !== undefined) return [bare];
  const first = openDevice(whole, () => findVmfsPartition(whole));
  if (first.record.devices === 1) return [first];
  const all = [first];
  for (const part of otherVmfsPartitions(whole, first.medium)) {
    try {
      const other = openDevice(whole, () => part);
      if (other.record.uuid === first.record.uuid) all.push(other);
    } catch (error) {
      // Damaged or not, it need not belong to the volume; if it does, the volume lacks a device.
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return all;
}

/** @throws FormatError that names the whole medium */
function openDevice(whole: BlockMedium, part: () => BlockMedium): VolumeDevice {
  try {
    const medium = part();
    const sector = (at: number): Uint8Array => {
      const bytes = new Uint8Array(LVM_RECORD_BYTES);
      const lba = at / MEDIUM_BLOCK_BYTES;
      if (lba >= medium.blocks) throw new FormatError('the image is cut short');
      medium.read(lba, 1, bytes);
      return bytes;
    };
    const header = decodeDeviceHeader(sector(LVM_HEADER_AT));
    const record = decodeVolumeRecord(sector(lvmLayout(header.major).volumeAt));
    return withTable(medium, header, record);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`${whole.name}: ${error.message}`);
  }
}
