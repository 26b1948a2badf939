import type { Sim } from './sim.js';

/** One line of the event log: what happened to which object at what simulated time, and why. */
export interface LogEntry {
  /** Number of the entry, from 0; entries are never renumbered. */
  readonly number: number;
  /** Simulated time, ns. */
  readonly at: number;
  /** Dotted, stable: `path.state`, `apd.start`, `datastore.full`, ... */
  readonly kind: string;
  /** Name of what it happened to. */
  readonly object: string;
  readonly what: string;
  readonly why: string;
}

/** Entries kept; older ones have been handed to `onEntry` and are dropped. */
const KEPT = 20_000;

/** What happened and why, for people and scripts; not on the I/O path. */
export class EventLog {
  /** The newest, oldest first: up to 20,000. */
  readonly entries: LogEntry[] = [];
  /** Called for each entry as it is written (`--events FILE`, drills' expectations). */
  onEntry: ((entry: LogEntry) => void) | undefined;
  private count = 0;

  constructor(private readonly sim: Sim) {}

  note(kind: string, object: string, what: string, why: string): void {
    const entry = { number: this.count++, at: this.sim.now, kind, object, what, why };
    this.entries.push(entry);
    if (this.entries.length > KEPT) this.entries.splice(0, KEPT / 4);
    this.onEntry?.(entry);
  }
}
