import { gunzipSync } from 'node:zlib';
import { InputError } from '../engine/core/errors.js';
import { tooLarge } from './read-bytes.js';

const CHUNK = 1 << 18;

/** Compressions vmtop does not undo itself: first bytes and the command that does. */
const OTHERS: readonly (readonly [name: string, magic: readonly number[], command: string])[] = [
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz -d'],
  ['bzip2', [0x42, 0x5a, 0x68], 'bzip2 -d'],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd], 'zstd -d'],
  ['zip', [0x50, 0x4b, 0x03, 0x04], 'unzip'],
];

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/**
 * The bytes themselves or, where they begin like gzip, what they decompress to.
 * @throws InputError for damaged data, another compression, or more than `bytesMax`
 */
export function decompress(path: string, bytes: Uint8Array, bytesMax: number): Uint8Array {
  for (const [name, magic, command] of OTHERS) {
    if (startsWith(bytes, magic)) {
      const hint = `decompress it first: ${command} ${path}`;
      throw InputError.of(path, `expected a plain or gzip file, found ${name}`, hint);
    }
  }
  if (!startsWith(bytes, [0x1f, 0x8b])) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: bytesMax, chunkSize: CHUNK });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(path, 'once decompressed', bytesMax);
    if (code === 'Z_BUF_ERROR') {
      throw InputError.of(path, 'the gzip data is cut short', 'copy the file again, whole');
    }
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw error;
    const reason = (error as Error).message;
    throw InputError.of(path, `the gzip data is damaged (${reason})`, 'copy the file again');
  }
}
