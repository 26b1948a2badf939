import { assert } from '../../core/assert.js';
import { type Io, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import { isPayload } from '../../core/payloads.js';
import type { Sim } from '../../core/sim.js';
import { ROW_RETRY_NS } from '../splitter.js';

/** Told how an I/O ended. */
export type Ended = (status: number, sense: number) => void;

/** What is asked of a device, by its own addresses. */
export interface OwnRequest {
  readonly op: number;
  readonly lba: number;
  readonly blocks: number;
  /** What is written, where bytes are kept; not to be changed before the answer. */
  readonly bytes?: Uint8Array | undefined;
}

interface Waiting {
  readonly device: Layer;
  readonly request: OwnRequest;
  readonly ended: Ended;
}

/**
 * The few I/Os the block layer makes for itself when an administrator changes something: capacities, the
 * records of LVM. Rows of the VMkernel's world, on whole devices.
 */
export class OwnIo extends Layer {
  private readonly ends: (Ended | undefined)[];
  /** What found the request table full. */
  private waiting: Waiting[] = [];

  constructor(sim: Sim) {
    super(sim, 'block layer');
    this.ends = new Array<Ended | undefined>(sim.requests.handleLimit).fill(undefined);
  }

  issue(device: Layer, request: OwnRequest, ended: Ended): void {
    const { requests, now, payloads } = this.sim;
    const { op, lba, blocks, bytes } = request;
    const io = requests.takeOwn(op, lba, blocks, now);
    if (io === NO_IO) {
      if (this.waiting.push({ device, request, ended }) === 1) this.after(ROW_RETRY_NS, NO_IO);
      return;
    }
    if (bytes !== undefined) requests.data[io] = payloads.take(bytes);
    this.ends[io] = ended;
    this.enter(io);
    device.submit(io);
  }

  /** Phases one after the other, what is in one side by side; ends with the first failure of a phase. */
  issuePhases(
    phases: readonly (readonly { readonly device: Layer; readonly request: OwnRequest }[])[],
    ended: Ended,
  ): void {
    const [phase, ...rest] = phases;
    if (phase === undefined) {
      this.sim.timers.delay(0, () => ended(0, 0));
      return;
    }
    let left = phase.length;
    let failure: readonly [number, number] | undefined;
    for (const { device, request } of phase) {
      this.issue(device, request, (status, sense) => {
        if (status !== 0) failure ??= [status, sense];
        if (--left > 0) return;
        if (failure !== undefined) ended(...failure);
        else this.issuePhases(rest, ended);
      });
    }
  }

  override submit(): void {
    assert(false, 'the block layer makes its own rows');
  }

  override complete(io: Io): void {
    const { requests, payloads } = this.sim;
    const { status, sense, data } = requests;
    const ended = this.ends[io] as Ended;
    const how = status[io];
    const why = sense[io];
    if (isPayload(data[io])) payloads.give(data[io]);
    this.ends[io] = undefined;
    requests.give(io);
    ended(how, why);
  }

  /** Rows may be free again. */
  override fire(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { device, request, ended } of waiting) this.issue(device, request, ended);
  }
}
