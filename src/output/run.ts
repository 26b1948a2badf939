import type { LogEntry } from '../engine/core/event-log.js';
import type { Sample } from '../engine/core/meters.js';
import type { Plan } from '../engine/plan/plan.js';
import { type DeviceDocument, devicesOf, type SiocDocument, siocOf } from './devices.js';
import type { Engine, Layers, Totals } from './engine.js';
import { type ExpectationResult, Expectations } from './expectations.js';
import { ServiceReport, type VmDocument } from './service.js';

export interface RunOptions {
  /** Report figures for each of these spans too; 0 for none. */
  readonly intervalNs?: number | undefined;
  /** Gets each span as it ends; without it they are all kept for the result. */
  readonly onInterval?: ((interval: Interval) => void) | undefined;
  /** End when every replay is done instead of at the plan's end. */
  readonly untilFinished?: boolean;
  readonly onEntry?: ((entry: LogEntry) => void) | undefined;
  /** Called a few times per second of wall time. */
  readonly onProgress?: ((atNs: number, totals: Totals) => void) | undefined;
  /** Called when the run stands at one instant, ns, if it gets there. */
  readonly mark?: { readonly atNs: number; readonly call: () => void } | undefined;
}

/** Figures of one span of the run. */
export interface Interval {
  readonly fromNs: number;
  readonly toNs: number;
  readonly totals: Totals;
  readonly layers: Layers;
  readonly service: Service;
}

/** Who got what: virtual machines, devices, Storage I/O Control. */
export interface Service {
  readonly vms: readonly VmDocument[];
  readonly devices: readonly DeviceDocument[];
  readonly sioc: readonly SiocDocument[];
}

export interface RunResult {
  readonly simulatedNs: number;
  /** Wall time, s: the only figure that differs from run to run. */
  readonly wallSeconds: number;
  readonly digest: string;
  readonly totals: Totals;
  readonly layers: Layers;
  readonly service: Service;
  readonly last: Sample;
  readonly intervals: readonly Interval[];
  readonly expectations: readonly ExpectationResult[];
  /** True when a replay was to be run to its end but came to a halt. */
  readonly stuck: boolean;
  /** For runs with guests that verify their data. */
  readonly verified?: Verified;
}

/** What verifying guests checked, in blocks of 4 KiB, and what they found. */
export interface Verified {
  readonly blocksRead: number;
  readonly blocksWritten: number;
  readonly violations: number;
  /** The first of them, in words. */
  readonly found: readonly string[];
}

const NOTHING = { blocksRead: 0, blocksWritten: 0, violations: 0 };
/** Wall time between looks at the clock, ms. */
const LOOK_MS = 100;
/** Simulated time of the first stretch; later ones follow what a look at the clock tells. */
const FIRST_STRETCH_NS = 1e6;
/** A replay's end is found to within this. */
const FINISH_NS = 10e6;
/** Simulated time without one completion, past the plan's end, after which a replay counts as stuck; *model*. */
const STUCK_NS = 3600e9;

/**
 * Runs a simulation to its end, as fast as possible. Where it stops in between (for samples,
 * progress, intervals) never changes results.
 */
