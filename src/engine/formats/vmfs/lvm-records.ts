import { FormatError } from '../../core/errors.js';
import { getText, getU32, getU64, getU64Saturated, putText, putU32, putU64 } from './bytes.js';
import { getUuid, putUuid, type Uuid } from './uuid.js';

/** Records of the logical volume manager on each device (reference, section 3). */

export const LVM_HEADER_AT = 0x100000;
export const LVM_DATA_AT = 0x1100000;
export const EXTENT_BYTES = 0x10000000;
export const LVM_MAGIC = 0xc001d00d;
/** Physical extents described by one pair of bitmap and table: 2 TiB. */
export const EXTENTS_PER_MAP = 8192;
export const EXTENT_RECORD_BYTES = 128;
/** Devices of one volume: 1 to 32. */
export const DEVICES_MAX = 32;
export const LVM_RECORD_BYTES = 512;
/** Names of devices came with LVM 5. */
export const LVM_WITH_NAMES = 5;

export interface DeviceHeader {
  readonly major: number;
  readonly minor: number;
  readonly deviceBytes: number;
  /** Volumes with a part on the device; LVM allows more than one, hosts make one. */
  readonly volumes: number;
  /** Records in the table of extents: one for each 256 MiB, on LVM 6 one for up to 16 TiB. */
  readonly records: number;
  /** Number of the last record. */
  readonly lastRecord: number;
  /** VMFS 6: bytes of a unit of metadata. */
  readonly unitBytes: number;
  readonly generation: number;
  readonly dataAt: number;
  readonly uuid: Uuid;
  /** What the device said it was when the volume was made on it: VPD page 83 or a serial number. */
  readonly diskId: Uint8Array;
  /** Microseconds since 1970. */
  readonly createdAt: number;
  /** Extent maps that follow the header, each of 8,192 records. */
  readonly maps: number;
  /** Bytes from the start of the device to the region with further ones; zero without any. */
  readonly nextRegionAt: number;
}

/** What a new header is made of. */
export interface NewDeviceHeader
  extends Omit<DeviceHeader, 'volumes' | 'lastRecord' | 'unitBytes'> {
  /** Extents of 256 MiB, which the header of LVM 6 counts as well. */
  readonly extents: number;
}

export const DISK_ID_AT = 0x2e;
export const DISK_ID_BYTES = 44;

/** Disk id of the kind VPD page 83 has. */
export function putDiskId(bytes: Uint8Array, id: Uint8Array): void {
  bytes[0x0c] = 1;
  bytes[0x0d] = id.length;
  bytes.fill(0, DISK_ID_AT, DISK_ID_AT + DISK_ID_BYTES);
  bytes.set(id, DISK_ID_AT);
}

/**
 * A disk id as ESXi shows it, in hex digits; that of a local disk is text, its serial number and model (in
 * the raw device mapping that dissect.vmfs has for a test).
 */
export function showDiskId(id: Uint8Array): string {
  if (id.length > 0 && id.every((byte) => byte >= 0x20 && byte < 0x7f)) {
    return String.fromCharCode(...id).trim();
  }
  const digits = [...id].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `naa.${digits}`;
}

/** @throws FormatError where there is no LVM header, or one of another version */
export function decodeDeviceHeader(bytes: Uint8Array): DeviceHeader {
  const magic = getU32(bytes, 0);
  if (magic !== LVM_MAGIC) {
    throw new FormatError(
      `no LVM header at byte ${LVM_HEADER_AT}: found ${magic.toString(16)}, expected c001d00d`,
    );
  }
  const major = getU32(bytes, 0x04);
  if (major < 3 || major > 6) {
    throw new FormatError(`LVM version ${major}, expected 3 to 6`);
  }
  return {
    major,
    minor: getU32(bytes, 0x08),
    deviceBytes: getU64Saturated(bytes, 0x5e),
    volumes: getU32(bytes, 0x66),
    records: getU32(bytes, 0x6a),
    lastRecord: getU32(bytes, 0x6e),
    unitBytes: getU32(bytes, 0xca),
    generation: getU64Saturated(bytes, 0x72),
    dataAt: getU64(bytes, 0x7a),
    uuid: getUuid(bytes, 0x82),
    diskId: bytes.slice(DISK_ID_AT, DISK_ID_AT + Math.min(bytes[0x0d], DISK_ID_BYTES)),
    createdAt: getU64Saturated(bytes, 0x92),
    // Older versions leave it zero, and mean one.
    maps: getU32(bytes, 0xbe) || 1,
    nextRegionAt: getU64Saturated(bytes, 0xc2),
  };
}

export function encodeDeviceHeader(header: NewDeviceHeader): Uint8Array {
  const bytes = new Uint8Array(LVM_RECORD_BYTES);
  putU32(bytes, 0x00, LVM_MAGIC);
  putU32(bytes, 0x04, header.major);
  putU32(bytes, 0x08, header.minor);
  putText(bytes, 0x12, 8, 'vmtop   ');
  putText(bytes, 0x1a, 16, 'image           ');
  putText(bytes, 0x2a, 4, '1.0 ');
  putDiskId(bytes, header.diskId);
  bytes[0x11] = 5;
  putU32(bytes, 0x5a, 512);
  putU64(bytes, 0x5e, header.deviceBytes);
  putU32(bytes, 0x66, 1);
  putU32(bytes, 0x6a, header.records);
  putU32(bytes, 0x6e, header.records - 1);
  putU64(bytes, 0x72, header.generation);
  putU64(bytes, 0x7a, header.dataAt);
  putUuid(bytes, 0x82, header.uuid);
  putU64(bytes, 0x92, header.createdAt);
  putU64(bytes, 0x9a, header.createdAt);
  putU32(bytes, 0xbe, header.maps);
  putU64(bytes, 0xc2, header.nextRegionAt);
  if (header.major === 6) {
    putU32(bytes, 0xca, 4096);
    putU32(bytes, 0xce, header.extents);
  }
  return bytes;
}

