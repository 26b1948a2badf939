import type { Sim } from '../../../core/sim.js';
import type { DiskArray } from '../../../devices/array/disk-array.js';
import {
  type AlarmStatus,
  type Capabilities,
  capabilitiesOf,
  type EventClass,
  type Observed,
  observe,
  worst,
} from './array-state.js';

/** How often a provider looks at its array (model). */
const LOOK_NS = 1_000_000_000;

/** Something that happened at an array. */
export interface VasaEvent {
  /** Counts up from 1 over the array's life. */
  readonly id: number;
  /** When the provider saw it, ns. */
  readonly at: number;
  readonly class: EventClass;
  readonly object: string;
  readonly text: string;
  /** Alarm status of the object, and what it was before. */
  readonly status: AlarmStatus;
  readonly before: AlarmStatus;
}

/** What a question without a valid session is answered with: open another. */
export const INVALID_SESSION = 'InvalidSession';

/**
 * The VASA provider of an array (version 1: it reports; stack-lower reference, section 7): a service
 * beside the array that may stop and start. Sessions end with it; its event list is kept by the
 * array, so that a subscriber who tells the last event it has had goes on behind that.
 */
export class VasaProvider {
  private running = true;
  private session = 0;
  private classes: ReadonlySet<EventClass> = new Set();
  private events: VasaEvent[] = [];
  private lastId = 0;
  private seen: Observed[];

  constructor(
    private readonly sim: Sim,
    readonly array: DiskArray,
  ) {
    this.seen = observe(array);
    sim.timers.every(LOOK_NS, () => {
      if (this.running) this.look();
    });
  }

  get up(): boolean {
    return this.running;
  }

  /** Starts or stops the service; the array goes on regardless. */
  setUp(up: boolean, why: string): void {
    if (up === this.running) return;
    this.running = up;
    if (!up) this.session = 0;
    const what = up ? 'the provider has started' : 'the provider has stopped';
    this.sim.log.note('vasa.provider', this.array.name, what, why);
    if (up) this.look();
  }

  /** Opens a session; undefined when nobody answers. */
  open(): number | undefined {
    if (!this.running) return undefined;
    this.session = this.sim.now + 1;
    this.classes = new Set();
    return this.session;
  }

  subscribe(session: number, classes: readonly EventClass[]): void {
    if (session === this.session) this.classes = new Set(classes);
  }

  /**
   * Events the session has subscribed to, in order. The subscriber has had all up to `after`, which
   * the array no longer has to keep. Undefined when nobody answers.
   */
  eventsAfter(
    session: number,
    after: number,
  ): readonly VasaEvent[] | typeof INVALID_SESSION | undefined {
    if (!this.running) return undefined;
    if (session !== this.session) return INVALID_SESSION;
    this.events = this.events.filter(({ id }) => id > after);
    return this.events.filter((event) => this.classes.has(event.class));
  }

  capabilities(uids: readonly string[]): Capabilities | undefined {
    return this.running ? capabilitiesOf(this.array, uids) : undefined;
  }

  /** Alarm status of the array as a whole, as last seen. */
  get health(): AlarmStatus {
    return worst(this.seen.map(({ status }) => status));
  }

  /** Objects whose alarm is not green, as last seen. */
  get alarms(): number {
    return this.seen.filter(({ status }) => status !== 'green').length;
  }

  private look(): void {
    const now = observe(this.array);
    for (const [index, { class: kind, object, state, status }] of now.entries()) {
      const old = this.seen[index];
      if (old.state === state && old.status === status) continue;
      this.events.push({
        id: ++this.lastId,
        at: this.sim.now,
        class: kind,
        object,
        text: state,
        status,
        before: old.status,
      });
    }
    this.seen = now;
  }
}
