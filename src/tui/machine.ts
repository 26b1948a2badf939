/** A simulation as the worker's server wants it: opened from what the screen asked for. */
import type { LogEntry } from '../engine/core/event-log.js';
import { FAULTS } from '../engine/faults/index.js';
import type { Plan } from '../engine/simulation/plan.js';
import { Simulation } from '../engine/simulation/simulation.js';
import { loadScenario } from '../scenario/load.js';
import { planReplay, type ReplayOptions } from '../scenario/replay.js';
import type { FaultInfo, PlanSummary, StartMessage } from './engine.js';
import type { Machine } from './engine-server.js';

/** @throws InputError for a scenario or trace that cannot be read */
export function openMachine({ scenario, seed, replay }: StartMessage): Machine {
  const plan =
    replay === undefined
      ? loadScenario(scenario, { seed })
      : planReplay(replay as unknown as ReplayOptions).plan;
  return machineOf(new Simulation(plan), plan);
}

function machineOf(simulation: Simulation, plan: Plan): Machine {
  let entries: LogEntry[] = [...simulation.log.entries];
  simulation.log.onEntry = (entry) => entries.push(entry);
  return {
    plan: summaryOf(plan),
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
  };
}

function faultsOf(simulation: Simulation): FaultInfo[] {
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
      vm.disks.map(({ name, index, datastore, qos }) => ({
        index,
        vm: vm.name,
        name,
        datastore,
        qos,
      })),
    ),
  };
}
