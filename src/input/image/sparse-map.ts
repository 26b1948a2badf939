import { spawnSync } from 'node:child_process';
import { basename, dirname } from 'node:path';

/** Most bytes of a map that are taken: 100,000 stretches and more. */
const MAP_BYTES = 4 << 20;
const TIME_OUT_MS = 10_000;
const RECORD = 512;

/**
 * Stretches of a sparse file that may hold data: where each begins and ends, in bytes, in order.
 * Node cannot seek to holes, and reading them costs minutes; GNU tar writes the map of a sparse file
 * in front of its content (format "PAX 1.0" of its manual), and is stopped when that has come.
 * @returns undefined where there is no such tar, or the map is too long: everything may be data then
 */
export function readSparseMap(path: string): Float64Array | undefined {
  const { stdout, error } = spawnSync(
    'tar',
    [
      '--create',
      '--file=-',
      '--format=pax',
      '--sparse',
      '--sparse-version=1.0',
      '--hole-detection=seek',
      `--directory=${dirname(path)}`,
      '--',
      `./${basename(path)}`,
    ],
    {
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      maxBuffer: MAP_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIME_OUT_MS,
    },
  );
  const stopped = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOBUFS';
  if (stdout === null || (error !== undefined && !stopped)) return undefined;
  return parseSparseMap(stdout);
}

/** The map at the beginning of an archive of one sparse file. */
export function parseSparseMap(archive: Uint8Array): Float64Array | undefined {
  const text = new TextDecoder('latin1');
  const first = archive.subarray(0, RECORD);
  if (first.length < RECORD || first[156] !== 'x'.charCodeAt(0)) return undefined;
  const size = Number.parseInt(text.decode(first.subarray(124, 135)), 8);
  const settings = text.decode(archive.subarray(RECORD, RECORD + size));
  if (!settings.includes('GNU.sparse.major=1\n') || !settings.includes('GNU.sparse.minor=0\n')) {
    return undefined;
  }
  // Behind the settings: the header of the file, then numbers, one in a line.
  let at = (2 + Math.ceil(size / RECORD)) * RECORD;
  const next = (): number => {
    const end = archive.indexOf(10, at);
    const digits = end < 0 ? '' : text.decode(archive.subarray(at, end));
    at = end + 1;
    return /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
  };
  const count = next();
  if (!(count <= MAP_BYTES)) return undefined;
  const map = new Float64Array(2 * count);
  for (let index = 0; index < map.length; index += 2) {
    const from = next();
    const end = from + next();
    if (!(end >= from && from >= (map[index - 1] ?? 0))) return undefined;
    map[index] = from;
    map[index + 1] = end;
  }
  return map;
}