/** What a device says of the volume it is a part of. */
export interface VolumeRecord {
  /** Of the whole volume, a multiple of 256 MiB. */
  readonly volumeBytes: number;
  readonly generation: number;
  readonly state: number;
  /** The UUID as text. */
  readonly name: string;
  readonly uuid: Uuid;
  readonly createdAt: number;
  /** Number of the volume on the device, which its extents bear. */
  readonly index: number;
  readonly extents: number;
  /** Logical numbers of the physical extents on this device, both inclusive. */
  readonly firstExtent: number;
  readonly lastExtent: number;
  readonly devices: number;
}

/** @throws FormatError where there is no volume, or its numbers contradict one another */
export function decodeVolumeRecord(bytes: Uint8Array): VolumeRecord {
  const record = {
    volumeBytes: getU64(bytes, 0x00),
    generation: getU64Saturated(bytes, 0x08),
    state: getU32(bytes, 0x10),
    name: getText(bytes, 0x14, 64),
    uuid: getUuid(bytes, 0x54),
    createdAt: getU64Saturated(bytes, 0x68),
    index: getU32(bytes, 0x70),
    extents: getU32(bytes, 0x74),
    firstExtent: getU64(bytes, 0x78),
    lastExtent: getU64(bytes, 0x80),
    devices: getU32(bytes, 0x90),
  };
  if (record.volumeBytes === 0 && record.devices === 0) {
    throw new FormatError('the device is prepared for volumes but has none: it was removed');
  }
  if (record.volumeBytes === 0 || record.volumeBytes % EXTENT_BYTES !== 0) {
    throw new FormatError(
      `volume of ${record.volumeBytes} bytes, expected a multiple of 256 MiB above zero`,
    );
  }
  const { firstExtent, lastExtent } = record;
  if (lastExtent < firstExtent || (lastExtent + 1) * EXTENT_BYTES > record.volumeBytes) {
    throw new FormatError(
      `extents ${firstExtent} to ${lastExtent} do not lie in a volume of ${record.volumeBytes} bytes`,
    );
  }
  if (record.devices < 1 || record.devices > DEVICES_MAX) {
    throw new FormatError(`volume on ${record.devices} devices, expected 1 to ${DEVICES_MAX}`);
  }
  return record;
}

/** What a new record is made of. */
export interface NewVolumeRecord extends Omit<VolumeRecord, 'name' | 'index'> {
  /** Records of the table of extents it has; the VMFS 6 sample says so, that of VMFS 3 does not. */
  readonly records: number;
}

export function encodeVolumeRecord(record: NewVolumeRecord): Uint8Array {
  const bytes = new Uint8Array(LVM_RECORD_BYTES);
  putU64(bytes, 0x00, record.volumeBytes);
  putU64(bytes, 0x08, record.generation);
  putU32(bytes, 0x10, record.state);
  putText(bytes, 0x14, 64, record.uuid);
  putUuid(bytes, 0x54, record.uuid);
  putU32(bytes, 0x64, 1);
  putU64(bytes, 0x68, record.createdAt);
  putU32(bytes, 0x74, record.extents);
  putU64(bytes, 0x78, record.firstExtent);
  putU64(bytes, 0x80, record.lastExtent);
  putU64(bytes, 0x88, record.createdAt);
  putU32(bytes, 0x90, record.devices);
  putU32(bytes, 0x110, record.records);
  return bytes;
}

/** Physical extents of a device that follow one another: one, on LVM 6 as many as 16 TiB have. */
export interface ExtentRecord {
  readonly used: boolean;
  readonly id: number;
  /** Number of its volume on the device. */
  readonly volume: number;
  readonly physicalAt: number;
  readonly logicalAt: number;
  readonly bytes: number;
}

export function decodeExtentRecord(bytes: Uint8Array): ExtentRecord {
  return {
    used: bytes[0] === 1,
    id: getU32(bytes, 0x01),
    volume: getU32(bytes, 0x05),
    physicalAt: getU64Saturated(bytes, 0x09),
    logicalAt: getU64Saturated(bytes, 0x11),
    bytes: getU64Saturated(bytes, 0x19),
  };
}

export function encodeExtentRecord(into: Uint8Array, at: number, record: ExtentRecord): void {
  into[at] = record.used ? 1 : 0;
  putU32(into, at + 0x01, record.id);
  putU32(into, at + 0x05, record.volume);
  putU64(into, at + 0x09, record.physicalAt);
  putU64(into, at + 0x11, record.logicalAt);
  putU64(into, at + 0x19, record.bytes);
  // Version: 1 on both sample volumes.
  putU32(into, at + 0x21, 1);
}
