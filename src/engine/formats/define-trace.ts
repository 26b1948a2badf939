import type { TraceRecords } from './trace-records.js';

/**
 * A trace format of the catalogue: one file in `trace/` and one line in its `index.ts`.
 *
 * Decoders are pure. They see the whole, decompressed trace, put records into `records`, and say
 * before each one where they are (`records.record`, `records.offset`), so that whoever catches a
 * FormatError can tell the person where it was.
 */
export interface TraceFormat {
  readonly name: string;
  readonly summary: string;
  /** What a record looks like; the hint of every error in such a trace. */
  readonly layout: string;
  /** Positions are lines of text or records of bytes. */
  readonly position: 'line' | 'record';
  /** True when a trace that starts with these bytes (4 KiB, or all of it) is of this format. */
  sniff(head: Uint8Array): boolean;
  /** @throws FormatError where the bytes do not follow the format */
  decode(bytes: Uint8Array, records: TraceRecords): void;
}

export function defineTrace(format: TraceFormat): TraceFormat {
  return format;
}
