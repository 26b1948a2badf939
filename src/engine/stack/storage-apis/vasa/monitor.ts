import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import { formatDuration } from '../../../core/units.js';
import type { Requirements } from '../../../plan/vms.js';
import type { AlarmStatus, Capabilities, EventClass } from './array-state.js';
import { INVALID_SESSION, type VasaEvent, type VasaProvider } from './provider.js';

/** How often the monitoring service asks a provider, which is its heartbeat too (model). */
export const POLL_NS = 10_000_000_000;

const CLASSES: readonly EventClass[] = [
  'config',
  'system',
  'storageCapability',
  'storageCapacity',
  'storageObject',
];

const LEVELS: readonly AlarmStatus[] = ['green', 'yellow', 'red'];

export const VASA_FIELDS = [
  'online',
  'health',
  'alarms',
  'events',
  'sessions',
  'capacityBlocks',
  'usedBlocks',
  'provisionedBlocks',
  'compliant',
  'nonCompliant',
  'unknown',
] as const;

/** A virtual disk with a policy that requires something. */
export interface Subject {
  readonly disk: string;
  readonly policy: string;
  readonly requirements: Requirements;
  /** LUNs of its datastore on this array. */
  readonly uids: readonly string[];
}

export type Compliance = 'compliant' | 'nonCompliant' | 'unknown';

/** What a datastore lacks of what a policy requires. */
export function lacks(has: Capabilities, wants: Requirements): string[] {
  const { thin, disk, redundant, offload, health } = wants;
  return [
    ...(thin !== undefined && has.thin !== thin ? [thin ? 'thin' : 'thick'] : []),
    ...(disk !== undefined && !has.disks.every((one) => one === disk) ? [`disk ${disk}`] : []),
    ...(redundant === true && !has.redundant ? ['redundant'] : []),
    ...(wants.protected === true && !has.protected ? ['protected'] : []),
    ...(offload === true && !has.offload ? ['offload'] : []),
    ...(health !== undefined && LEVELS.indexOf(has.health) > LEVELS.indexOf(health)
      ? [`health ${health}`]
      : []),
  ];
}

/**
 * vCenter's storage monitoring service for one provider: holds a session with it, writes each of its
 * events down once and in order, and checks whether disks are where their policies want them.
 */
export class VasaMonitor {
  private readonly entity: Entity;
  private session = 0;
  private lastEvent = 0;
  private online = true;
  private sessions = 0;
  private readonly compliance = new Map<string, Compliance>();

  constructor(
    private readonly sim: Sim,
    private readonly provider: VasaProvider,
    /** Disks may be moved. */
    private readonly subjects: () => readonly Subject[],
  ) {
    const { array } = provider;
    const labels = { array: array.name, product: array.plan.product, capabilities: namesOf(array) };
    this.entity = sim.meters.define('vasa', array.name, labels, VASA_FIELDS);
    this.entity.refresh = () => this.publish();
    this.connect();
    this.checkCompliance();
    sim.timers.every(POLL_NS, () => this.poll());
  }

  private poll(): void {
    let events = this.provider.eventsAfter(this.session, this.lastEvent);
    if (events === INVALID_SESSION) {
      this.connect();
      events = this.provider.eventsAfter(this.session, this.lastEvent);
    }
    this.setOnline(events !== undefined);
    if (events !== undefined && events !== INVALID_SESSION) {
      for (const event of events) this.take(event);
    }
    this.checkCompliance();
  }

  private connect(): void {
    const session = this.provider.open();
    if (session === undefined) return;
    this.session = session;
    this.sessions++;
    this.provider.subscribe(session, CLASSES);
  }

  private setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    const { name } = this.provider.array;
    if (online) {
      this.sim.log.note('vasa.online', name, 'the provider answers', `session ${this.sessions}`);
    } else {
      this.sim.log.note('vasa.offline', name, 'the provider gives no answer', 'poll');
    }
  }

  private take({ id, at, class: kind, object, text, status, before }: VasaEvent): void {
    this.lastEvent = id;
    const why = `${kind}, event ${id} at ${formatDuration(at)}`;
    this.sim.log.note('vasa.event', object, text, why);
    this.entity.values[VASA_FIELDS.indexOf('events')]++;
    if (status !== before) this.sim.log.note('vasa.alarm', object, `${before} to ${status}`, why);
  }

  private checkCompliance(): void {
    const subjects = this.subjects();
    for (const disk of [...this.compliance.keys()]) {
      if (!subjects.some((subject) => subject.disk === disk)) this.compliance.delete(disk);
    }
    for (const { disk, policy, requirements, uids } of subjects) {
      const has = this.provider.capabilities(uids);
      const missing = has === undefined ? [] : lacks(has, requirements);
      const now = has === undefined ? 'unknown' : missing.length > 0 ? 'nonCompliant' : 'compliant';
      if (this.compliance.get(disk) === now) continue;
      // That all is well from the start is no news.
      const isNews = this.compliance.has(disk) || now !== 'compliant';
      this.compliance.set(disk, now);
      const what = missing.length > 0 ? `${now}: not ${missing.join(', ')}` : now;
      if (isNews) this.sim.log.note('vasa.compliance', disk, what, `policy ${policy}`);
    }
  }

  private publish(): void {
    const { entity, provider } = this;
    const pools = [...provider.array.pools.values()];
    const sum = (of: (pool: (typeof pools)[number]) => number): number =>
      pools.reduce((total, pool) => total + of(pool), 0);
    const luns = [...provider.array.luns.values()];
    const states = [...this.compliance.values()];
    entity.set('online', this.online ? 1 : 0);
    entity.set('health', LEVELS.indexOf(provider.health));
    entity.set('alarms', provider.alarms);
    entity.set('sessions', this.sessions);
    entity.set(
      'capacityBlocks',
      sum(({ capacityBlocks }) => capacityBlocks),
    );
    entity.set(
      'usedBlocks',
      sum(({ usedBlocks }) => usedBlocks),
    );
    entity.set(
      'provisionedBlocks',
      luns.reduce((total, { sizeBlocks }) => total + sizeBlocks, 0),
    );
    entity.set('compliant', states.filter((state) => state === 'compliant').length);
    entity.set('nonCompliant', states.filter((state) => state === 'nonCompliant').length);
    entity.set('unknown', states.filter((state) => state === 'unknown').length);
  }
}

/** What the array can do, in words. */
function namesOf({ plan }: VasaProvider['array']): string {
  const { vaai, luns, pools, controllers } = plan;
  return [
    ...(luns.some(({ thin }) => thin) ? ['thin'] : []),
    ...(vaai.clone && vaai.zero && vaai.ats ? ['offload'] : []),
    ...(controllers > 1 ? ['redundant'] : []),
    ...(pools.every(({ raid }) => raid !== undefined) ? ['protected'] : []),
    ...new Set(pools.map(({ disk }) => disk.model)),
  ].join(' ');
}
