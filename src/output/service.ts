import type { EntityInfo, Sample } from '../engine/core/meters.js';
import type { Plan } from '../engine/plan/plan.js';
import { COMMANDS, LATENCIES, type LatencyDocument, Window } from './window.js';

/** What a virtual disk, or a VM over all its disks, asked for in a span and got. */
export interface ServiceDocument {
  readonly name: string;
  /** Commands per second the guest's programs asked for, whether they got as far as the disk or not. */
  readonly askedIops: number;
  /** Commands per second the guest got answers to. */
  readonly iops: number;
  readonly bytesPerSecond: number;
  readonly errors: number;
  /** As the guest saw it, from its own adapter. */
  readonly latencyMs: LatencyDocument;
  /** Commands without an answer at the end, and those that wait inside the guest. */
  readonly inFlight: number;
  readonly waitingInGuest: number;
  /** Null where no device queue is on the way, as on NFS. */
  readonly scheduler: SchedulerDocument | null;
}

/** What the device queues did with its commands. */
export interface SchedulerDocument {
  /** Commands per second that came, and that were answered. */
  readonly arrivalsPerSecond: number;
  readonly iops: number;
  /** The same in units of Disk.SchedCostUnit (32 KB). */
  readonly arrivedUnitsPerSecond: number;
  readonly unitsPerSecond: number;
  /** Mean time of an answered command in the queue, and below it; null for none. */
  readonly queueMs: number | null;
  readonly deviceMs: number | null;
  /** Mean numbers of commands in the queue and below it: by Little's law, from those answered. */
  readonly meanQueued: number;
  readonly meanActive: number;
  /** Commands sent down to keep the reservation, and by weight. */
  readonly byReservation: number;
  readonly byWeight: number;
  /** Part of the span in which only the limit held commands back, 0 to 1. */
  readonly limited: number;
  /** Settings at the end; a limit or reservation of 0 is none. */
  readonly shares: number;
  readonly reservation: number;
  readonly limit: number;
}

/** The I/O filter of a disk's storage policy, above the file system. */
export interface PolicyDocument {
  readonly name: string;
  /** Of 0 is none. */
  readonly limit: number;
  /** Mean time a command waited for the policy's limit, ms; null for none. */
  readonly queueMs: number | null;
  /** Commands that waited for it, mean over time. */
  readonly meanQueued: number;
}

export interface DiskDocument extends ServiceDocument {
  /** Null for a disk without a storage policy. */
  readonly policy: PolicyDocument | null;
}

export interface VmDocument extends ServiceDocument {
  readonly host: string;
  readonly disks: readonly DiskDocument[];
}

/** Entities that tell about one virtual disk, or about all those of a VM. */
interface Parts {
  readonly disks: readonly EntityInfo[];
  /** On each device; one for all disks where the scheduler does not tell them apart. */
  readonly clients: readonly EntityInfo[];
  readonly jobs: readonly EntityInfo[];
}

interface DiskParts extends Parts {
  readonly disk: EntityInfo;
  readonly filter: EntityInfo | undefined;
}

interface VmParts extends Parts {
  readonly name: string;
  readonly host: string;
  readonly own: readonly DiskParts[];
}

/** Finds what tells about each VM once, and then reports as many spans as are wanted. */
export class ServiceReport {
  private readonly vms: readonly VmParts[];

  constructor({ vms }: Plan, entities: readonly EntityInfo[]) {
    const disks = byVm(entities, 'disk');
    const clients = byVm(entities, 'client');
    const jobs = byVm(entities, 'job');
    const filters = byVm(entities, 'filter');
    this.vms = vms.map(({ name, host }) => {
      const all = {
        disks: disks.get(name) ?? [],
        clients: clients.get(name) ?? [],
        jobs: jobs.get(name) ?? [],
      };
      const own = all.disks.map((disk) => ({
        disk,
        filter: filters.get(name)?.find(({ labels }) => labels.disk === disk.name),
        disks: [disk],
        clients: all.clients.filter(({ labels }) => `${name}:${labels.disk}` === disk.name),
        jobs: all.jobs.filter(({ labels }) => labels.disk === disk.name),
      }));
      return { name, host, ...all, own };
    });
  }

