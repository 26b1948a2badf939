/** What the screen knows of the engine: the latest of everything it has said. */
import type { LogEntry } from '../engine/core/event-log.js';
import type { EntityInfo } from '../engine/core/meters.js';
import { Entities } from '../engine/views/kit/entities.js';
import { Row } from '../engine/views/kit/row.js';
import type { ActiveFault, FaultInfo, FromEngine, LayoutMessage, PlanSummary } from './engine.js';
import { Frames, NO_FRAMES } from './frames.js';

const EVENTS_MAX = 5_000;

export class World {
  plan: PlanSummary | undefined;
  faults: readonly FaultInfo[] = [];
  active: readonly ActiveFault[] = [];
  frames: Frames = NO_FRAMES;
  readonly events: LogEntry[] = [];
  /** Latest line of the story a drill tells. */
  narrative: LogEntry | undefined;
  at = 0;
  speed = 0;
  ioPerSecond = 0;
  done = false;
  /** Grows with every change, so that drawings can be kept until then. */
  version = 0;
  private layoutVersion = -1;

  hear(message: FromEngine): void {
    this.version++;
    switch (message.type) {
      case 'layout':
        this.layout(message);
        break;
      case 'frame':
        if (message.layoutVersion !== this.layoutVersion) break;
        this.frames.push(message);
        this.at = message.at;
        this.speed = message.speed;
        this.ioPerSecond = message.ioPerSecond;
        this.done = message.done;
        break;
      case 'events':
        this.log(message.entries);
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
    this.frames = new Frames(new Entities(message.entities), this.frames);
  }

  private log(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      this.events.push(entry);
      if (entry.kind === 'narrative') this.narrative = entry;
    }
    if (this.events.length > EVENTS_MAX) {
      this.events.splice(0, this.events.length - EVENTS_MAX);
    }
  }
}

/** Names an object over all layouts and refreshes. */
export function keyOf({ scope, name, labels }: EntityInfo): string {
  return [scope, labels.host ?? '', labels.device ?? '', name].join('\n');
}
