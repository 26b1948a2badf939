import type { Sim } from '../core/sim.js';
import type { ClientTable } from './clients.js';
import { QOS_DEFAULTS, type QosDiscipline, type QosSettings } from './discipline.js';
import { ClientFifo } from './fifo.js';
import { MClock } from './mclock.js';
import { Sfq } from './sfq.js';

/** `mclock`: the default; `sfq`: the scheduler before it; `fifo`: none. */
export type SchedulerKind = 'mclock' | 'sfq' | 'fifo';

/** A scheduler between the clients of a queue. */
export function createDiscipline(
  sim: Sim,
  clients: ClientTable,
  kind: SchedulerKind = 'mclock',
  settings: Partial<QosSettings> = {},
): QosDiscipline {
  const known = { ...QOS_DEFAULTS, ...settings };
  if (kind === 'fifo') return new ClientFifo(sim, clients);
  return kind === 'sfq' ? new Sfq(sim, clients, known) : new MClock(sim, clients, known);
}
