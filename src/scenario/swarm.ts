import { stringify } from 'yaml';
import { FAULTS } from '../engine/faults/index.js';
import type { FaultPlan, Plan } from '../engine/plan/plan.js';
import { Simulation } from '../engine/simulation/simulation.js';
import { Draw } from '../engine/simulation/swarm/draw.js';
import type { Trial } from '../engine/simulation/swarm/trial.js';
import { drawWeather, type TrialKind } from '../engine/simulation/swarm/weather.js';
import { parseScenario, planScenario } from './load.js';
import { drawBackups, drawNetworks } from './swarm/backups.js';
import { drawDiskChanges, drawMounts, drawNfs, drawPower } from './swarm/changes.js';
import { drawArrays, drawHosts, drawRules, type Shelf } from './swarm/hardware.js';
import { drawVms } from './swarm/machines.js';
import { drawOperations, drawVmSnapshots } from './swarm/operations.js';
import { drawService } from './swarm/service.js';

/** A trial, and the scenario it is: `vmtop top` shows it live. */
export interface DrawnTrial extends Trial {
  readonly yaml: string;
}

/** How the kinds share the seeds, in percent. */
const SHARES: readonly (readonly [TrialKind, number])[] = [
  ['masked', 45],
  ['errors', 35],
  ['loss', 10],
  ['data', 10],
];

/** How long faults rage, ns: many runs are short and dense, some long enough for every time-out. */
const SPANS: readonly (readonly [number, number])[] = [
  [0.2e9, 2e9],
  [0.2e9, 2e9],
  [2e9, 30e9],
  [150e9, 400e9],
];
/** Guests go on for this part of the time after the last fault is healed. */
const AFTERWARDS = 0.05;

/** Everything about a run, from its seed: hosts, arrays, guests, and the faults that meet them. */
export function drawTrial(seed: number): DrawnTrial {
  const draw = new Draw(seed, 'scenario');
  const kind = kindOf(draw.whole(0, 99));
  const healNs = Math.round(draw.scaled(...draw.one(SPANS)));
  const stopNs = Math.round(healNs * (1 + AFTERWARDS));
  const calm = {
    title: `Swarm, seed ${seed}: ${kind}`,
    seed,
    duration: ns(Math.round(stopNs * (1 + AFTERWARDS))),
    ...drawSystem(seed, draw, kind, stopNs, healNs),
  };
  const simulation = new Simulation(planOf(seed, stringify(calm)));
  const faults = drawWeather({
    seed,
    kind,
    catalogue: FAULTS,
    targetsOf: ({ target }) => simulation.faultTargets(target),
    healNs,
  });
  const yaml = stringify({ ...calm, faults: faults.map(faultText) });
  return { seed, kind, plan: planOf(seed, yaml), healNs, stopNs, yaml };
}

function drawSystem(
  seed: number,
  draw: Draw,
  kind: TrialKind,
  stopNs: number,
  healNs: number,
): Record<string, unknown> {
  const mayFail = kind === 'errors' || kind === 'loss';
  const drawMore = new Draw(seed, 'operations');
  const arrays = drawArrays(draw, new Draw(seed, 'raid'));
  const nfsServers = draw.chance(0.3)
    ? [
        {
          name: 'filer1',
          capacity: '16GiB',
          threads: draw.one([2, 16, 64]),
          disk: 'ssd',
          plugin: drawMore.chance(0.5),
        },
      ]
    : [];
  const hosts = drawHosts(draw, arrays, mayFail);
  const datastores = drawDatastores(draw, arrays, nfsServers.length > 0, hosts.local);
  const vms = drawVms(draw, { hosts: hosts.names, datastores, stopNs, mayFail });
  // What devices have spoilt is copied on by consolidation, and no more known as spoilt.
  const snapshots =
    kind === 'data' ? [] : drawVmSnapshots(new Draw(seed, 'vm-snapshots'), vms, datastores, stopNs);
  const around = {
    vms: vms.filter(({ name }) => !snapshots.some(({ snapshot }) => isOf(snapshot, name))),
    datastores,
    healNs,
    stopNs,
    mayFail,
  };
  const backups =
    kind === 'data'
      ? { backups: [], operations: [] }
      : drawBackups(new Draw(seed, 'backups'), vms, around);
  const system = {
    arrays: arrays.map(({ text }) => text),
    hosts: drawNetworks(new Draw(seed, 'networks'), hosts.texts),
    claimRules: drawRules(draw, arrays, mayFail),
    ...drawNfs(new Draw(seed, 'nfs'), nfsServers, datastores),
    vms,
    operations: [
      ...drawOperations(drawMore, vms, datastores, stopNs),
      ...snapshots,
      ...drawPower(new Draw(seed, 'power'), around),
      ...(kind === 'data' ? [] : drawDiskChanges(new Draw(seed, 'disk-changes'), around)),
      ...drawMounts(new Draw(seed, 'mounts'), datastores, healNs, stopNs),
      ...backups.operations,
    ],
    backups: backups.backups,
    changes: drawSnapshots(new Draw(seed, 'snapshots'), arrays, healNs),
  };
  return { ...system, ...drawService(new Draw(seed, 'service'), system) };
}

