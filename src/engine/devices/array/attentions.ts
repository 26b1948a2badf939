import { INQUIRY, type Io } from '../../core/io.js';
import type { Requests } from '../../core/requests.js';
import { CHECK } from '../../core/status.js';

/**
 * Unit attentions of a LUN: after something has changed, the next command of each connection is
 * refused with what it was, once (SAM; stack-lower reference, 4.2). INQUIRY is answered all the same.
 */
export class Attentions {
  /** What each connection has still to be told, by its layer index, oldest first. */
  private readonly pending = new Map<number, number[]>();
  private count = 0;

  constructor(
    private readonly requests: Requests,
    /** Told when there is something to tell, and when there is no more. */
    private readonly onChange: (pending: boolean) => void,
  ) {}

  /** A connection over which hosts reach the LUN. */
  connect(nexus: number): void {
    if (!this.pending.has(nexus)) this.pending.set(nexus, []);
  }

  /** @param except the connection that caused it, -1 for none: it is not told */
  raise(sense: number, except = -1): void {
    for (const [nexus, senses] of this.pending) {
      if (nexus === except || senses.includes(sense)) continue;
      senses.push(sense);
      if (this.count++ === 0) this.onChange(true);
    }
  }

  /** True when the command is refused; sets its status and sense. */
  refuses(io: Io): boolean {
    const { op, nexus, status, sense } = this.requests;
    if (op[io] === INQUIRY) return false;
    const told = this.pending.get(nexus[io])?.shift();
    if (told === undefined) return false;
    if (--this.count === 0) this.onChange(false);
    status[io] = CHECK;
    sense[io] = told;
    return true;
  }
}
