import { type Address, DESCRIPTOR, makeAddress } from './address.js';
import type { Descriptor } from './descriptor.js';

/** The root directory: descriptor 0 of cluster 0. */
export const ROOT: Address = makeAddress(DESCRIPTOR, 0);

export function isRoot(file: Descriptor): boolean {
  return file.address === ROOT;
}
