import {
  INQUIRY,
  type Io,
  OP_NAMES,
  REPORT_GROUPS,
  SET_GROUPS,
  START_UNIT,
  TRESPASS,
} from '../../core/io.js';
import type { Sim } from '../../core/sim.js';
import { SENSE_INVALID_OPCODE, SENSE_NOT_READY_TRANSITION, sense } from '../../core/status.js';
import type { ArrayPlan } from '../../plan/plan.js';
import type { Ownership } from './ownership.js';

const TPGS = { implicit: 1, explicit: 2, both: 3 } as const;
const NOBODY = -1;
/** Manual intervention required: what passive controllers answer. */
const SENSE_PASSIVE = sense(0x02, 0x04, 0x03);

/**
 * A LUN's target port groups, one per controller: what a port answers in the state it is in, and the
 * commands by which hosts move a LUN (stack-lower reference, 3.3 and 3.5).
 */
export class PortGroups {
  /** TPGS bits of INQUIRY data: 1 implicit, 2 explicit. */
  readonly tpgs: number;
  /** Ports of the controller that does not own the LUN refuse nearly everything. */
  readonly passive: boolean;
  private readonly controllerOf: Uint8Array;
  /** Connection over which a host last asked for a move that is not done yet. */
  private mover = NOBODY;

  constructor(
    private readonly sim: Sim,
    access: ArrayPlan['access'],
    tpgs: ArrayPlan['tpgs'],
    private readonly ownership: Ownership,
  ) {
    this.tpgs = access === 'alua' ? TPGS[tpgs] : 0;
    this.passive = access === 'active-passive';
    this.controllerOf = sim.requests.column('array.controller', Uint8Array);
  }

  /** Sense a port refuses the command with for the state it is in; 0 when it serves it. */
  refusal(io: Io): number {
    const code = this.sim.requests.op[io];
    if (code === INQUIRY || code === REPORT_GROUPS) return 0;
    if (this.ownership.moving) return SENSE_NOT_READY_TRANSITION;
    if (!this.passive || this.controllerOf[io] === this.ownership.owner) return 0;
    return code === START_UNIT || code === TRESPASS ? 0 : SENSE_PASSIVE;
  }

  /** Who asked for the move that has just ended; -1 when the array moved the LUN by itself. */
  takeMover(): number {
    const { mover } = this;
    this.mover = NOBODY;
    return mover;
  }

  /** True for the commands about port groups and ownership. */
  concerns(code: number): boolean {
    return (
      code === REPORT_GROUPS || code === SET_GROUPS || code === START_UNIT || code === TRESPASS
    );
  }

  /** Carries such a command out; returns the sense it is refused with, 0 when it is done. */
  execute(io: Io): number {
    const { op, nexus } = this.sim.requests;
    const code = op[io];
    if (code === REPORT_GROUPS) return this.tpgs === 0 ? SENSE_INVALID_OPCODE : 0;
    if (code === SET_GROUPS && (this.tpgs & TPGS.explicit) === 0) return SENSE_INVALID_OPCODE;
    // START UNIT is harmless elsewhere; a vendor's page is unknown elsewhere.
    if (code !== SET_GROUPS && !this.passive) return code === TRESPASS ? SENSE_INVALID_OPCODE : 0;
    if (this.controllerOf[io] !== this.ownership.destination) this.mover = nexus[io];
    const from = this.sim.layers[nexus[io]]?.name ?? 'a host';
    this.ownership.move(this.controllerOf[io], `${OP_NAMES[code]} over ${from}`);
    return 0;
  }
}
