import { basename } from 'node:path';
import { InputError, type Problem } from '../engine/core/errors.js';
import type { ExpectationPlan, Plan, TraceTable } from '../engine/plan/plan.js';
import { readText } from '../input/read-text.js';
import { readTrace } from '../input/read-trace.js';
import { findScenario } from './bundled.js';
import { CATALOGUES, type Catalogues } from './catalogues.js';
import { inOrder, problemsOf } from './issues.js';
import { makePlan } from './plan/index.js';
import type { Traces } from './plan/jobs.js';
import { type RegisteredVm, type RegisteredVms, readRegistered } from './registered.js';
import { repair } from './repair.js';
import { type Scenario, scenarioSchema } from './schema.js';
import { type Path, Source } from './source.js';

/** Instead of the scenario's own. */
export interface LoadOptions {
  /** 0 to 4294967295. */
  readonly seed?: number | undefined;
  /** Simulated length of the run, ns; above 0. */
  readonly durationNs?: number | undefined;
}

const SEED_MAX = 2 ** 32 - 1;

/**
 * The plan of a bundled scenario or a scenario file.
 * @throws InputError with everything that is wrong with it
 */
export function loadScenario(scenario: string, options: LoadOptions = {}): Plan {
  const { source, text } = openScenario(scenario);
  return override(planScenario(source, text), options);
}

/** The text of a scenario, checked against the schema but with no name looked up. */
export interface OpenScenario {
  readonly source: Source;
  readonly text: Scenario;
}

/** For callers that change a scenario before it is planned. */
export function openScenario(scenario: string): OpenScenario {
  const file = findScenario(scenario);
  return parseScenario(readText(file), file);
}

/** Reads scenario text; `file` is what messages call it, and where relative paths start. */
export function parseScenario(
  yaml: string,
  file: string,
  catalogues: Catalogues = CATALOGUES,
): OpenScenario {
  const source = new Source(file, yaml);
  const broken = source.problems();
  if (broken.length > 0) throw new InputError(broken);
  const data = source.data();
  if (data === null || data === undefined) {
    throw InputError.of(file, 'expected a scenario, found nothing', 'see: vmtop list scenarios');
  }
  const result = scenarioSchema.safeParse(data, { reportInput: true });
  if (result.success) return { source, text: result.data };
  const { issues } = result.error;
  const meant = scenarioSchema.safeParse(repair(data, issues));
  const further = meant.success ? problemsWith(source, meant.data, catalogues) : [];
  throw new InputError(inOrder([...problemsOf(source, issues), ...further]));
}

/**
 * @param known traces that have been read already, by the text of `trace`
 * @throws InputError with every problem in what the scenario refers to
 */
export function planScenario(
  source: Source,
  text: Scenario,
  catalogues: Catalogues = CATALOGUES,
  known: Traces = new Map(),
): Plan {
  const problems: Problem[] = [];
  const traces = readTraces(source, text, known, problems);
  const registered = readMachines(source, text, problems);
  const name = basename(source.file).replace(/\.ya?ml$/, '');
  try {
    const plan = makePlan(source, text, catalogues, { name, traces, registered });
    if (problems.length === 0) return plan;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(...error.problems);
  }
  throw new InputError(inOrder(problems));
}

/**
 * A run's seed and length, where a person asked for others than the scenario's.
 * @throws InputError for what is no seed or no length
 */
export function override(plan: Plan, { seed = plan.seed, durationNs }: LoadOptions): Plan {
  if (!Number.isInteger(seed) || seed < 0 || seed > SEED_MAX) {
    throw InputError.of('seed', `expected a whole number from 0 to ${SEED_MAX}, found ${seed}`);
  }
  if (durationNs !== undefined && !(Number.isSafeInteger(durationNs) && durationNs > 0)) {
    throw InputError.of('durationNs', `expected whole nanoseconds above 0, found ${durationNs}`);
  }
  const end = durationNs ?? plan.durationNs;
  const expectations =
    end < plan.durationNs
      ? plan.expectations.filter((expectation) => fits(expectation, end))
      : plan.expectations;
  const expectationsSkipped = plan.expectations.length - expectations.length;
  return { ...plan, seed, durationNs: end, expectations, expectationsSkipped };
}

/** A run cut short can only be held to what was promised about its first part. */
function fits({ measure }: ExpectationPlan, durationNs: number): boolean {
  return measure.kind === 'metric' && measure.toNs <= durationNs;
}

function problemsWith(source: Source, text: Scenario, catalogues: Catalogues): readonly Problem[] {
  try {
    planScenario(source, text, catalogues);
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
}

function readTraces(source: Source, text: Scenario, known: Traces, problems: Problem[]): Traces {
  const traces = new Map<string, TraceTable>(known);
  for (const [index, { replay }] of text.vms.entries()) {
    if (replay === undefined || traces.has(replay.trace)) continue;
    const path = ['vms', index, 'replay', 'trace'];
    const { trace } = replay;
    const table = attempt(source, path, problems, () => readTrace(source.beside(trace)).table);
    if (table !== undefined) traces.set(trace, table);
  }
  return traces;
}

function readMachines(source: Source, text: Scenario, problems: Problem[]): RegisteredVms {
  const machines = new Map<string, RegisteredVm>();
  for (const [index, { vmx }] of text.vms.entries()) {
    if (vmx === undefined || machines.has(vmx)) continue;
    const path = ['vms', index, 'vmx'];
    const machine = attempt(source, path, problems, () => readRegistered(source.beside(vmx)));
    if (machine !== undefined) machines.set(vmx, machine);
  }
  return machines;
}

/** What is wrong with a file is wrong with the line of the scenario that names it. */
function attempt<T>(source: Source, path: Path, problems: Problem[], use: () => T): T | undefined {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const problem of error.problems) {
      const message = `${problem.place}: ${problem.message}`;
      problems.push({ ...problem, place: source.place(path), message });
    }
    return undefined;
  }
}
