/** The disks of this machine in place of an engine: the same messages, filled from real counters. */
import { InputError } from '../../engine/core/errors.js';
import { HostSamples } from '../../host/samples.js';
import type { HostSource } from '../../host/source.js';
import { type Moment, Watch } from '../../host/watch.js';
import type { EngineLink, FromEngine, PlanSummary, ToEngine } from '../engine.js';

/** Hears of every reading, shown or not. */
export type OnReading = (before: Moment, after: Moment) => void;

const REFUSED = 'this is a real machine: vmtop only looks at it';

export function connectHost(source: HostSource, onReading: OnReading): EngineLink {
  return new HostLink(source, onReading);
}

class HostLink implements EngineLink {
  private listener: (message: FromEngine) => void = () => {};
  private intervalMs = 1_000;
  private timer: NodeJS.Timeout | undefined;
  private paused = false;
  private closed = false;
  private watch: Watch | undefined;
  private samples: HostSamples | undefined;

  constructor(
    private readonly source: HostSource,
    private readonly onReading: OnReading,
  ) {}

  listen(listener: (message: FromEngine) => void): void {
    this.listener = listener;
  }

  post(message: ToEngine): void {
    if (message.type === 'start') void this.start();
    else if (message.type === 'frame-interval') this.pace(message.ms);
    else if (message.type === 'pace') this.paused = message.speed === 0;
    else if (message.type !== 'stop' && message.type !== 'breakdown')
      this.listener({ type: 'refused', lines: [REFUSED] });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private pace(ms: number): void {
    this.intervalMs = ms;
    if (this.timer !== undefined) this.later();
  }

  private async start(): Promise<void> {
    await this.orFail(async () => {
      const watch = await Watch.start(this.source);
      this.watch = watch;
      this.samples = new HostSamples(this.source, watch.last.reading);
      this.listener({
        type: 'layout',
        version: 1,
        entities: this.samples.entities,
        plan: planOf(this.source),
        faults: [],
      });
      this.send(this.samples, watch.last, 0);
      this.later();
    });
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.turn(), this.intervalMs);
  }

  private async turn(): Promise<void> {
    await this.orFail(async () => {
      const { watch, samples } = this;
      if (watch === undefined || samples === undefined) return;
      const { before, after } = await watch.next();
      if (this.closed) return;
      this.onReading(before, after);
      const commands = samples.commands(after.reading) - samples.commands(before.reading);
      if (!this.paused) this.send(samples, after, (commands * 1e9) / (after.at - before.at));
      this.later();
    });
  }

  private send(samples: HostSamples, { at, reading }: Moment, ioPerSecond: number): void {
    const sample = samples.sample(at, reading);
    this.listener({
      type: 'frame',
      layoutVersion: 1,
      ...sample,
      speed: 1,
      ioPerSecond,
      done: false,
    });
  }

  private async orFail(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (error instanceof InputError) {
        this.listener({ type: 'problem', lines: error.message.split('\n') });
      } else {
        const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.listener({ type: 'crash', message });
      }
    }
  }
}

function planOf({ host, volumes }: HostSource): PlanSummary {
  return {
    name: host,
    title: `Disks of ${host}`,
    summary: 'the real disks of this machine',
    durationNs: Number.POSITIVE_INFINITY,
    real: true,
    drill: false,
    hosts: [host],
    vms: [],
    datastores: volumes.map(({ name, type }) => ({ name, type, devices: [] })),
    disks: [],
  };
}
