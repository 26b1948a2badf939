import { type Io, WRITE } from '../../../core/io.js';
import type { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import { COMES_BACK, type Recall, type Recaller, recallFrom } from '../../recall.js';
import { Splitter } from '../../splitter.js';

/** Cuts reads and writes that are longer than the server takes (rsize, wsize) into several calls. */
export class NfsTransfer extends Splitter implements Recaller {
  private readonly isCut: Uint8Array;
  private readonly error: Uint8Array;
  private readonly fileLba: Float64Array;

  constructor(
    sim: Sim,
    name: string,
    /** Most blocks of one call. */
    private readonly most: number,
    private readonly lower: Layer,
  ) {
    super(sim, `${name} transfers`);
    this.isCut = sim.requests.column('nfs.isCut', Uint8Array);
    this.error = sim.requests.column('nfs.error', Uint8Array);
    this.fileLba = sim.requests.column('nfs.fileLba', Float64Array);
  }

  override submit(io: Io): void {
    const { op, blocks } = this.requests;
    if (blocks[io] > this.most && op[io] <= WRITE) {
      this.isCut[io] = 1;
      this.split(io);
    } else {
      this.isCut[io] = 0;
      this.lower.submit(io);
    }
  }

  recall(io: Io): Recall {
    return this.isCut[io] === 0 ? recallFrom(this.lower, io) : COMES_BACK;
  }

  protected override pieceAt(_io: Io, _at: number, most: number): number {
    return Math.min(most, this.most);
  }

  protected override send(piece: Io): void {
    const io = this.requests.parentOf(piece);
    this.isCut[piece] = 0;
    this.error[piece] = this.error[io];
    this.fileLba[piece] = this.fileLba[io] + this.requests.lba[piece] - this.requests.lba[io];
    this.requests.deviceNs[piece] = 0;
    this.lower.submit(piece);
  }
}
