/**
 * How a command ended, as the VMkernel keeps it: host, device and plug-in status in one word, and
 * sense data in another. Zero is success, so the common test is one comparison.
 * Codes: published VMkernel headers and SPC-4 (stack-lower reference, section 4).
 */
export const GOOD = 0;

/** Host status (H). */
export const HOST_NO_CONNECT = 0x1;
export const HOST_BUS_BUSY = 0x2;
export const HOST_TIMEOUT = 0x3;
export const HOST_ABORT = 0x5;
export const HOST_ERROR = 0x7;
export const HOST_RESET = 0x8;
export const HOST_RETRY = 0xc;

/** Device status (D). */
export const CHECK_CONDITION = 0x02;
export const BUSY = 0x08;
export const RESERVATION_CONFLICT = 0x18;
export const TASK_SET_FULL = 0x28;
export const TASK_ABORTED = 0x40;

/** Plug-in status (P). */
export const PLUGIN_TRANSIENT = 0x1;
/** The command relied on a SCSI-2 reservation that has been reset. */
export const PLUGIN_RESERVATION_LOST = 0x3;
export const PLUGIN_NOSPACE = 0x8;

export function hostStatus(host: number): number {
  return host << 16;
}

export function deviceStatus(device: number): number {
  return device << 8;
}

export function pluginStatus(plugin: number): number {
  return plugin;
}

export function hostOf(status: number): number {
  return (status >>> 16) & 0xff;
}

export function deviceOf(status: number): number {
  return (status >>> 8) & 0xff;
}

export function pluginOf(status: number): number {
  return status & 0xff;
}

/** Sense key, additional sense code and qualifier in one number; 0 is no sense. */
export function sense(key: number, asc: number, ascq: number): number {
  return (key << 16) | (asc << 8) | ascq;
}

/** Check condition: the status word that goes with sense data. */
export const CHECK = deviceStatus(CHECK_CONDITION);

export const SENSE_NOT_READY_TRANSITION = sense(0x02, 0x04, 0x0a);
export const SENSE_STANDBY = sense(0x02, 0x04, 0x0b);
export const SENSE_MEDIUM_ERROR = sense(0x03, 0x11, 0x00);
export const SENSE_INVALID_OPCODE = sense(0x05, 0x20, 0x00);
export const SENSE_INVALID_CDB_FIELD = sense(0x05, 0x24, 0x00);
export const SENSE_INVALID_PARAMETER = sense(0x05, 0x26, 0x00);
export const SENSE_LBA_OUT_OF_RANGE = sense(0x05, 0x21, 0x00);
export const SENSE_LUN_NOT_SUPPORTED = sense(0x05, 0x25, 0x00);
export const SENSE_POWER_ON_RESET = sense(0x06, 0x29, 0x00);
export const SENSE_ALUA_STATE_CHANGED = sense(0x06, 0x2a, 0x06);
/** CAPACITY DATA HAS CHANGED. */
export const SENSE_CAPACITY_CHANGED = sense(0x06, 0x2a, 0x09);
export const SENSE_THIN_SOFT_THRESHOLD = sense(0x06, 0x38, 0x07);
/** DATA PROTECT, write protected. */
export const SENSE_WRITE_PROTECTED = sense(0x07, 0x27, 0x00);
export const SENSE_SPACE_ALLOCATION_FAILED = sense(0x07, 0x27, 0x07);
/** COPY ABORTED: the target of an EXTENDED COPY is not there. */
export const SENSE_COPY_TARGET_UNREACHABLE = sense(0x0a, 0x0d, 0x02);
export const SENSE_MISCOMPARE = sense(0x0e, 0x1d, 0x00);

/** The host log's form: `H:0x0 D:0x2 P:0x0 0x6/0x29/0x0`; sense only when there is some. */
export function formatStatus(status: number, senseData: number): string {
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const head = `H:${hex(hostOf(status))} D:${hex(deviceOf(status))} P:${hex(pluginOf(status))}`;
  if (senseData === 0) return head;
  return `${head} ${hex(senseData >>> 16)}/${hex((senseData >>> 8) & 0xff)}/${hex(senseData & 0xff)}`;
}
