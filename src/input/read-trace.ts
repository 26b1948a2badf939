import { FormatError, InputError } from '../engine/core/errors.js';
import type { TraceFormat } from '../engine/formats/define-trace.js';
import { TRACE_FORMATS } from '../engine/formats/trace/index.js';
import { TraceRecords, type TraceSummary } from '../engine/formats/trace-records.js';
import type { TraceTable } from '../engine/plan/plan.js';
import { decompress } from './decompress.js';
import { readBytes } from './read-bytes.js';

/** A trace ready to be replayed, and what it holds. */
export interface Trace {
  /** Name of its format. */
  readonly format: string;
  readonly table: TraceTable;
  readonly summary: TraceSummary;
}

export interface ReadTraceOptions {
  /** Name of the format; found out from the first bytes when left out. */
  readonly format?: string | undefined;
  /** Most bytes of the file, and again of what it decompresses to. */
  readonly bytesMax?: number;
}

/** 1 GiB: about 33 million vscsi records, which take as much again as a table. */
const BYTES_MAX = 0x40000000;
/** Bytes a format is recognised by. */
const HEAD_BYTES = 4096;

/**
 * Reads a trace file, plain or gzip.
 * @throws InputError naming file, position and what was expected
 */
export function readTrace(path: string, options: ReadTraceOptions = {}): Trace {
  const bytesMax = options.bytesMax ?? BYTES_MAX;
  return decodeTrace(path, decompress(path, readBytes(path, bytesMax), bytesMax), options.format);
}

/**
 * Makes a trace of its decompressed bytes.
 * @param place where the bytes came from, for messages
 */
export function decodeTrace(place: string, bytes: Uint8Array, formatName?: string): Trace {
  if (bytes.length === 0) {
    throw InputError.of(place, 'expected a trace, found an empty file', knownFormats());
  }
  const format = formatName === undefined ? sniff(place, bytes) : formatNamed(formatName);
  const records = new TraceRecords();
  try {
    format.decode(bytes, records);
    const { table, summary } = records.finish();
    if (table.count === 0) throw new FormatError('expected at least one record to replay');
    return { format: format.name, table, summary };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw InputError.of(positionOf(place, format, records), error.message, format.layout);
  }
}

function sniff(place: string, bytes: Uint8Array): TraceFormat {
  const head = bytes.subarray(0, HEAD_BYTES);
  const format = TRACE_FORMATS.find((candidate) => candidate.sniff(head));
  if (format !== undefined) return format;
  throw InputError.of(place, 'expected a trace, found no format vmtop knows', knownFormats());
}

function formatNamed(name: string): TraceFormat {
  const format = TRACE_FORMATS.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  throw InputError.of('', `there is no trace format "${name}"`, knownFormats());
}

function knownFormats(): string {
  return `formats: ${TRACE_FORMATS.map(({ name, summary }) => `${name} (${summary})`).join('; ')}`;
}

function positionOf(place: string, format: TraceFormat, { record, offset }: TraceRecords): string {
  if (record === 0) return place;
  if (format.position === 'line') return `${place}:${record}`;
  return `${place}, record ${record} at byte ${offset}`;
}
