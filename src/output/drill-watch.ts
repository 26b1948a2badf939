import type { LogEntry } from '../engine/core/event-log.js';
import type { EntityInfo, Sample } from '../engine/core/meters.js';
import type { Plan } from '../engine/plan/plan.js';
import type { TimedCommand } from '../engine/simulation/recorded-simulation.js';
import { UNBOUNDED } from '../scenario/plan/expectations.js';
import type { Engine } from './engine.js';
import { type Goal, Goals } from './goals.js';
import { type Score, scoreOf } from './score.js';
import { COMMANDS, LATENCIES, Window } from './window.js';

/** Harm is looked at once a simulated second, whoever watches: equal runs get equal scores. */
const SECOND = 1e9;
/** Latency goal of drills that state none: the default threshold of Storage I/O Control. */
const LATENCY_GOAL_NS = 30e6;

/** What a drill needs of the simulation it follows. */
export interface DrillEngine extends Engine {
  readonly commands: readonly TimedCommand[];
  sample(withHistograms?: boolean): Sample;
}

/** Follows a drill: how its goals stand, and what the operator's part in it is worth. */
export class DrillWatch {
  private readonly goals: Goals;
  private readonly edges: readonly number[];
  private readonly vms: readonly (readonly EntityInfo[])[];
  private readonly goalNs: number;
  private nextEdge = 0;
  private secondAt = 0;
  private second: Sample;
  private slowSeconds = 0;
  private troubleAt: number | undefined;

  constructor(
    plan: Plan,
    private readonly engine: DrillEngine,
  ) {
    this.goals = new Goals(plan.expectations);
    this.edges = [...new Set(this.goals.watch.edges())].sort((a, b) => a - b);
    const { goalNs, names } = latencyGoal(plan);
    this.goalNs = goalNs;
    this.vms = names.map((name) =>
      engine.entities.filter(({ scope, labels }) => scope === 'disk' && labels.vm === name),
    );
    this.second = engine.sample(false);
    this.passEdges();
  }

  /** Give it every entry of the event log. */
  note(entry: LogEntry): void {
    this.goals.watch.note(entry);
    const broke = entry.kind === 'fault.inject' && entry.why !== 'operator';
    if (broke) this.troubleAt ??= entry.at;
  }

  /** Runs the engine, stopping where something has to be looked at. */
  runUntil(ns: number, run: (ns: number) => void): void {
    for (;;) {
      const stop = Math.min(this.edges[this.nextEdge] ?? ns, this.secondAt + SECOND, ns);
      run(stop);
      this.passEdges();
      if (stop === this.secondAt + SECOND) this.passSecond();
      if (stop >= ns) return;
    }
  }

  standing(over: boolean): readonly Goal[] {
    return this.goals.now(this.engine, this.engine.sample(), over);
  }

  score(goals: readonly Goal[]): Score {
    const { commands } = this.engine;
    const { troubleAt } = this;
    const first = commands.find(({ atNs }) => troubleAt !== undefined && atNs >= troubleAt);
    return scoreOf(goals, {
      trouble: troubleAt !== undefined,
      noticeSeconds: first === undefined ? null : (first.atNs - (troubleAt ?? 0)) / 1e9,
      actions: commands.length,
      errors: this.engine.totals().errors,
      slowSeconds: this.slowSeconds,
      goalMs: this.goalNs / 1e6,
    });
  }

  private passEdges(): void {
    if (this.edges[this.nextEdge] !== this.engine.now) return;
    this.goals.watch.take(this.engine.sample());
    this.nextEdge++;
  }

  private passSecond(): void {
    const after = this.engine.sample(false);
    const window = new Window(this.second, after);
    if (this.vms.some((disks) => isSlow(window, disks, this.goalNs))) this.slowSeconds++;
    this.second = after;
    this.secondAt += SECOND;
  }
}

/** Above the goal on average, or waiting for commands none of which came back. */
function isSlow(window: Window, disks: readonly EntityInfo[], goalNs: number): boolean {
  const commands = window.grown(disks, ...COMMANDS);
  if (commands > 0) return window.grown(disks, ...LATENCIES) / commands > goalNs;
  return disks.some((disk) => window.now(disk, 'active') + window.now(disk, 'queued') > 0);
}

/** The strictest latency the scenario promises, and to whom. */
function latencyGoal(plan: Plan): { goalNs: number; names: readonly string[] } {
  const names = plan.vms.map(({ name }) => name);
  let best = { goalNs: LATENCY_GOAL_NS, names };
  let found = false;
  for (const { measure, max } of plan.expectations) {
    if (measure.kind !== 'metric' || !measure.metric.endsWith('Latency')) continue;
    if (max === UNBOUNDED || (found && max >= best.goalNs)) continue;
    best = { goalNs: max, names: [...measure.vms] };
    found = true;
  }
  return best;
}
