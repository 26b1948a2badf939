/** A simulation as the worker's server wants it: opened from what the screen asked for. */
import type { LogEntry } from '../engine/core/event-log.js';
import { FAULTS } from '../engine/faults/index.js';
import type { Plan } from '../engine/plan/plan.js';
import { RecordedSimulation, type TimedCommand } from '../engine/simulation/recorded-simulation.js';
import { readBatch } from '../input/read-batch.js';
import { WatchedSimulation } from '../output/watched-simulation.js';
import type { ReplayOptions } from '../scenario/replay.js';
import {
  branchOf,
  planStart,
  readSession,
  type SavedSession,
  type SessionStart,
} from '../scenario/session/file.js';
import { fingerprint } from '../scenario/session/fingerprint.js';
import type { FaultInfo, PlanSummary, StartMessage } from './engine.js';
import type { Machine, RepeatableMachine } from './machine-kinds.js';
import { RecordedMachine } from './recorded-machine.js';
import { Undo } from './time/undo.js';

/** @throws InputError for a scenario, trace, session or batch file that cannot be read */
export function openMachine(start: StartMessage): Machine | Promise<Machine> {
  const { recording } = start;
  return recording === undefined ? openSimulation(start) : openRecording(recording);
}

async function openRecording(path: string): Promise<Machine> {
  return new RecordedMachine(await readBatch(path));
}

/** @throws InputError for a scenario, trace or session that cannot be read */
export function openSimulation({
  scenario,
  seed,
  replay,
  session,
}: StartMessage): RepeatableMachine {
  const saved = session === undefined ? undefined : readSession(session);
  const start: SessionStart = saved ?? {
    scenario,
    seed,
    ...(replay === undefined ? {} : { replay: replay as unknown as ReplayOptions }),
  };
  const plan = planStart(start);
  const origin = {
    scenario: start.scenario,
    seed: plan.seed,
    sha256: fingerprint(start),
    ...(start.replay === undefined ? {} : { replay: start.replay }),
  };
  const commands = saved === undefined ? [] : branchOf(saved).commands;
  return machineOf(plan, origin, commands, saved);
}

/** Events kept for whoever asks for them: a run that is made once more may have had very many. */
const EVENTS_MAX = 20_000;

function machineOf(
  plan: Plan,
  origin: RepeatableMachine['origin'],
  commands: readonly TimedCommand[],
  saved?: SavedSession,
): RepeatableMachine {
  const isDrill = plan.expectations.length > 0 || plan.narrative.length > 0;
  const watched = isDrill ? new WatchedSimulation(plan, commands) : undefined;
  const simulation = watched ?? new RecordedSimulation(plan, commands);
  const summary = summaryOf(plan);
  const undo = new Undo(simulation, summary.disks);
  let entries: LogEntry[] = [];
  const note = (entry: LogEntry): void => {
    entries.push(entry);
    if (entries.length > EVENTS_MAX) entries.splice(0, EVENTS_MAX / 4);
    watched?.watch.note(entry);
  };
  entries.push(...simulation.log.entries);
  simulation.log.onEntry = note;
  const machine: RepeatableMachine = {
    plan: summary,
    origin,
    saved,
    entities: simulation.entities,
    faults: faultsOf(simulation),
    get now() {
      return simulation.now;
    },
    get completed() {
      const { reads, writes, others } = simulation.totals();
      return reads + writes + others;
    },
    get over() {
      return simulation.finished || simulation.now >= plan.durationNs;
    },
    get commands() {
      return simulation.commands;
    },
    get ahead() {
      return simulation.ahead;
    },
    runUntil: (ns) => simulation.runUntil(ns),
    sample: () => simulation.sample(),
    command: (command) => simulation.command(command),
    setBreakdown: (on) => simulation.setBreakdown(on),
    activeFaults: () => simulation.activeFaults,
    pathHistory: (host, path) => simulation.pathHistory(host, path),
    takeEvents() {
      const taken = entries;
      entries = [];
      return taken;
    },
    digest: () => simulation.digest(),
    again: (recorded) => machineOf(plan, origin, recorded),
    undo: () => undo.undo(),
    drill() {
      if (watched === undefined) return undefined;
      const { watch } = watched;
      const goals = watch.standing(machine.over);
      return { goals, score: machine.over ? watch.score(goals) : null };
    },
  };
  return machine;
}

function faultsOf(simulation: RecordedSimulation): FaultInfo[] {
  return FAULTS.map(({ name, summary, target, params }) => ({
    name,
    summary,
    target,
    targets: simulation.faultTargets(target),
    params: Object.entries(params).map(([param, description]) => ({ ...description, name: param })),
  }));
}

function summaryOf(plan: Plan): PlanSummary {
  return {
    name: plan.name,
    title: plan.title,
    summary: plan.summary,
    durationNs: plan.durationNs,
    drill: plan.narrative.length > 0,
    hosts: plan.hosts.map(({ name }) => name),
    vms: plan.vms.map(({ name, host }) => ({ name, host })),
    datastores: plan.datastores.map(({ name, type, extents }) => ({
      name,
      type,
      devices: extents,
    })),
    disks: plan.vms.flatMap((vm) =>
      vm.disks.map(({ name, index, qos }) => ({
        index,
        vm: vm.name,
        name,
        qos,
      })),
    ),
  };
}
