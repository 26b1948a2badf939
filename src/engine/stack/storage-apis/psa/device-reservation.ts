import { type Io, RELEASE, RESERVE } from '../../../core/io.js';
import type { Entity } from '../../../core/meters.js';
import type { Stream } from '../../../core/random.js';
import type { Sim } from '../../../core/sim.js';
import {
  deviceOf,
  PLUGIN_RESERVATION_LOST,
  pluginStatus,
  RESERVATION_CONFLICT,
} from '../../../core/status.js';
import { formatDuration } from '../../../core/units.js';
import type { Path } from './path.js';
import { conflictPauseNs } from './pauses.js';

/**
 * Conflicts for this long: whoever holds the reservation is dead. The living keep one for
 * Disk.DiskReservationThreshold and a few commands (model; as RESERVED_NS of formats/vmfs/hosts).
 */
const STALE_NS = 4_000_000_000;

/** Sense 06/29/xx, without its qualifier: the LUN, its target or the nexus was reset. */
const RESET_SENSE = 0x0629;

/**
 * A host's SCSI-2 reservation of a device (stack-lower reference, 3.7 and 4.3). It belongs to one
 * path, so while there is one all commands take that path. A reset ends it without a word: the unit
 * attention tells, and commands that rely on it come back with P:3 instead of being repeated.
 */
export class DeviceReservation {
  /** The host is dead: it tries no more for a reservation. */
  isHalted = false;
  /** From RESERVE to RELEASE, whether it has been lost meanwhile or not. */
  active = false;
  /** Over which it was taken; undefined once it is lost. */
  private path: Path | undefined;
  /** The path it was taken over is out of use: the target may still keep it. */
  private stranded = false;
  /** Since when RESERVE meets conflicts, ns. */
  private conflictSince = Number.NaN;
  /**
   * 1 for rows that may be carried out only under the reservation. Whoever makes such a row sets it,
   * and clears it before giving the row back.
   */
  private readonly relies: Uint8Array;
  private readonly reserves: number;
  private readonly conflicts: number;
  private readonly resets: number;
  private stream: Stream | undefined;

  /** @param reset sends a LUN RESET over a path */
  constructor(
    private readonly sim: Sim,
    private readonly title: string,
    private readonly entity: Entity,
    private readonly reset: (path: Path) => void,
  ) {
    this.relies = sim.requests.column('psa.reserved', Uint8Array);
    this.reserves = entity.slot('reserves');
    this.conflicts = entity.slot('conflicts');
    this.resets = entity.slot('resets');
  }

  /** The path commands have to take; undefined for any. */
  get pinned(): Path | undefined {
    const { path } = this;
    if (path === undefined || path.usable) return path;
    this.path = undefined;
    this.stranded = true;
    return undefined;
  }

  /** True for a command that is about to be sent and relies on a reservation that is lost. */
  isLostFor(io: Io): boolean {
    if (this.relies[io] === 0 || this.pinned !== undefined) return false;
    this.sim.requests.status[io] = pluginStatus(PLUGIN_RESERVATION_LOST);
    return true;
  }

  /** A command other than a read or a write has its final outcome. */
  ended(io: Io, path: Path | undefined): void {
    const { op, status } = this.sim.requests;
    const isWell = status[io] === 0;
    if (op[io] === RESERVE) {
      this.entity.values[this.reserves + (isWell ? 0 : 1)]++;
      this.conflictSince = Number.NaN;
      if (!isWell) return;
      this.active = true;
      this.path = path;
      this.stranded = false;
    } else if (op[io] === RELEASE && isWell) {
      this.active = false;
      this.path = undefined;
    }
  }

  /** Looks at a failure; true when it ends the command, with a status of its own. */
  failed(io: Io, path: Path): boolean {
    const { op, status, sense } = this.sim.requests;
    const isConflict = deviceOf(status[io]) === RESERVATION_CONFLICT;
    if (isConflict) {
      this.entity.values[this.conflicts]++;
      if (op[io] === RESERVE && this.isHalted) return true;
      if (op[io] === RESERVE) this.contend(path);
    }
    const isReset = sense[io] >>> 8 === RESET_SENSE;
    if (path === this.path && (isConflict || isReset)) this.path = undefined;
    if (!this.active || !this.isLostFor(io)) return false;
    sense[io] = 0;
    return true;
  }

  /** How long a command that met a conflict waits before its next try, ns. */
  pauseNs(path: Path, attempt: number): number {
    // The host's own reservation, over another path: there it will do.
    if (this.path !== undefined && this.path !== path) return 0;
    this.stream ??= this.sim.random.stream(`conflicts ${this.title}`);
    return conflictPauseNs(attempt, this.stream.unit());
  }

  private contend(path: Path): void {
    const { now } = this.sim;
    if (Number.isNaN(this.conflictSince)) this.conflictSince = now;
    const sinceNs = now - this.conflictSince;
    if (!this.stranded && sinceNs < STALE_NS) return;
    const why = this.stranded
      ? 'the path of its own reservation is lost'
      : `RESERVE met conflicts for ${formatDuration(sinceNs)}: the holder is dead`;
    this.conflictSince = now;
    this.stranded = false;
    this.entity.values[this.resets]++;
    this.sim.log.note('device.reset', this.title, 'LUN RESET sent', why);
    this.reset(path);
  }
}
