import { INQUIRY, type Io, RELEASE, REPORT_GROUPS } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import { deviceStatus, RESERVATION_CONFLICT } from '../../core/status.js';

/** Another initiator, one that is not part of the simulation. */
export const OTHER_INITIATOR = -1;
const NOBODY = -2;

/**
 * SCSI-2 reservation of a LUN: which I_T nexus holds it, and what the others get (SPC-2, RESERVE(6)
 * and RELEASE(6); from memory). It survives the death of its holder: only RELEASE over the same nexus
 * or a reset ends it.
 */
export class Reservation {
  /** RESERVE commands carried out. */
  reserves = 0;
  /** Commands turned away. */
  conflicts = 0;
  private holder = NOBODY;
  private since = 0;
  private endedNs = 0;

  constructor(
    private readonly sim: Sim,
    private readonly lun: string,
    private readonly onChange: (held: boolean) => void,
  ) {}

  /** For how long the LUN has been reserved, all reservations together, ns. */
  get heldNs(): number {
    return this.endedNs + (this.holder === NOBODY ? 0 : this.sim.now - this.since);
  }

  get isHeld(): boolean {
    return this.holder !== NOBODY;
  }

  /** Whether the commands of a connection, by its layer index, are under the reservation. */
  isHeldBy(nexus: number): boolean {
    return this.holder === nexus;
  }

  /**
   * RESERVE(6): all other initiators get RESERVATION CONFLICT until it is released. Nothing happens
   * where one of them was faster.
   * @param initiator layer index of a connection, or OTHER_INITIATOR
   * @param why for the event log; hosts reserve too often to be written there
   */
  reserve(initiator: number, why?: string): void {
    if (this.holder !== NOBODY && this.holder !== initiator) return;
    this.reserves++;
    if (initiator === this.holder) return;
    const { layers } = this.sim;
    const who = initiator === OTHER_INITIATOR ? 'another initiator' : layers[initiator].name;
    this.change(initiator, `reserved by ${who}`, why);
  }

  /** A reset: ends it whoever holds it. */
  release(why: string): void {
    if (this.holder !== NOBODY) this.change(NOBODY, 'released', why);
  }

  /** RELEASE(6): does nothing where another initiator holds the reservation. */
  releaseBy(initiator: number, why?: string): void {
    if (initiator === this.holder) this.change(NOBODY, 'released', why);
  }

  /** True when the command came over another connection; sets its status. */
  refuses(io: Io): boolean {
    const { op, nexus, status } = this.sim.requests;
    if (nexus[io] === this.holder) return false;
    if (op[io] === INQUIRY || op[io] === RELEASE || op[io] === REPORT_GROUPS) return false;
    this.conflicts++;
    status[io] = deviceStatus(RESERVATION_CONFLICT);
    return true;
  }

  private change(holder: number, what: string, why: string | undefined): void {
    this.endedNs = this.heldNs;
    this.since = this.sim.now;
    this.holder = holder;
    if (why !== undefined) this.sim.log.note('lun.reserved', this.lun, what, why);
    this.onChange(holder !== NOBODY);
  }
}
