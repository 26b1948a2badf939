import { Fifo } from '../core/discipline.js';
import type { Lane } from '../core/events.js';
import { BLOCK_BYTES, type Io } from '../core/io.js';
import type { Layer } from '../core/layer.js';
import type { Sim } from '../core/sim.js';

/** An address of an NFS server with the link behind it: both ways in order, each at its bandwidth. */
export class NfsLink {
  up = true;
  /** It has been down for so long that clients have given the connection up. */
  isCut = false;
  /** Ends the wait for that. */
  stopWaiting: (() => void) | undefined;
  /** What TCP sends again once the link is back. */
  readonly held = new Fifo();
  private readonly outLane: Lane;
  private readonly backLane: Lane;
  private readonly blockNs: number;
  private outUntil = 0;
  private backUntil = 0;

  constructor(
    private readonly sim: Sim,
    server: Layer,
    bytesPerSecond: number,
    private readonly wayNs: number,
  ) {
    this.outLane = sim.lane(server);
    this.backLane = sim.lane(server);
    this.blockNs = (BLOCK_BYTES * 1e9) / bytesPerSecond;
  }

  /** @param blocks of data that go with the call */
  send(io: Io, blocks: number): void {
    this.outUntil = Math.max(this.sim.now, this.outUntil) + Math.round(blocks * this.blockNs);
    this.outLane.push(this.outUntil + this.wayNs, io);
  }

  /** @param blocks of data that go with the answer */
  answer(io: Io, blocks: number): void {
    this.backUntil = Math.max(this.sim.now, this.backUntil) + Math.round(blocks * this.blockNs);
    this.backLane.push(this.backUntil + this.wayNs, io);
  }
}
