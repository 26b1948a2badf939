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
import type { Findings } from './findings.js';

/** Does the table of physical extents say what the volume records say. */
export function checkLvm(volume: LogicalVolume, findings: Findings): void {
  if (!volume.complete) {
    const detail = `${volume.devices.length} of ${volume.record.devices} devices are here; missing are ${volume.missing}`;
    findings.add('device-missing', volume.devices[0].medium.name, detail);
  }
  for (const device of volume.devices) {
    const { medium } = device;
    if (medium instanceof VmfsPartition && medium.entry.table === 'gpt') {
      for (const problem of medium.entry.gpt.problems) {
        findings.add('partition-table', medium.name, problem);
      }
    }
    try {
      checkDevice(device, findings);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      findings.add('extent-table', device.medium.name, error.message);
    }
  }
}

function checkDevice({ medium, header, record }: VolumeDevice, findings: Findings): void {
  const wrong = (detail: string): void => findings.add('extent-table', medium.name, detail);
  const count = record.lastExtent - record.firstExtent + 1;
  if (record.extents !== count) {
    wrong(`the volume record counts ${record.extents} extents, its range has ${count}`);
  }
  if (header.dataAt !== LVM_DATA_AT) wrong(`data from byte ${header.dataAt}`);
  const bytes = LVM_DATA_AT + count * EXTENT_BYTES;
  if (bytes > medium.blocks * MEDIUM_BLOCK_BYTES) {
    wrong(`${count} extents need ${bytes} bytes, there are ${medium.blocks * MEDIUM_BLOCK_BYTES}`);
  }
  const { bitmapBytes } = lvmLayout(header.major);
  const slots = Math.min(header.extents, count);
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
        extent.physicalAt !== LVM_DATA_AT + id * EXTENT_BYTES ||
        extent.logicalAt !== (record.firstExtent + id) * EXTENT_BYTES
      ) {
        wrong(`extent ${id} lies at ${extent.physicalAt} for ${extent.logicalAt} of the volume`);
      }
    }
  }
}