export function runToEnd(engine: Engine, plan: Plan, options: RunOptions = {}): RunResult {
  const started = performance.now();
  const expectations = new Expectations(plan.expectations);
  const earlier = engine.log.onEntry;
  engine.log.onEntry = (entry) => {
    earlier?.(entry);
    expectations.note(entry);
    options.onEntry?.(entry);
  };
  const intervals: Interval[] = [];
  const report = new ServiceReport(plan, engine.entities);
  const serviceOf = (before: Sample | undefined, after: Sample): Service => ({
    vms: report.span(before, after),
    devices: devicesOf(engine.entities, before, after),
    sioc: siocOf(engine.entities, after),
  });
  const onInterval = options.onInterval ?? ((span: Interval) => intervals.push(span));
  const stretch = new Stretch(engine, options.onProgress);
  let stuck = false;
  if (options.untilFinished === true) {
    stuck = !finishReplays(engine, plan, stretch);
  } else {
    const interval = options.intervalNs ?? 0;
    const { mark } = options;
    const edges = new Set(expectations.edges());
    if (mark !== undefined) edges.add(mark.atNs);
    let before: Sample | undefined;
    let totalsBefore = engine.totals();
    for (const at of instants(plan, edges, interval)) {
      stretch.runUntil(at);
      if (at === mark?.atNs) mark.call();
      const sample = engine.sample();
      // Samples are large: only those that will be needed are kept.
      if (edges.has(at)) expectations.take(sample);
      if (interval > 0 && at > 0 && (at % interval === 0 || at === plan.durationNs)) {
        const totals = engine.totals();
        onInterval({
          fromNs: before?.at ?? 0,
          toNs: at,
          totals: difference(totals, totalsBefore),
          layers: engine.layerSummary(before, sample),
          service: serviceOf(before, sample),
        });
        before = sample;
        totalsBefore = totals;
      }
    }
  }
  const last = engine.sample();
  return {
    simulatedNs: engine.now,
    wallSeconds: (performance.now() - started) / 1000,
    digest: engine.digest(),
    totals: engine.totals(),
    layers: engine.layerSummary(undefined, last),
    service: serviceOf(undefined, last),
    last,
    intervals,
    expectations: expectations.results(engine),
    stuck,
    ...(plan.jobs.some(({ verify }) => verify) ? { verified: verifiedBy(engine) } : {}),
  };
}

function verifiedBy({ verified, violations = [] }: Engine): Verified {
  const { blocksRead, blocksWritten, violations: count } = verified ?? NOTHING;
  return {
    blocksRead,
    blocksWritten,
    violations: count,
    found: violations.map(({ text }) => text),
  };
}

/** Every instant at which the run has to pause, in order, the end last. */
function* instants(
  { durationNs }: Plan,
  edges: ReadonlySet<number>,
  interval: number,
): Generator<number> {
  const ahead = [...edges].filter((at) => at < durationNs).sort((a, b) => a - b);
  let next = 0;
  for (let at = interval > 0 ? interval : durationNs; at < durationNs; at += interval) {
    for (; next < ahead.length && ahead[next]! < at; next++) yield ahead[next]!;
    if (ahead[next] === at) next++;
    yield at;
  }
  for (; next < ahead.length; next++) yield ahead[next]!;
  yield durationNs;
}

/** True when all replays came to their end. */
function finishReplays(engine: Engine, plan: Plan, stretch: Stretch): boolean {
  let done = -1;
  let movedAt = engine.now;
  while (!engine.finished) {
    stretch.runUntil(engine.now + FINISH_NS);
    const { reads, writes, others } = engine.totals();
    if (reads + writes + others !== done) {
      done = reads + writes + others;
      movedAt = engine.now;
    } else if (engine.now > plan.durationNs && engine.now - movedAt > STUCK_NS) {
      return false;
    }
  }
  return true;
}

/** Runs in stretches short enough to look at the clock now and then. */
class Stretch {
  private lengthNs = FIRST_STRETCH_NS;
  private lookedAt = performance.now();

  constructor(
    private readonly engine: Engine,
    private readonly onProgress: RunOptions['onProgress'],
  ) {}

  runUntil(end: number): void {
    const { engine, onProgress } = this;
    if (onProgress === undefined) {
      engine.runUntil(end);
      return;
    }
    while (engine.now < end) {
      const from = performance.now();
      engine.runUntil(Math.min(end, engine.now + this.lengthNs));
      const to = performance.now();
      if (to - from < LOOK_MS / 2) this.lengthNs *= 2;
      else if (to - from > LOOK_MS * 2)
        this.lengthNs = Math.max(1e3, Math.floor(this.lengthNs / 2));
      if (to - this.lookedAt < LOOK_MS) continue;
      this.lookedAt = to;
      onProgress(engine.now, engine.totals());
    }
  }
}

function difference(after: Totals, before: Totals): Totals {
  return {
    reads: after.reads - before.reads,
    writes: after.writes - before.writes,
    others: after.others - before.others,
    bytesRead: after.bytesRead - before.bytesRead,
    bytesWritten: after.bytesWritten - before.bytesWritten,
    errors: after.errors - before.errors,
    unsupported: after.unsupported - before.unsupported,
  };
}
