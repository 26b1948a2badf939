import { FormatError } from '../../core/errors.js';
import { FLUSH, READ, UNMAP, WRITE, ZERO } from '../../core/io.js';
import { defineTrace } from '../define-trace.js';

/**
 * The trace of the vSCSI layer of an ESX host, one virtual disk per file: headerless records of
 * 32 bytes (version 1) or 40 bytes (version 2), little-endian, time in microseconds of uptime.
 * Trace-format reference, section 1. Serial number, scatter-gather count and response time are not
 * used. UNMAP and WRITE SAME count the bytes the record states, which for UNMAP is the length of the
 * parameter list: the ranges themselves are not in the trace.
 */
interface Version {
  readonly number: number;
  readonly bytes: number;
  /** Offsets of the fields. */
  readonly cmd: number;
  readonly ver: number;
  readonly len: number;
}

const VERSION_1: Version = { number: 1, bytes: 32, cmd: 12, ver: 14, len: 4 };
const VERSION_2: Version = { number: 2, bytes: 40, cmd: 0, ver: 2, len: 8 };
/** Both versions keep the address and the time in the same place. */
const LBN = 16;
const TIME = 24;

const TWO_32 = 0x100000000;
/** High word of 2^53. */
const HIGH_MAX = 0x1fffff;
const NS_PER_TICK = 1000;

const SKIP = 0xff;
/** SCSI operation code to op. */
const OPS = new Uint8Array(256).fill(SKIP);
for (const code of [0x08, 0x28, 0xa8, 0x88]) OPS[code] = READ;
for (const code of [0x0a, 0x2a, 0xaa, 0x8a]) OPS[code] = WRITE;
for (const code of [0x35, 0x91]) OPS[code] = FLUSH;
for (const code of [0x41, 0x93]) OPS[code] = ZERO;
OPS[0x42] = UNMAP;

/** The version whose number both of the first two records carry. */
function versionOf(bytes: Uint8Array): Version | undefined {
  return [VERSION_2, VERSION_1].find(
    (version) =>
      bytes.length >= 2 * version.bytes &&
      bytes[version.ver + 1] === version.number &&
      bytes[version.bytes + version.ver + 1] === version.number,
  );
}

export const vscsi = defineTrace({
  name: 'vscsi',
  summary: 'VMware vSCSI trace, binary, versions 1 and 2',
  layout:
    'a vscsi trace is a row of 32-byte (version 1) or 40-byte (version 2) records; ' +
    'if the file comes from elsewhere, its copy may be damaged or cut short',
  position: 'record',

  sniff: (head) => versionOf(head) !== undefined,

  decode(bytes, records) {
    const version = versionOf(bytes);
    if (version === undefined) {
      throw new FormatError('expected two records of vscsi version 1 or 2 at the start');
    }
    const size = version.bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = Math.floor(bytes.length / size);
    records.reserve(count);
    const firstTime = view.getUint32(TIME + 4, true) * TWO_32 + view.getUint32(TIME, true);
    for (let index = 0; index < count; index++) {
      const at = index * size;
      records.record = index + 1;
      records.offset = at;
      if (bytes[at + version.ver + 1] !== version.number) {
        const found = bytes[at + version.ver + 1];
        throw new FormatError(`version ${found}, expected ${version.number} as in the first one`);
      }
      const timeHigh = view.getUint32(at + TIME + 4, true);
      const lbnHigh = view.getUint32(at + LBN + 4, true);
      if (timeHigh > HIGH_MAX) throw new FormatError('time stamp is beyond 2^53 us');
      if (lbnHigh > HIGH_MAX) throw new FormatError('block address is beyond 2^53');
      const op = OPS[bytes[at + version.cmd]];
      const length = view.getUint32(at + version.len, true);
      if (op === SKIP || (length === 0 && op !== FLUSH)) {
        records.skipped++;
        continue;
      }
      const time = timeHigh * TWO_32 + view.getUint32(at + TIME, true);
      const lba = lbnHigh * TWO_32 + view.getUint32(at + LBN, true);
      if ((length & 511) !== 0) records.rounded++;
      records.add((time - firstTime) * NS_PER_TICK, op, lba, Math.ceil(length / 512), 0);
    }
    const rest = bytes.length - count * size;
    if (rest !== 0) {
      records.record = count + 1;
      records.offset = count * size;
      throw new FormatError(`the file ends after ${rest} of the record's ${size} bytes`);
    }
  },
});
