import { type Io, NO_IO, READ } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import type { Stream } from '../../core/random.js';
import type { Sim } from '../../core/sim.js';

/** Size of the reads: 16 KB, as in the paper's measurements (stack-lower 11.4). */
const READ_BLOCKS = 32;
/** How long a number of outstanding reads is kept up, and how much of it is not counted. Model. */
const LEVEL_NS = 500_000_000;
const WARM_UP_NS = 100_000_000;

/** What a number of outstanding reads brought. */
export interface Level {
  readonly outstanding: number;
  readonly ratePerSecond: number;
  readonly latencyNs: number;
}

/**
 * Reads at random places of a datastore with a given number outstanding and measures what comes of
 * it. An idle datastore shows in this way how its rate and its latency grow together.
 */
export class Injector extends Layer {
  private readonly stream: Stream;
  /** Places in the address space where a read may begin. */
  private readonly places: number;
  private inFlight = 0;
  private countFrom = 0;
  private endsAt = 0;
  private counted = 0;
  private latencyNs = 0;
  private finish: (() => void) | undefined;

  /** @param blocks of the address space below that may be read */
  constructor(
    sim: Sim,
    { host, datastore, blocks }: { host: string; datastore: string; blocks: number },
    private readonly lower: Layer,
  ) {
    super(sim, `${host} injector of ${datastore}`);
    this.places = Math.max(1, Math.floor(blocks / READ_BLOCKS));
    this.stream = sim.random.stream(this.name);
  }

  /** Keeps `outstanding` reads going for a while; calls `report` when the last one is back. */
  measure(outstanding: number, report: (level: Level) => void): void {
    const { now } = this.sim;
    this.countFrom = now + WARM_UP_NS;
    this.endsAt = now + LEVEL_NS;
    this.counted = 0;
    this.latencyNs = 0;
    this.finish = () => {
      const { counted, latencyNs } = this;
      const ratePerSecond = (counted * 1e9) / (LEVEL_NS - WARM_UP_NS);
      report({ outstanding, ratePerSecond, latencyNs: counted > 0 ? latencyNs / counted : 0 });
    };
    for (let count = 0; count < outstanding; count++) this.issue();
    if (this.inFlight === 0) this.end();
  }

  override submit(io: Io): void {
    this.enter(io);
    this.lower.submit(io);
  }

  override complete(io: Io): void {
    const { requests, now } = this.sim;
    if (now >= this.countFrom && now < this.endsAt) {
      this.counted++;
      this.latencyNs += requests.deviceNs[io];
    }
    requests.give(io);
    this.inFlight--;
    if (now < this.endsAt) this.issue();
    if (this.inFlight === 0) this.end();
  }

  private end(): void {
    const { finish } = this;
    this.finish = undefined;
    finish?.();
  }

  private issue(): void {
    const { requests, now } = this.sim;
    const io = requests.takeForGuest();
    if (io === NO_IO) return;
    this.inFlight++;
    requests.own(io, READ, this.stream.below(this.places) * READ_BLOCKS, READ_BLOCKS, now);
    this.submit(io);
  }
}
