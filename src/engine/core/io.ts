/** Handle of an I/O in flight: the number of its row in the request table. */
export type Io = number;

/** No row. */
export const NO_IO: Io = -1;

/** Logical block of the SCSI address space, in bytes. All `lba` and `blocks` are in this unit. */
export const BLOCK_BYTES = 512;

/** What a row asks for. READ and WRITE stay 0 and 1: meters index by them. */
export const READ = 0;
export const WRITE = 1;
/** Give blocks back (SCSI UNMAP, 42h). */
export const UNMAP = 2;
/** WRITE SAME of zeros (93h), VAAI block zero. */
export const ZERO = 3;
/** COMPARE AND WRITE (89h), VAAI atomic test and set. */
export const ATS = 4;
/** EXTENDED COPY (83h), VAAI clone. `lba` is the source; the target is the layer's own column. */
export const XCOPY = 5;
/** SYNCHRONIZE CACHE (35h, 91h). */
export const FLUSH = 6;
/** TEST UNIT READY (00h): how PSA probes a path. */
export const TEST_UNIT_READY = 7;
export const INQUIRY = 8;
export const READ_CAPACITY = 9;
/** Any other SCSI command; the virtual disk answers 05/20/00. */
export const OTHER = 10;
/** Task management: `lba` holds the row to abort. */
export const ABORT = 11;
export const LUN_RESET = 12;
/** START STOP UNIT (1Bh): spins a disk up; wakes the passive controller of an older array. */
export const START_UNIT = 13;
/** REPORT TARGET PORT GROUPS (A3h/0Ah); the ANA log page of an NVMe controller. */
export const REPORT_GROUPS = 14;
/** SET TARGET PORT GROUPS (A4h/0Ah): makes the group the command arrives at active/optimized. */
export const SET_GROUPS = 15;
/** MODE SELECT with a vendor's page: moves the LUN to the controller the command arrives at. */
export const TRESPASS = 16;
/** RESERVE(6) (16h): all other I_T nexuses get RESERVATION CONFLICT until RELEASE or a reset. */
export const RESERVE = 17;
/** RELEASE(6) (17h). */
export const RELEASE = 18;

export const OP_NAMES = [
  'READ',
  'WRITE',
  'UNMAP',
  'WRITE SAME',
  'COMPARE AND WRITE',
  'EXTENDED COPY',
  'SYNCHRONIZE CACHE',
  'TEST UNIT READY',
  'INQUIRY',
  'READ CAPACITY',
  'OTHER',
  'ABORT TASK',
  'LUN RESET',
  'START STOP UNIT',
  'REPORT TARGET PORT GROUPS',
  'SET TARGET PORT GROUPS',
  'MODE SELECT',
  'RESERVE',
  'RELEASE',
] as const;

/** True for the commands that move guest data over the fabric. */
export function movesData(op: number): boolean {
  return op === READ || op === WRITE;
}
