import { type Claim, entitlements } from './entitlement.js';

/**
 * What hosts and their virtual machines may have of a shared datastore: first the hosts by the sum
 * of their machines' shares, then the machines of each host by their own. What a host's machines
 * cannot use (limits, small demand) goes to the other hosts (stack-lower reference, 10.3).
 *
 * @param capacity normalised I/Os per second, as are the claims
 * @param hosts claims of each host's machines
 * @returns one list of rates per host, in the order given
 */
export function datastoreEntitlements(
  capacity: number,
  hosts: readonly (readonly Claim[])[],
): number[][] {
  const parts = entitlements(capacity, hosts.map(claimOfHost));
  return hosts.map((claims, host) => entitlements(parts[host], claims));
}

/** A host asks for what its machines may use together. */
export function claimOfHost(claims: readonly Claim[]): Claim {
  const sum = { reservation: 0, limit: 0, weight: 0, demand: 0 };
  for (const { reservation, limit, weight, demand } of claims) {
    sum.reservation += reservation;
    sum.weight += weight;
    sum.demand += Math.min(demand, limit > 0 ? limit : Number.POSITIVE_INFINITY);
  }
  return sum;
}
