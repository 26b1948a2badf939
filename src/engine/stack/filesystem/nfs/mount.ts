import { type Io, WRITE } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Sim } from '../../../core/sim.js';
import {
  CHECK,
  PLUGIN_NOSPACE,
  pluginStatus,
  SENSE_INVALID_OPCODE,
  SENSE_LBA_OUT_OF_RANGE,
} from '../../../core/status.js';
import { sumTraffic, TRAFFIC_FIELDS } from '../../../core/traffic.js';
import type { FileHandle } from '../../files.js';
import { FILE_BLOCK } from '../file.js';
import type { Mount } from '../mount.js';
import type { NfsVolume } from './volume.js';

/**
 * An NFS volume as one host has it mounted: addresses in a file become addresses at the server. Below
 * are the volume's queue, which the scheduler serves as it serves a device's, and the session.
 */
export class NfsMount extends Layer implements Mount {
  readonly datastore: NfsVolume;
  /** Counters of the open files. */
  private readonly parts: Float64Array[] = [];
  /** Address in the file. */
  private readonly fileLba: Float64Array;

  constructor(
    sim: Sim,
    host: string,
    volume: NfsVolume,
    private readonly lower: Layer,
  ) {
    super(sim, `${host} mount ${volume.name}`);
    this.datastore = volume;
    const values = new Float64Array(TRAFFIC_FIELDS.length);
    volume.addMount({ values, refresh: () => sumTraffic(values, this.parts) });
    this.fileLba = sim.requests.column('nfs.fileLba', Float64Array);
  }

  /** NFS 3 keeps a lock file beside the file; its rare updates are not worth commands of their own. */
  open(handle: FileHandle, traffic?: Float64Array): void {
    this.datastore.fileOf(handle);
    if (traffic !== undefined) this.count(traffic);
  }

  count(traffic: Float64Array): void {
    this.parts.push(traffic);
  }

  close(handle: FileHandle): void {
    this.datastore.fileOf(handle);
  }

  override submit(io: Io): void {
    const { requests } = this.sim;
    const file = this.datastore.fileAt(requests.file[io]);
    requests.deviceNs[io] = 0;
    const start = requests.lba[io];
    const end = start + requests.blocks[io];
    if (end > file.sizeBlocks) {
      this.answer(io, CHECK, SENSE_LBA_OUT_OF_RANGE);
      return;
    }
    if (requests.op[io] > WRITE) {
      this.answer(io, CHECK, SENSE_INVALID_OPCODE);
      return;
    }
    if (requests.op[io] === WRITE) {
      const first = (start / FILE_BLOCK) | 0;
      const last = ((end - 1) / FILE_BLOCK) | 0;
      if (!this.datastore.grow(file, first, last)) {
        this.datastore.noteFull(`${file.path} is written for the first time at ${first} MB`);
        this.answer(io, pluginStatus(PLUGIN_NOSPACE), 0);
        return;
      }
    }
    this.fileLba[io] = start;
    requests.lba[io] = this.datastore.addressOf(file, start);
    this.lower.submit(io);
  }

  /** A command is answered without asking the server. */
  override fire(io: Io): void {
    this.leave(io).complete(io);
  }

  private answer(io: Io, status: number, sense: number): void {
    const { requests } = this.sim;
    requests.status[io] = status;
    requests.sense[io] = sense;
    this.after(0, io);
  }
}
