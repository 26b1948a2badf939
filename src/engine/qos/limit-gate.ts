import { wider } from './client-queues.js';
import { TagHeap } from './tag-heap.js';

const SECOND = 1e9;
/**
 * A limited client whose turn was late because of the others' shares may make up for so much time, or
 * for one command when that is more. Model: small against the 2 s over which limits are judged.
 */
const SLACK_NS = 50e6;
/** The same for a client that was late only because no slot was free. Model. */
const SLOT_SLACK_NS = 200e6;

/**
 * Limits of a scheduler's clients. Each has a tag in real time (ns): when its next command may start
 * (the L tag of stack-lower 9.4). Clients that have commands but have to wait stand in a heap. Idle
 * time earns no credit, and neither does time in which a client got less than its limit.
 */
export class LimitGate {
  /** Clients that wait for their limit, by tag. */
  readonly closed = new TagHeap();

  /** Time one unit takes; 0 is no limit. */
  private perUnit = new Float64Array(8);
  private closedAt = new Float64Array(8);
  private spentNs = new Float64Array(8);

  /** @param room clients there is room for */
  reserve(room: number): void {
    if (room <= this.perUnit.length) return;
    this.closed.reserve(room);
    this.perUnit = wider(this.perUnit, room);
    this.closedAt = wider(this.closedAt, room);
    this.spentNs = wider(this.spentNs, room);
  }

  /** Forgets what the client has had. */
  forget(client: number): void {
    this.closed.tags[client] = Number.NEGATIVE_INFINITY;
  }

  limits(client: number): boolean {
    return this.perUnit[client] > 0;
  }

  /**
   * Changes a limit; the client stands in no heap meanwhile.
   * @param units cost of the command that waits for it, 0 when none does
   * @returns true when it has changed
   */
  setLimit(client: number, limit: number, units: number, now: number): boolean {
    const perUnit = limit === 0 ? 0 : SECOND / limit;
    if (perUnit === this.perUnit[client]) return false;
    this.perUnit[client] = perUnit;
    const { tags } = this.closed;
    // One interval from now at most: what it had under the old limit is settled.
    const latest = now + units * perUnit;
    tags[client] = Math.min(units > 0 ? Math.max(tags[client], now) : tags[client], latest);
    return true;
  }

  /**
   * The tag of the client's next command, which follows one that starts now.
   * @param hadShares only the limit, and then want of a slot, kept that one waiting
   */
  follow(client: number, units: number, now: number, hadShares: boolean): void {
    const perUnit = this.perUnit[client];
    if (perUnit === 0) return;
    const { tags } = this.closed;
    const cost = units * perUnit;
    const slack = Math.max(cost, hadShares ? SLOT_SLACK_NS : SLACK_NS);
    tags[client] = Math.max(tags[client], now - slack) + cost;
  }

  /** The tag of a command that finds nothing waiting. */
  begin(client: number, units: number, now: number): void {
    const perUnit = this.perUnit[client];
    if (perUnit === 0) return;
    const { tags } = this.closed;
    tags[client] = Math.max(tags[client] + units * perUnit, now);
  }

  /** Takes back what a command that leaves without having started had been charged. */
  refund(client: number, units: number): void {
    this.closed.tags[client] -= units * this.perUnit[client];
  }

  /** Makes the client wait if its tag says so; true when it has to. */
  close(client: number, now: number): boolean {
    if (this.perUnit[client] === 0 || this.closed.tags[client] <= now) return false;
    this.closed.put(client);
    this.closedAt[client] = now;
    return true;
  }

  /** The client waits for its limit no longer. */
  open(client: number, now: number): void {
    if (!this.closed.has(client)) return;
    this.spentNs[client] += this.sinceClosed(client, now);
    this.closed.remove(client);
  }

  /** Time spent waiting for the limit, ns. */
  limitedNs(client: number, now: number): number {
    const open = this.closed.has(client) ? this.sinceClosed(client, now) : 0;
    return this.spentNs[client] + open;
  }

  private sinceClosed(client: number, now: number): number {
    return Math.min(now, Math.ceil(this.closed.tags[client])) - this.closedAt[client];
  }
}
