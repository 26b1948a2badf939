import type { LogicalVolume, VolumeDevice } from '../logical-volume.js';
import { LVM_DATA_AT } from '../lvm-records.js';
import { MEDIUM_BLOCK_BYTES } from '../medium.js';
import { LostPartition, VmfsPartition } from '../partition.js';
import { isUuid } from '../uuid.js';
import type { Findings } from './findings.js';

/** States of a volume record (reference, section 3.3). */
const NORMAL_STATE = 1;
const RESIGNATURE_STATES = [2, 3];

/** Does the table of physical extents say what the volume records say. */
export function checkLvm(volume: LogicalVolume, findings: Findings): void {
  if (volume.bare) {
    findings.add('unfamiliar', volume.head.medium.name, 'the file system has no LVM under it');
    return;
  }
  if (!volume.complete) {
    const detail = `${volume.devices.length} of ${volume.record.devices} devices are here; missing are ${volume.missing}`;
    findings.add('device-missing', volume.devices[0].medium.name, detail);
  } else if (volume.missing !== '') {
    const detail = `the volume has ${volume.bytes} bytes, its devices lack ${volume.missing}`;
    findings.add('extent-table', volume.devices[0].medium.name, detail);
  }
  for (const device of volume.devices) {
    const { medium } = device;
    if (medium instanceof LostPartition) {
      const detail = `no table names a VMFS partition; the volume was found from sector ${medium.first} on`;
      findings.add('partition-table', medium.name, detail);
    }
    if (medium instanceof VmfsPartition && medium.entry.table === 'gpt') {
      for (const problem of medium.entry.gpt.problems) {
        findings.add('partition-table', medium.name, problem);
      }
    }
    checkDevice(device, volume, findings);
  }
}

function checkDevice(device: VolumeDevice, volume: LogicalVolume, findings: Findings): void {
  const { medium, header, record, table } = device;
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
  if (header.lastRecord !== header.records - 1) {
    const detail = `counts ${header.records} extents, the last one is ${header.lastRecord}`;
    findings.add('unfamiliar', medium.name, detail);
  }
  // LVM allows several volumes on a device; no host has been seen to make a second one.
  if (header.volumes !== 1) {
    findings.add('unfamiliar', medium.name, `the device has parts of ${header.volumes} volumes`);
  }
  if (volume.major === 6 && header.unitBytes !== 4096) {
    findings.add('lvm-header', medium.name, `metadata in units of ${header.unitBytes} bytes`);
  }
  if (header.dataAt !== LVM_DATA_AT) wrong(`data from byte ${header.dataAt}`);
  const end = table.runs.reduce((most, run) => Math.max(most, run.physicalAt + run.bytes), 0);
  const bytes = medium.blocks * MEDIUM_BLOCK_BYTES;
  if (end > bytes) wrong(`its extents end at byte ${end}, the device at ${bytes}`);
  for (const problem of table.problems) wrong(problem);
}
