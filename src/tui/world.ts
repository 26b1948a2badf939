/** What the screen knows of the engine: the latest of everything it has said. */

import type { LogEntry } from '../engine/core/event-log.js';
import type { EntityInfo } from '../engine/core/meters.js';
import { Entities } from '../engine/views/kit/entities.js';
import { Row } from '../engine/views/kit/row.js';
import type { ActiveFault, FaultInfo, FromEngine, LayoutMessage, PlanSummary } from './engine.js';
import { Frames, NO_FRAMES } from './frames.js';
import type { Source } from './store.js';
import type { BranchesMessage, Comparison, Goal, Score } from './time/messages.js';

const EVENTS_MAX = 5_000;

export class World {
  plan: PlanSummary | undefined;
  faults: readonly FaultInfo[] = [];
  active: readonly ActiveFault[] = [];
  frames: Frames = NO_FRAMES;
  /** Where the engine is, simulated time in ns; what is shown may lie before it. */
  at = 0;
  speed = 0;
  ioPerSecond = 0;
  done = false;
  /** Grows with every change, so that drawings can be kept until then. */
  version = 0;
  branches: BranchesMessage | undefined;
  comparison: Comparison | undefined;
  goals: readonly Goal[] = [];
  /** Once a drill is over. */
  score: Score | null = null;
  /** What keeps the engine busy, and how much of it is done, 0 to 1. */
  progress: { readonly what: string; readonly part: number } | undefined;
  /** A pause has been asked for, and no step after it. */
  pausing = false;
  /** The moment that is looked at, ns; undefined is now. */
  lookAt: number | undefined;
  private log: LogEntry[] = [];
  private stories: LogEntry[] = [];
  private layoutVersion = -1;

  /** Looks at an earlier moment: everything shown is as it was then. */
  look(atNs: number | undefined): void {
    if (this.lookAt === atNs) return;
    this.lookAt = atNs;
    this.frames.look(atNs);
    this.version++;
  }

  /** Entries up to the moment that is looked at, oldest first. */
  get events(): readonly LogEntry[] {
    const { lookAt, log } = this;
    return lookAt === undefined ? log : log.filter(({ at }) => at <= lookAt);
  }

  /** Latest line of the story a drill tells. */
  get narrative(): LogEntry | undefined {
    const { lookAt } = this;
    return this.stories.findLast(({ at }) => lookAt === undefined || at <= lookAt);
  }

  hear(message: FromEngine): void {
    this.version++;
    switch (message.type) {
      case 'layout':
        this.layout(message);
        break;
      case 'frame':
        if (message.layoutVersion !== this.layoutVersion) break;
        // Samples of a recording are where they are.
        this.frames.push(message, this.pausing && this.plan?.startsAt === undefined);
        this.at = message.at;
        this.speed = message.speed;
        this.ioPerSecond = message.ioPerSecond;
        this.done = message.done;
        break;
      case 'events':
        this.write(message.entries);
        break;
      case 'rewound':
        this.rewound(message.atNs, message.entries);
        break;
      case 'branches':
        this.branches = message;
        break;
      case 'progress':
        this.progress = message.part < 1 ? message : undefined;
        break;
      case 'comparison':
        this.comparison = message.comparison;
        break;
      case 'drill':
        this.goals = message.goals;
        this.score = message.score;
        break;
      case 'faults':
        this.active = message.active;
        break;
      default:
        break;
    }
  }

  /** Virtual machines that wait for an answer. */
  get stunned(): readonly EntityInfo[] {
    const { window } = this.frames;
    return window.entities.scope('vm').filter((vm) => new Row(window, vm).now('stunned') > 0);
  }

  /** Objects may be added while running; the samples so far stay valid, they are only shorter. */
  private layout(message: LayoutMessage): void {
    this.layoutVersion = message.version;
    this.plan = message.plan;
    this.faults = message.faults;
    const { entities } = this.frames;
    const grown = entities.all.every((info, index) => isSame(info, message.entities[index]));
    this.frames = new Frames(new Entities(message.entities), grown ? this.frames : undefined);
    this.frames.look(this.lookAt);
  }

  private write(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      this.log.push(entry);
      if (entry.kind === 'narrative') this.stories.push(entry);
    }
    if (this.log.length > EVENTS_MAX) this.log.splice(0, this.log.length - EVENTS_MAX);
  }

  /** The engine runs on from an earlier instant: nothing after it has happened. */
  private rewound(atNs: number, entries: readonly LogEntry[]): void {
    this.frames.dropAfter(atNs);
    this.log = [];
    this.stories = this.stories.filter(({ at }) => at < (entries[0]?.at ?? 0));
    this.write(entries);
    this.at = atNs;
    this.done = false;
    this.score = null;
  }
}

/** Where what the world shows comes from. */
export function sourceOf({ plan }: World): Source {
  if (plan?.real) return 'real';
  return plan?.startsAt === undefined ? 'engine' : 'recording';
}

/** A run made once more may have fewer objects yet, and may come by them in another order. */
function isSame(before: EntityInfo, after: EntityInfo | undefined): boolean {
  return after === undefined || (before.base === after.base && keyOf(before) === keyOf(after));
}

/** Names an object over all layouts and refreshes. */
export function keyOf({ scope, name, labels }: EntityInfo): string {
  return [scope, labels.host ?? '', labels.device ?? '', name].join('\n');
}
