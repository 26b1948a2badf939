import { deflateSync, inflateSync } from 'node:zlib';
import { FormatError } from '../../engine/core/errors.js';
import type { Codec } from '../../engine/formats/vmdk/medium.js';

/** What Node gives back with the option `info`; its types do not say so. */
interface Informed {
  readonly buffer: Uint8Array;
  /** `bytesWritten`: of the compressed data, taken up to its end. */
  readonly engine: { readonly bytesWritten: number };
}

/** Node's zlib for compressed grains, and its tables of letters for names. */
export const zlibCodec: Codec = {
  decode(bytes, encoding) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      return undefined;
    }
  },
  deflate: (bytes) => deflateSync(bytes),
  inflate(bytes, bytesMax) {
    try {
      const options = { maxOutputLength: bytesMax, chunkSize: Math.max(64, bytesMax), info: true };
      const { buffer, engine } = inflateSync(bytes, options) as unknown as Informed;
      return { bytes: buffer, used: engine.bytesWritten };
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code === 'ERR_BUFFER_TOO_LARGE') {
        throw new FormatError(`compressed data that is more than ${bytesMax} bytes`);
      }
      if (typeof code !== 'string' || !code.startsWith('Z_')) throw error;
      throw new FormatError(`the compressed data is damaged (${(error as Error).message})`);
    }
  },
};
