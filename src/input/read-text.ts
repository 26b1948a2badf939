import { InputError } from '../engine/core/errors.js';
import { readBytes } from './read-bytes.js';

/** 4 MiB: far above any scenario a person writes. */
const BYTES_MAX = 4 << 20;

/**
 * A text file, such as a scenario, without its byte order mark.
 * @throws InputError when it cannot be read, is too large, or is not UTF-8 text
 */
export function readText(path: string, bytesMax = BYTES_MAX): string {
  const bytes = readBytes(path, bytesMax);
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    throw InputError.of(path, `expected text, found a zero byte at byte ${zero}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw InputError.of(path, 'expected UTF-8 text', 'save it as UTF-8');
  }
}
