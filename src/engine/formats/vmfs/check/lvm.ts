import { FormatError } from '../../../core/errors.js';
import type { LogicalVolume, VolumeDevice } from '../logical-volume.js';
import {
  decodeExtentRecord,
  EXTENT_BYTES,
  EXTENT_RECORD_BYTES,
  EXTENTS_PER_MAP,
  extentMapAt,
  extentMaps,
  LVM_DATA_AT,
  lvmLayout,
} from '../lvm-records.js';
import { MEDIUM_BLOCK_BYTES } from '../medium.js';
import { VmfsPartition } from '../partition.js';
import { isUuid } from '../uuid.js';
import type { Findings } from './findings.js';

/** States of a volume record (reference, section 3.3). */
const NORMAL_STATE = 1;
const RESIGNATURE_STATES = [2, 3];

/** Does the table of physical extents say what the volume records say. */
export function checkLvm(volume: LogicalVolume, findings: Findings): void {
  if (!volume.complete) {
    const detail = `${volume.devices.length} of ${volume.record.devices} devices are here; missing are ${volume.missing}`;
    findings.add('device-missing', volume.devices[0].medium.name, detail);
  } else if (volume.missing !== '') {
    const detail = `the volume has ${volume.bytes} bytes, its devices lack ${volume.missing}`;
    findings.add('extent-table', volume.devices[0].medium.name, detail);
  }
  for (const device of volume.devices) {
    const { medium } = device;
    if (medium instanceof VmfsPartition && medium.entry.table === 'gpt') {
      for (const problem of medium.entry.gpt.problems) {
        findings.add('partition-table', medium.name, problem);
      }
    }
    try {
      checkDevice(device, volume, findings);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      findings.add('extent-table', device.medium.name, error.message);
    }
  }
}

function checkDevice(device: VolumeDevice, volume: LogicalVolume, findings: Findings): void {
  const { medium, header, record } = device;
  const wrong = (detail: string): void => findings.add('extent-table', medium.name, detail);
  const count = record.lastExtent - record.firstExtent + 1;
  if (record.extents !== count) {
    wrong(`the volume record counts ${record.extents} extents, its range has ${count}`);
  }
  if (isUuid(record.name) && record.name !== record.uuid) {
    findings.add('unfamiliar', medium.name, `the volume is named ${JSON.stringify(record.name)}`);
  }
  if (RESIGNATURE_STATES.includes(record.state)) {
    findings.add('resignature', medium.name, `the volume is in state ${record.state}`);
  } else if (record.state !== NORMAL_STATE) {
    findings.add('lvm-header', medium.name, `the volume is in state ${record.state}`);
  }
  if (header.lastSlot !== header.extents - 1) {
    const detail = `counts ${header.extents} extents, the last one is ${header.lastSlot}`;
    findings.add('unfamiliar', medium.name, detail);
  }
  // There is room for extents of other volumes, and for free ones, in the format.
  if (header.extents > count) {
    const detail = `counts ${header.extents} extents, the volume has ${count} of them`;
    findings.add('unfamiliar', medium.name, detail);
  }
  if (volume.major === 6 && header.unitBytes !== 4096) {
    findings.add('lvm-header', medium.name, `metadata in units of ${header.unitBytes} bytes`);
  }
  if (header.dataAt !== LVM_DATA_AT) wrong(`data from byte ${header.dataAt}`);
  const bytes = LVM_DATA_AT + count * EXTENT_BYTES;
  if (bytes > medium.blocks * MEDIUM_BLOCK_BYTES) {
    wrong(`${count} extents need ${bytes} bytes, there are ${medium.blocks * MEDIUM_BLOCK_BYTES}`);
  }
  checkExtents(device, count, wrong);
}

/**
 * Extents follow one another on the device and on the volume. A record stands for one of 256 MiB, on VMFS 6
 * also for several (the sample volume), which may be numbered by the first of them.
 */
function checkExtents(
  { medium, header, record }: VolumeDevice,
  count: number,
  wrong: (detail: string) => void,
): void {
  const { bitmapBytes } = lvmLayout(header.major);
  const slots = Math.min(header.extents, count);
  /** Extents the records so far stand for. */
  let done = 0;
  for (let map = 0; map < extentMaps(slots); map++) {
    const at = extentMapAt(header, map);
    const first = map * EXTENTS_PER_MAP;
    const here = Math.min(slots - first, EXTENTS_PER_MAP);
    const table = new Uint8Array(
      Math.ceil((bitmapBytes + here * EXTENT_RECORD_BYTES) / MEDIUM_BLOCK_BYTES) *
        MEDIUM_BLOCK_BYTES,
    );
    const lba = at / MEDIUM_BLOCK_BYTES;
    const blocks = table.length / MEDIUM_BLOCK_BYTES;
    if (!Number.isInteger(lba) || lba + blocks > medium.blocks) {
      throw new FormatError(`extent map ${map} at byte ${at} lies beyond the device`);
    }
    medium.read(lba, blocks, table);
    for (let index = 0; index < here; index++) {
      const id = first + index;
      const from = bitmapBytes + index * EXTENT_RECORD_BYTES;
      const extent = decodeExtentRecord(table.subarray(from, from + EXTENT_RECORD_BYTES));
      const marked = ((table[index >> 3] >> (index & 7)) & 1) === 1;
      if (!marked || !extent.used) wrong(`extent ${id} of the volume is marked free`);
      else if (
        extent.physicalAt !== LVM_DATA_AT + done * EXTENT_BYTES ||
        extent.logicalAt !== (record.firstExtent + done) * EXTENT_BYTES
      ) {
        wrong(`extent ${id} lies at ${extent.physicalAt} for ${extent.logicalAt} of the volume`);
      } else if (
        ![id, done].includes(extent.id) ||
        extent.bytes === 0 ||
        extent.bytes % EXTENT_BYTES !== 0
      ) {
        wrong(`record ${id} says it is extent ${extent.id}, of ${extent.bytes} bytes`);
      }
      done += header.major === 6 ? Math.max(1, Math.floor(extent.bytes / EXTENT_BYTES)) : 1;
    }
  }
  if (done !== count) wrong(`records for ${done} extents, the volume has ${count} here`);
}
