/** An engine without a simulation: steady made-up counters, and a record of what it was told. */
import { bucketOf, HISTOGRAM_BUCKETS } from '../../src/engine/core/histogram.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import type {
  EngineLink,
  FaultInfo,
  FromEngine,
  PlanSummary,
  ToEngine,
} from '../../src/tui/engine.js';
import { fakeLayout, NAA } from './fake-layout.js';

const RATES: Record<string, number> = {
  reads: 700,
  writes: 300,
  others: 0,
  readBlocks: 11_200,
  writeBlocks: 4_800,
};
/** Mean latency at each layer, ms; what is missing between two neighbours is spent in the upper one. */
const LATENCY_MS: Record<string, number> = {
  disk: 5,
  vmdk: 4.9,
  datastore: 4.8,
  volume: 4.7,
  device: 4.6,
  path: 2.1,
  adapter: 2.05,
  driver: 2,
  port: 1.6,
  lun: 1.6,
  spindle: 1.2,
  world: 4.6,
  client: 4.6,
};

export const PLAN: PlanSummary = {
  name: 'two-paths',
  title: 'Two paths',
  summary: 'A host with two adapters.',
  durationNs: 180e9,
  drill: false,
  hosts: ['esx1'],
  vms: ['web1', 'web2', 'db1'].map((name) => ({ name, host: 'esx1' })),
  datastores: [
    { name: 'ds1', type: 'vmfs', devices: [NAA[0]] },
    { name: 'ds2', type: 'vmfs', devices: [NAA[1]] },
  ],
  disks: ['web1', 'web2', 'db1'].map((vm, index) => ({
    index,
    vm,
    name: 'scsi0:0',
    qos: { shares: 1000, reservation: 0, limit: 0 },
  })),
};

/** As the simulation names them. */
function targetsOf(scope: string, entities: Entities): string[] {
  if (scope === 'controller') return ['array1:A', 'array1:B'];
  return entities.scope(scope).map(({ name, labels }) => {
    if (scope === 'lun') return `array1/${name}`;
    return labels.host === undefined ? name : `${labels.host}/${name}`;
  });
}

export class FakeEngine implements EngineLink {
  readonly heard: ToEngine[] = [];
  readonly layout = fakeLayout();
  closed = false;
  at = 0;
  plan = PLAN;
  private listener: (message: FromEngine) => void = () => {};
  private events = 0;

  post(message: ToEngine): void {
    this.heard.push(message);
  }

  listen(listener: (message: FromEngine) => void): void {
    this.listener = listener;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  send(message: FromEngine): void {
    this.listener(message);
  }

  get faults(): FaultInfo[] {
    const entities = new Entities(this.layout.entities);
    const fault = (name: string, target: string, params: FaultInfo['params'] = []): FaultInfo => ({
      name,
      summary: `what goes wrong with its ${target}`,
      target,
      targets: targetsOf(target, entities),
      params,
    });
    return [
      fault('path-down', 'path'),
      fault('cable-pull', 'adapter'),
      fault('controller-failover', 'controller'),
      fault('slow-device', 'lun', [
        { name: 'factor', unit: 'ratio', initial: 10, min: 1, max: 1000, help: 'times slower' },
        { name: 'for', unit: 'ns', initial: 5e9, min: 1e6, max: 600e9, help: 'how long' },
      ]),
      fault('fill-datastore', 'datastore'),
    ];
  }

  sendLayout(): void {
    this.send({
      type: 'layout',
      version: 1,
      entities: this.layout.entities,
      plan: this.plan,
      faults: this.faults,
    });
  }

  /** One more second of steady load; `change` overrides fields per scope and name. */
  frame(change: Record<string, Record<string, number>> = {}, done = false): void {
    this.at += 1e9;
    const seconds = this.at / 1e9;
    const values = new Float64Array(this.layout.size);
    for (const { scope, name, fields, base } of this.layout.entities) {
      const latencyNs = (LATENCY_MS[scope] ?? 0) * 1e6;
      // 3,000 commands per second at every layer, over however many objects it has.
      const share = 3 / this.layout.entities.filter((other) => other.scope === scope).length;
      for (const [slot, field] of fields.entries()) {
        const given = change[`${scope} ${name}`]?.[field];
        values[base + slot] = given ?? counterOf(scope, field, seconds, share, latencyNs);
      }
    }
    const histograms = new Uint32Array(this.layout.histograms * HISTOGRAM_BUCKETS);
    for (let h = 0; h < this.layout.histograms; h++) {
      histograms[h * HISTOGRAM_BUCKETS + bucketOf(5e6)] = 1000 * seconds;
    }
    this.send({
      type: 'frame',
      layoutVersion: 1,
      at: this.at,
      values,
      histograms,
      speed: 1,
      ioPerSecond: 3000,
      done,
    });
  }

  event(kind: string, object: string, what: string, why = ''): void {
    this.send({
      type: 'events',
      entries: [{ number: this.events++, at: this.at, kind, object, what, why }],
    });
  }
}

function counterOf(
  scope: string,
  field: string,
  seconds: number,
  share: number,
  latencyNs: number,
): number {
  const rate = RATES[field];
  if (rate !== undefined) return rate * seconds * share;
  switch (field) {
    case 'readNs':
      return 700 * seconds * share * latencyNs;
    case 'writeNs':
      return 300 * seconds * share * latencyNs;
    case 'deviceReadNs':
      return 700 * seconds * share * 2e6;
    case 'deviceWriteNs':
      return 300 * seconds * share * 2e6;
    case 'queueReadNs':
      return 700 * seconds * share * 2.5e6;
    case 'queueWriteNs':
      return 300 * seconds * share * 2.5e6;
    case 'waitNs':
      return scope === 'adapter' ? 1000 * seconds * share * 0.05e6 : 1000 * seconds * share * 1e6;
    case 'finished':
    case 'arrived':
    case 'arrivals':
    case 'arrivedUnits':
    case 'units':
    case 'byWeight':
    case 'commands':
      return 1000 * seconds * share;
    case 'busyNs':
      return 1000 * seconds * share * 0.01e6;
    case 'active':
      return 3;
    case 'queued':
      return scope === 'device' || scope === 'world' || scope === 'client' ? 2 : 0;
    case 'waitingNs':
      return seconds * 1e9;
    case 'dqlen':
    case 'configuredDepth':
      return 64;
    case 'slots':
      return scope === 'device' ? 64 : scope === 'adapter' ? 128 : 32;
    case 'linkUp':
    case 'up':
    case 'working':
      return 1;
    case 'sizeBlocks':
      return 40 * 2 ** 21;
    case 'allocatedBlocks':
      return 10 * 2 ** 21 + seconds * 2048;
    case 'capacityBlocks':
      return 100 * 2 ** 21;
    case 'freeBlocks':
      return 20 * 2 ** 21;
    case 'provisionedBlocks':
      return 150 * 2 ** 21;
    case 'usedBlocks':
      return 60 * 2 ** 21;
    case 'shares':
      return 1000;
    default:
      return 0;
  }
}