/** True for an operation on the snapshots of a VM. */
function isOf(snapshot: unknown, vm: string): boolean {
  return (snapshot as { readonly vm: string }).vm === vm;
}

/** Snapshots of some LUNs, all deleted before everything has to be well again. */
function drawSnapshots(
  draw: Draw,
  arrays: readonly Shelf[],
  healNs: number,
): Record<string, unknown>[] {
  const luns = arrays.flatMap(({ name, luns: own }) => own.map((lun) => `${name}/${lun}`));
  return luns.flatMap((lun) => {
    if (draw.chance(0.7)) return [];
    return ['one', 'two'].flatMap((name) => {
      const from = draw.whole(0, healNs - 2);
      const to = draw.whole(from + 1, healNs - 1);
      return [
        { at: ns(from), lun, createSnapshot: name },
        { at: ns(to), lun, deleteSnapshot: name },
      ];
    });
  });
}

/** A place for virtual disks. */
export type DatastoreText = {
  readonly name: string;
  readonly extents?: readonly string[];
  readonly server?: string;
  /** Hosts that mount it. */
  readonly hosts: readonly string[];
};

function drawDatastores(
  draw: Draw,
  arrays: readonly Shelf[],
  nfs: boolean,
  { names, local }: { names: readonly string[]; local: ReadonlyMap<string, string> },
): DatastoreText[] {
  const datastores: DatastoreText[] = [];
  for (const { name, luns } of arrays) {
    const extents = luns.map((lun) => `${name}/${lun}`);
    const sizes = extents.length > 1 && draw.chance(0.3) ? [extents] : extents.map((one) => [one]);
    for (const own of sizes) {
      datastores.push({ name: `ds${datastores.length}`, extents: own, hosts: names });
    }
  }
  if (nfs) datastores.push({ name: 'nfs', server: 'filer1', hosts: names });
  for (const [host, lun] of local) {
    datastores.push({ name: `local-${host}`, extents: [lun], hosts: [host] });
  }
  return datastores;
}

function kindOf(percent: number): TrialKind {
  let below = 0;
  for (const [kind, share] of SHARES) {
    below += share;
    if (percent < below) return kind;
  }
  return 'masked';
}

function planOf(seed: number, yaml: string): Plan {
  const { source, text } = parseScenario(yaml, `swarm-${seed}.yaml`);
  return planScenario(source, text);
}

function faultText({ fault, target, params, atNs, untilNs }: FaultPlan): Record<string, unknown> {
  const known = FAULTS.find(({ name }) => name === fault)?.params ?? {};
  const settings = Object.entries(params).map(([name, value]) => [
    name,
    known[name]?.unit === 'ns' ? ns(value) : value,
  ]);
  return {
    at: ns(atNs),
    until: ns(untilNs),
    fault,
    target,
    ...(settings.length > 0 ? { params: Object.fromEntries(settings) } : {}),
  };
}

const ns = (value: number): string => `${value}ns`;
