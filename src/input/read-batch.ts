import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FormatError, InputError } from '../engine/core/errors.js';
import { PdhReader } from '../engine/formats/pdh/reader.js';
import { sampleTimes } from '../engine/formats/pdh/times.js';
import { RecordedLayout } from '../engine/views/batch/recorded.js';
import { fileError } from './read-bytes.js';

/** A batch file as esxtop writes it, with the figures about storage. */
export interface Recording {
  readonly path: string;
  readonly layout: RecordedLayout;
  /** First field of the header: format and time zone. */
  readonly header: string;
  /** Time of the first sample, seconds since 1970 in the zone of the file. */
  readonly firstStamp: number;
  /** When each sample was taken, in seconds from one interval before the first. */
  readonly times: Float64Array;
  readonly samples: readonly Float64Array[];
  /** The last line of the file is not whole and was left out. */
  readonly cutShort: boolean;
}

/** 512 MiB of figures: an hour at 5 s of a host with 90,000 counters about storage. */
const VALUES_MAX = 1 << 26;
const CHUNK = 1 << 20;
const GZIP = [0x1f, 0x8b];
const LAYOUT =
  'esxtop -b writes such files: a header that starts with "(PDH-CSV 4.0)", then samples';

/**
 * Reads a batch file, plain or gzip, from a file or a pipe. A chunk of it is in memory at a time, and
 * the figures about storage of all samples.
 * @param valuesMax most figures kept
 * @throws InputError naming file, line and column
 */
export async function readBatch(path: string, valuesMax = VALUES_MAX): Promise<Recording> {
  const stamps: number[] = [];
  const samples: Float64Array[] = [];
  let header = '';
  let layout = new RecordedLayout([]);
  const decoder = new TextDecoder('utf-8');
  const reader = new PdhReader(
    {
      header(text, columns) {
        header = text;
        layout = new RecordedLayout(columns);
        return layout;
      },
      sample(at, values) {
        stamps.push(at);
        samples.push(values);
        if (stamps.length * (layout.width + 1) > valuesMax) {
          throw new FormatError(
            `expected at most ${valuesMax} figures about storage, found more by this line`,
          );
        }
      },
    },
    (bytes) => decoder.decode(bytes),
  );
  try {
    if (statSync(path).isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
    for await (const chunk of inflated(path)) reader.push(chunk);
    reader.end();
  } catch (error) {
    throw problem(path, reader, error);
  }
  const [firstStamp] = stamps;
  if (firstStamp === undefined) {
    throw InputError.of(path, 'expected at least one sample below the header', LAYOUT);
  }
  return {
    path,
    layout,
    header,
    firstStamp,
    times: sampleTimes(stamps),
    samples,
    cutShort: reader.cutShort,
  };
}

function problem(path: string, reader: PdhReader, error: unknown): unknown {
  if (error instanceof FormatError) {
    const line = reader.line > 0 ? `:${reader.line}` : '';
    const place = reader.place === '' ? `${path}${line}` : `${path}${line}, ${reader.place}`;
    return InputError.of(place, error.message, LAYOUT);
  }
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && code.startsWith('Z_')) {
    const what = code === 'Z_BUF_ERROR' ? 'cut short' : 'damaged';
    return InputError.of(path, `the gzip data is ${what}`, 'copy the file again, whole');
  }
  return fileError(path, error);
}

/** The bytes of the file or, where they begin like gzip, what they decompress to. */
async function* inflated(path: string): AsyncGenerator<Uint8Array> {
  const chunks = createReadStream(path, { highWaterMark: CHUNK })[
    Symbol.asyncIterator
  ]() as AsyncIterator<Uint8Array>;
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < GZIP.length) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield head;
    for (;;) {
      const { value, done } = await chunks.next();
      if (done) return;
      yield value;
    }
  }
  if (GZIP.every((byte, index) => head[index] === byte)) {
    yield* Readable.from(whole()).pipe(createGunzip()) as AsyncIterable<Uint8Array>;
  } else {
    yield* whole();
  }
}
