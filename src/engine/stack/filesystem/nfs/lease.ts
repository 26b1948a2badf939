import { formatDuration } from '../../../core/units.js';
import type { LockKeeping } from './locks.js';

/**
 * NFS 4.1: the server keeps the opens of a client while its lease lasts; every call of the client's
 * session renews it. An open that meets one of a client whose lease has run out frees it.
 */
export function leaseKeeping(leaseNs: number): LockKeeping {
  return {
    takeCalls: 1,
    how: `its lease of ${formatDuration(leaseNs)} has run out`,
    brokenAt: (owner) => owner.renewedAt + leaseNs,
  };
}
