import { deflateSync, inflateSync } from 'node:zlib';
import { FormatError } from '../../engine/core/errors.js';
import type { Codec } from '../../engine/formats/vmdk/medium.js';

/** Node's zlib for compressed grains. */
export const zlibCodec: Codec = {
  deflate: (bytes) => deflateSync(bytes),
  inflate(bytes, bytesMax) {
    try {
      return inflateSync(bytes, { maxOutputLength: bytesMax, chunkSize: Math.max(64, bytesMax) });
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