  /** @param before undefined counts from the start of the run */
  span(before: Sample | undefined, after: Sample): VmDocument[] {
    const window = new Window(before, after);
    return this.vms.map((vm) => ({
      host: vm.host,
      ...serviceOf(window, vm.name, vm),
      disks: vm.own.map((parts) => ({
        ...serviceOf(window, parts.disk.name, parts),
        policy: parts.filter === undefined ? null : policyOf(window, parts.filter),
      })),
    }));
  }
}

/** Entities of a scope by the VM they belong to. */
function byVm(entities: readonly EntityInfo[], scope: string): Map<string, EntityInfo[]> {
  const found = new Map<string, EntityInfo[]>();
  for (const entity of entities) {
    if (entity.scope !== scope) continue;
    const vm = entity.labels.vm ?? '';
    const list = found.get(vm);
    if (list === undefined) found.set(vm, [entity]);
    else list.push(entity);
  }
  return found;
}

function serviceOf(window: Window, name: string, { disks, clients, jobs }: Parts): ServiceDocument {
  const sum = (entities: readonly EntityInfo[], field: string): number =>
    entities.reduce((total, entity) => total + window.now(entity, field), 0);
  // Replays and faults ask without being jobs: what arrived counts, and what jobs kept to themselves.
  const asked =
    window.grown(disks, 'arrived') + window.grown(jobs, 'asked') - window.grown(jobs, 'issued');
  return {
    name,
    askedIops: window.rate(asked),
    iops: window.rate(window.grown(disks, ...COMMANDS)),
    bytesPerSecond: window.rate(window.grown(disks, 'readBlocks', 'writeBlocks') * 512),
    errors: window.grown(disks, 'failedReads', 'failedWrites', 'failedOthers'),
    latencyMs: window.latency(disks),
    inFlight: sum(disks, 'active') + sum(disks, 'queued'),
    waitingInGuest: sum(jobs, 'waiting'),
    scheduler: schedulerOf(window, clients),
  };
}

function policyOf(window: Window, filter: EntityInfo): PolicyDocument {
  const own = [filter];
  const waiting = window.grown(own, 'occupancyNs') - window.grown(own, 'activeNs');
  const commands = window.grown(own, ...COMMANDS);
  return {
    name: filter.labels.policy ?? '',
    limit: window.now(filter, 'limit'),
    queueMs: commands > 0 ? window.grown(own, 'waitNs') / commands / 1e6 : null,
    meanQueued: window.spanNs > 0 ? waiting / window.spanNs : 0,
  };
}

function schedulerOf(window: Window, clients: readonly EntityInfo[]): SchedulerDocument | null {
  if (clients.length === 0) return null;
  const commands = window.grown(clients, ...COMMANDS);
  const queueNs = window.grown(clients, 'waitNs');
  const deviceNs = window.grown(clients, ...LATENCIES) - queueNs;
  const mean = (ns: number): number | null => (commands > 0 ? ns / commands / 1e6 : null);
  const over = (ns: number): number => (window.spanNs > 0 ? ns / window.spanNs : 0);
  // A disk on several devices has one client on each, all with the disk's settings.
  const settings = clients.filter(
    ({ labels }, index) =>
      clients.findIndex((other) => other.labels.disk === labels.disk) === index,
  );
  const total = (field: string): number =>
    settings.reduce((sum, client) => sum + window.now(client, field), 0);
  const isLimited = settings.every((client) => window.now(client, 'limit') > 0);
  return {
    arrivalsPerSecond: window.rate(window.grown(clients, 'arrivals')),
    iops: window.rate(commands),
    arrivedUnitsPerSecond: window.rate(window.grown(clients, 'arrivedUnits')),
    unitsPerSecond: window.rate(window.grown(clients, 'units')),
    queueMs: mean(queueNs),
    deviceMs: mean(deviceNs),
    meanQueued: over(queueNs),
    meanActive: over(deviceNs),
    byReservation: window.grown(clients, 'byReservation'),
    byWeight: window.grown(clients, 'byWeight'),
    limited: over(window.grown(clients, 'limitedNs')) / clients.length,
    shares: total('shares'),
    reservation: total('reservation'),
    limit: isLimited ? total('limit') : 0,
  };
}
