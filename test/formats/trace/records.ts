/** Builds vscsi traces byte by byte from the trace-format reference, section 1. */

export interface VscsiRecord {
  readonly cmd: number;
  readonly len: number;
  readonly lbn: bigint;
  /** Microseconds. */
  readonly ts: bigint;
}

export function encodeVscsi(version: 1 | 2, records: readonly VscsiRecord[]): Uint8Array {
  const size = version === 1 ? 32 : 40;
  const bytes = new Uint8Array(size * records.length);
  const view = new DataView(bytes.buffer);
  for (const [index, { cmd, len, lbn, ts }] of records.entries()) {
    const at = index * size;
    view.setUint32(at + (version === 1 ? 0 : 4), 0x80000000 + index, true);
    view.setUint32(at + (version === 1 ? 4 : 8), len, true);
    view.setUint32(at + (version === 1 ? 8 : 12), 1, true);
    view.setUint16(at + (version === 1 ? 12 : 0), cmd, true);
    view.setUint16(at + (version === 1 ? 14 : 2), version << 8, true);
    view.setBigUint64(at + 16, lbn, true);
    view.setBigUint64(at + 24, ts, true);
    if (version === 2) view.setBigUint64(at + 32, 250n, true);
  }
  return bytes;
}

export const READ_10 = 0x28;
export const WRITE_10 = 0x2a;

export function text(line: string): Uint8Array {
  return new TextEncoder().encode(line);
}
