import { type Io, NO_IO, OTHER } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { NFS_OK } from '../../../devices/nfs-errors.js';
import { ROW_RETRY_NS } from '../../splitter.js';

/** Told when a call has been answered. `ok` is false when its connection was lost. */
export type Answered = (ok: boolean) => void;

/**
 * The calls an NFS client makes for itself: lock files, opens, sessions. They carry no file data and
 * pass the volume's queue by.
 */
export class NfsCalls extends Layer {
  private readonly clients: (Answered | undefined)[];
  private readonly error: Uint8Array;
  private readonly life: Int32Array;
  private readonly link: Uint8Array;

  constructor(
    sim: Sim,
    name: string,
    private readonly lower: Layer,
    private readonly onCall: () => void,
  ) {
    super(sim, `${name} calls`);
    const { requests } = sim;
    this.clients = new Array<Answered | undefined>(requests.handleLimit).fill(undefined);
    this.error = requests.column('nfs.error', Uint8Array);
    this.life = requests.column('nfs.life', Int32Array);
    this.link = requests.column('nfs.link', Uint8Array);
  }

  call(answered: Answered, link = 0): void {
    const { requests, now, timers } = this.sim;
    const io = requests.takeOwn(OTHER, 0, 0, now);
    if (io === NO_IO) {
      timers.delay(ROW_RETRY_NS, () => this.call(answered, link));
      return;
    }
    this.error[io] = NFS_OK;
    this.life[io] = 0;
    this.link[io] = link;
    this.clients[io] = answered;
    this.onCall();
    this.submit(io);
  }

  override submit(io: Io): void {
    this.enter(io);
    this.lower.submit(io);
  }

  override complete(io: Io): void {
    const { requests } = this.sim;
    const answered = this.clients[io] as Answered;
    const ok = requests.status[io] === 0;
    this.clients[io] = undefined;
    requests.give(io);
    answered(ok);
  }
}
