import { WRITE } from '../../src/engine/core/io.js';
import { isPayload } from '../../src/engine/core/payloads.js';
import type { Sim } from '../../src/engine/core/sim.js';
import { Lun } from '../../src/engine/devices/array/lun.js';

/** First blocks of a LUN, where VMFS 5 has its system files: 765 MiB behind 17 MiB of LVM. */
const METADATA_BLOCKS = (765 + 17) * 2048;

/**
 * Sees every command that reaches a LUN, and names those that write metadata of VMFS while their
 * connection does not hold the LUN's reservation. For volumes on arrays without ATS that more than one
 * host mounts. Where bytes are kept metadata is what carries bytes, elsewhere what the VMkernel writes
 * where system files lie.
 */
export class ReservationWatch {
  readonly problems: string[] = [];
  metadataWrites = 0;
  readonly luns = new Set<Lun>();
  private readonly submit = Lun.prototype.submit;

  constructor() {
    const watch = this;
    const { submit } = this;
    Lun.prototype.submit = function (io) {
      watch.look(this, io);
      submit.call(this, io);
    };
  }

  stop(): void {
    Lun.prototype.submit = this.submit;
  }

  /** True while a connection of the host holds the reservation of a LUN. */
  isHeldBy(host: string): boolean {
    return [...this.luns].some((lun) => {
      const { layers } = (lun as unknown as { readonly sim: Sim }).sim;
      return layers.some(
        ({ index, name }) => name.startsWith(`${host}:`) && lun.reservation.isHeldBy(index),
      );
    });
  }

  private look(lun: Lun, io: number): void {
    this.luns.add(lun);
    const { op, lba, world, data, nexus } = (lun as unknown as { readonly sim: Sim }).sim.requests;
    if (op[io] !== WRITE || world[io] !== 0) return;
    if (!isPayload(data[io]) && lba[io] >= METADATA_BLOCKS) return;
    this.metadataWrites++;
    // Another's reservation: the LUN refuses the command.
    if (lun.reservation.isHeldBy(nexus[io]) || lun.reservation.isHeld) return;
    this.problems.push(`metadata at ${lba[io]} written without the reservation of ${lun.name}`);
  }
}
