import { InputError } from '../../engine/core/errors.js';
import type { ChangePlan, JobPlan, Plan, ReplayPlan } from '../../engine/plan/plan.js';
import { arrivalsPerSecond } from '../../engine/workloads/arrivals.js';
import type { Catalogues } from '../catalogues.js';
import type { RegisteredVms } from '../registered.js';
import type { Scenario } from '../schema.js';
import type { Source } from '../source.js';
import { planArrays } from './arrays.js';
import { planBackups } from './backups.js';
import { planChanges } from './changes.js';
import { planClaimRules } from './claim-rules.js';
import { Context, copies } from './context.js';
import { planDatastores } from './datastores.js';
import { planExpectations } from './expectations.js';
import { planHosts } from './hosts.js';
import { planJobs, planReplays, type Traces } from './jobs.js';
import { planNfsServers } from './nfs-servers.js';
import { planOperations } from './operations.js';
import { planPolicies } from './policies.js';
import { targetsOf } from './targets.js';
import { planFaults, planNarrative } from './timeline.js';
import { planVms } from './vms.js';

/** Request table: at least this many rows, and at most what 16-bit-and-a-bit tables stay fast with. */
const ROWS_MIN = 4096;
const ROWS_MAX = 1 << 17;
/** Rows a guest command may take at once: itself and the parts it is split into (model). */
const ROWS_PER_COMMAND = 4;
/** A second of open arrivals may be waiting when something hangs (model). */
const OPEN_SECONDS = 1;
/** Commands of a replay at original timing that may be in flight (model). */
const REPLAY_ROWS = 1 << 14;

export interface PlanOptions {
  /** Name of the scenario where it does not give one. */
  readonly name: string;
  readonly traces: Traces;
  readonly registered: RegisteredVms;
}

/**
 * Decides every name, number and route of a scenario.
 * @throws InputError with every problem found
 */
export function makePlan(
  source: Source,
  scenario: Scenario,
  catalogues: Catalogues,
  options: PlanOptions,
): Plan {
  const context = new Context(source, catalogues);
  const hostTexts = copies(scenario.hosts, ['hosts'], 1);
  const planned = planArrays(context, scenario, hostTexts);
  const servers = planNfsServers(context, scenario);
  const hosts = planHosts(context, hostTexts, planned);
  const claimRules = planClaimRules(context, scenario);
  const around = { hosts, luns: planned.luns, servers, claimRules };
  const datastores = planDatastores(context, scenario, around);
  const policies = planPolicies(context, scenario);
  const vms = planVms(
    context,
    scenario,
    hosts,
    datastores,
    policies,
    options.registered,
    planned.luns,
  );
  const jobs = planJobs(context, vms.values(), scenario.duration);
  const replays = planReplays(context, vms.values(), options.traces);
  const targets = targetsOf({ arrays: planned.arrays, ...around, datastores, vms });
  const faults = planFaults(context, scenario, targets);
  const changes = planChanges(context, scenario, { vms, jobs, hosts, luns: planned.luns });
  const operable = { vms, datastores, hosts, luns: planned.luns };
  const operations = planOperations(context, scenario, operable);
  const backups = planBackups(context, scenario, operable);
  const narrative = planNarrative(context, scenario);
  const expectations = planExpectations(context, scenario, vms);
  if (context.problems.length > 0) throw new InputError(context.problems);
  const name = scenario.name ?? options.name;
  return {
    name,
    title: scenario.title ?? name,
    summary: scenario.summary.trim(),
    seed: scenario.seed,
    durationNs: scenario.duration,
    rows: rowsFor(jobs, replays, changes),
    arrays: planned.arrays,
    nfsServers: [...servers.values()],
    hosts: [...hosts.values()],
    claimRules,
    datastores: [...datastores.values()],
    vms: [...vms.values()].map(({ plan }) => plan),
    jobs,
    replays,
    faults,
    changes: [...changes, ...operations, ...backups].sort((a, b) => a.atNs - b.atNs),
    narrative,
    expectations,
    expectationsSkipped: 0,
  };
}

/** The least power of two with room for what the workloads may have in flight. */
function rowsFor(
  jobs: readonly JobPlan[],
  replays: readonly ReplayPlan[],
  changes: readonly ChangePlan[],
): number {
  let commands = 0;
  for (const job of jobs) commands += job.iodepth + arrivalsPerSecond(job) * OPEN_SECONDS;
  for (const { command } of changes) {
    if (command.kind !== 'pace') continue;
    const { iodepth = 0, rateIops = 0 } = command.pace;
    commands += iodepth + rateIops * OPEN_SECONDS;
  }
  for (const { timing } of replays) {
    commands += timing.kind === 'asap' ? timing.iodepth : REPLAY_ROWS;
  }
  let rows = ROWS_MIN;
  while (rows < commands * ROWS_PER_COMMAND && rows < ROWS_MAX) rows *= 2;
  return rows;
}
