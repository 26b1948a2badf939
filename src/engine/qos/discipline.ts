import type { Discipline } from '../core/discipline.js';
import { InputError } from '../core/errors.js';
import type { Qos } from '../plan/plan.js';

/** What all disciplines between clients are told; in the comments ESXi's advanced settings. */
export interface QosSettings {
  /** Disk.SchedCostUnit: bytes one unit of cost moves. */
  readonly costUnitBytes: number;
  /** Disk.IdleCredit: units of cost a client that wakes up may lag behind the others. */
  readonly idleCredit: number;
  /** Disk.SchedReservationBurst: what a client gets by its shares is not charged to its reservation. */
  readonly reservationBurst: boolean;
  /** Disk.SchedQuantum: sequential commands of one client in a row (SFQ). */
  readonly quantum: number;
  /** Disk.SectorMaxDiff: distance in blocks that still is sequential (SFQ). */
  readonly sectorMaxDiff: number;
  /** Disk.SchedQCleanupInterval: a client without commands for so long is forgotten, ns. */
  readonly cleanupNs: number;
}

/** Defaults of ESXi (stack-lower 5.2, 9.1). */
export const QOS_DEFAULTS: QosSettings = {
  costUnitBytes: 32_768,
  idleCredit: 32,
  reservationBurst: true,
  quantum: 8,
  sectorMaxDiff: 2000,
  cleanupNs: 300e9,
};

/**
 * Decides which client's command is next. Clients are numbers from 0; which one a command belongs
 * to is in the `ClientTable` that discipline and owner share. Commands of the VMkernel itself belong
 * to no client; they go first and cost nothing.
 */
export interface QosDiscipline extends Discipline {
  /** Commands started because a reservation was due; per client. */
  readonly byReservation: Float64Array;
  /** Commands started for any other reason; per client. */
  readonly byWeight: Float64Array;
  /** Adds a client or changes its settings while it runs. @throws InputError on senseless ones */
  setClient(client: number, qos: Qos): void;
  /** A command of the client starts without having been pushed. */
  pass(client: number): void;
  /** A started command of the client is done. */
  finish(client: number): void;
  /** While held, none of the client's commands starts. */
  hold(client: number, held: boolean): void;
  /** When a client that has to wait may go on, ns; infinite when only a completion can help. */
  nextAt(): number;
  /** Time in which the client had commands waiting and its limit forbade the next, ns. */
  limitedNs(client: number): number;
}

/** @throws InputError for settings no discipline can work with (case Q4 of stack-lower 11.2) */
export function checkQos(client: number, { shares, reservation, limit }: Qos): void {
  const isSensible = shares >= 0 && reservation >= 0 && limit >= 0;
  if (isSensible && shares + reservation > 0) return;
  throw InputError.of(
    `scheduler settings of client ${client}`,
    `shares ${shares}, reservation ${reservation}, limit ${limit}`,
    'none is negative, and shares or reservation is more than 0',
  );
}
