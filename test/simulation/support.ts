import { InputError } from '../../src/engine/core/errors.js';
import type { LogEntry } from '../../src/engine/core/event-log.js';
import type { EntityInfo, Sample } from '../../src/engine/core/meters.js';
import type { Sim } from '../../src/engine/core/sim.js';
import type { JobPlan, Plan } from '../../src/engine/plan/plan.js';
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { loadScenario } from '../../src/scenario/load.js';

export const SECOND = 1e9;
export const MS = 1e6;

/** The default scenario with little to do: at most `iodepth` in flight per job, paced, then still. */
export function lightPlan(
  stopNs: number,
  { seed = 1, iodepth = 2, thinkNs = 4 * MS, rateIops = 250 } = {},
): Plan {
  const plan = loadScenario('default', { seed });
  const jobs = plan.jobs.map(
    (job): JobPlan => ({
      ...job,
      iodepth: Math.min(job.iodepth, iodepth),
      thinkNs: Math.max(job.thinkNs, thinkNs),
      rateIops: Math.min(job.rateIops, rateIops),
      stopNs,
    }),
  );
  return { ...plan, jobs };
}

/** Copies of a plan's jobs that issue nothing after `stopNs`. */
export function stopping(plan: Plan, stopNs: number): Plan {
  return { ...plan, jobs: plan.jobs.map((job) => ({ ...job, stopNs })) };
}

/** A simulation and everything its event log said, however long it was. */
export class Run {
  readonly simulation: Simulation;
  readonly entries: LogEntry[] = [];
  /** The engine inside, for what no public name shows: rows in flight. */
  readonly sim: Sim;

  constructor(readonly plan: Plan) {
    this.simulation = new Simulation(plan);
    this.sim = (this.simulation as unknown as { readonly sim: Sim }).sim;
    for (const entry of this.simulation.log.entries) this.entries.push(entry);
    this.simulation.log.onEntry = (entry) => {
      this.entries.push(entry);
    };
  }

  /** Injects a fault now and returns what heals it; nothing, when it would lose data and is refused. */
  inject(fault: string, target: string, params: Readonly<Record<string, number>> = {}): () => void {
    const before = new Set(this.simulation.activeFaults.map(({ id }) => id));
    try {
      this.simulation.command({ kind: 'inject', fault, target, params });
    } catch (error) {
      if (error instanceof InputError && error.message.includes('data would be lost')) {
        return () => undefined;
      }
      throw error;
    }
    const made = this.simulation.activeFaults.find(({ id }) => !before.has(id));
    return () => {
      if (made !== undefined) this.simulation.command({ kind: 'heal', id: made.id });
    };
  }

  of(kind: string, object = ''): LogEntry[] {
    return this.entries.filter((entry) => entry.kind === kind && entry.object.includes(object));
  }

  entities(scope: string, labels: Readonly<Record<string, string>> = {}): EntityInfo[] {
    return this.simulation.entities.filter(
      (entity) =>
        entity.scope === scope &&
        Object.entries(labels).every(([key, value]) => entity.labels[key] === value),
    );
  }

  entity(scope: string, name: string): EntityInfo {
    const found = this.entities(scope).find((entity) => entity.name === name);
    if (found === undefined) throw new Error(`there is no ${scope} ${name}`);
    return found;
  }

  /**
   * Runs until every guest has back what it issued and the host is at rest too, and returns when
   * that was; undefined when it was not before `limitNs`.
   */
  drain(limitNs: number, stepNs = 100 * MS): number | undefined {
    while (this.simulation.now < limitNs) {
      this.simulation.runUntil(Math.min(limitNs, this.simulation.now + stepNs));
      if (this.simulation.inFlight === 0 && this.sim.requests.inFlight === 0) {
        return this.simulation.now;
      }
    }
    return undefined;
  }
}

export function fieldOf(sample: Sample, { fields, base }: EntityInfo, field: string): number {
  const slot = fields.indexOf(field);
  if (slot < 0) throw new Error(`there is no field ${field}`);
  return sample.values[base + slot];
}

/** Sum of a field over entities. */
export function sumOf(sample: Sample, entities: readonly EntityInfo[], field: string): number {
  return entities.reduce((sum, entity) => sum + fieldOf(sample, entity, field), 0);
}

const KINDS = [
  ['reads', 'readNs', 'deviceReadNs', 'queueReadNs'],
  ['writes', 'writeNs', 'deviceWriteNs', 'queueWriteNs'],
  ['others', 'otherNs', 'deviceOtherNs', 'queueOtherNs'],
] as const;

/**
 * The esxtop identity for every device: GAVG = DAVG + KAVG for each kind of command, no part of it
 * negative, and what waited in the queue is part of KAVG. Returns what is wrong.
 */
export function blameProblems(entities: readonly EntityInfo[], after: Sample): string[] {
  const problems: string[] = [];
  for (const device of entities) {
    if (device.scope !== 'device') continue;
    for (const [count, total, below, queued] of KINDS) {
      const commands = fieldOf(after, device, count);
      const guestNs = fieldOf(after, device, total);
      const deviceNs = fieldOf(after, device, below);
      const queueNs = fieldOf(after, device, queued);
      const kernelNs = guestNs - deviceNs;
      const where = `${device.labels.host} ${device.name} ${count} at ${after.at}`;
      if (commands === 0 && guestNs !== 0) problems.push(`${where}: time without commands`);
      if (deviceNs < 0) problems.push(`${where}: DAVG ${deviceNs}`);
      if (kernelNs < 0) problems.push(`${where}: KAVG ${kernelNs}`);
      if (queueNs < 0 || queueNs > kernelNs) {
        problems.push(`${where}: QAVG ${queueNs} of KAVG ${kernelNs}`);
      }
      if (![guestNs, deviceNs, queueNs].every(Number.isSafeInteger)) {
        problems.push(`${where}: ${guestNs} ${deviceNs} ${queueNs} are no whole ns`);
      }
    }
  }
  return problems;
}

/** Guests' totals against the meters of their disks, and arrivals against completions. */
export function bookProblems(run: Run, sample: Sample): string[] {
  const { simulation } = run;
  const disks = run.entities('disk');
  const totals = simulation.totals();
  const problems: string[] = [];
  const same = (what: string, one: number, other: number): void => {
    if (one !== other) problems.push(`${what} at ${sample.at}: ${one} and ${other}`);
  };
  same('reads', totals.reads, sumOf(sample, disks, 'reads'));
  same('writes', totals.writes, sumOf(sample, disks, 'writes'));
  same('others', totals.others, sumOf(sample, disks, 'others'));
  same('bytes read', totals.bytesRead, sumOf(sample, disks, 'readBlocks') * 512);
  same('bytes written', totals.bytesWritten, sumOf(sample, disks, 'writeBlocks') * 512);
  const failed = ['failedReads', 'failedWrites', 'failedOthers'];
  same(
    'errors',
    totals.errors,
    failed.reduce((sum, field) => sum + sumOf(sample, disks, field), 0),
  );
  const done = totals.reads + totals.writes + totals.others;
  same('issued', sumOf(sample, disks, 'arrived'), done + simulation.inFlight);
  same('finished', sumOf(sample, disks, 'finished'), done);
  return problems;
}
