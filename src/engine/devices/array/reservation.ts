import { INQUIRY, type Io } from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import { deviceStatus, RESERVATION_CONFLICT } from '../../core/status.js';

/** Another initiator, one that is not part of the simulation. */
export const OTHER_INITIATOR = -1;
const NOBODY = -2;

/** SCSI-2 reservation of a LUN: who holds it, and what the others get. */
export class Reservation {
  private holder = NOBODY;

  constructor(
    private readonly sim: Sim,
    private readonly lun: string,
    private readonly onChange: (held: boolean) => void,
  ) {}

  /**
   * RESERVE(6): all other initiators get RESERVATION CONFLICT until it is released.
   * @param initiator layer index of a connection, or OTHER_INITIATOR
   */
  reserve(initiator: number, why: string): void {
    if (initiator === this.holder) return;
    const { layers } = this.sim;
    const who = initiator === OTHER_INITIATOR ? 'another initiator' : layers[initiator].name;
    this.change(initiator, `reserved by ${who}`, why);
  }

  /** RELEASE(6), or a reset. */
  release(why: string): void {
    if (this.holder !== NOBODY) this.change(NOBODY, 'released', why);
  }

  /** True when the command came over another connection; sets its status. */
  refuses(io: Io): boolean {
    const { op, nexus, status } = this.sim.requests;
    if (op[io] === INQUIRY || nexus[io] === this.holder) return false;
    status[io] = deviceStatus(RESERVATION_CONFLICT);
    return true;
  }

  private change(holder: number, what: string, why: string): void {
    this.holder = holder;
    this.sim.log.note('lun.reserved', this.lun, what, why);
    this.onChange(holder !== NOBODY);
  }
}
