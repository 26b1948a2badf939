/** The way of a command through the layers: load, queue and where its time goes. */
import { BLOCK_BYTES } from '../../core/io.js';
import type { EntityInfo } from '../../core/meters.js';
import { LAYERS, type LayerName } from '../../simulation/layer-summary.js';
import type { Entities } from './entities.js';
import { COMMANDS, DEVICE_NS, QUEUE_NS, TOTAL_NS } from './fields.js';
import { perCommandMs, type Window } from './row.js';
import { Totals } from './totals.js';

/** The layers of a run's summary, and NFS, whose way leaves the others at the file system. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ...LAYERS.map(({ name, title }) => [name, title] as const),
  ['nfs', 'NFS volumes'],
]);

/** One layer in one window; NaN where the layer has no such thing. */
export interface LayerFigures {
  readonly name: LayerName | 'nfs';
  readonly title: string;
  readonly commandsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly active: number;
  readonly queued: number;
  /** Mean time from entering this layer until the answer left it, ms. */
  readonly latencyMs: number;
  /** Time spent in this layer and not below it, microseconds per guest command. */
  readonly hereUs: number;
  /** Part of all time spent that is spent here, 0..1. */
  readonly share: number;
}

const MB = 1024 * 1024;
const US_PER_MS = 1000;
const BLOCKS = ['readBlocks', 'writeBlocks'];

/** Sums over all objects of a layer in one window. */
class Scope {
  constructor(
    private readonly window: Window,
    private readonly totals: Totals,
  ) {}

  get size(): number {
    return this.totals.size;
  }

  grown(...fields: readonly string[]): number {
    return this.totals.grown(this.window, fields);
  }

  now(field: string): number {
    return this.totals.now(this.window, field);
  }

  perSecond(...fields: readonly string[]): number {
    const seconds = (this.window.after.at - this.window.before.at) / 1e9;
    return seconds > 0 ? this.grown(...fields) / seconds : 0;
  }

  get commands(): number {
    return this.grown(...COMMANDS);
  }

  get ns(): number {
    return this.grown(...TOTAL_NS);
  }
}

type Line = Omit<LayerFigures, 'hereUs' | 'share'> & { readonly hereNs: number };

function line(
  name: LayerFigures['name'],
  scope: Scope,
  active: number,
  queued: number,
  hereNs: number,
): Line {
  if (scope.size === 0) return { ...nothing(name), hereNs: Math.max(0, hereNs) };
  return {
    name,
    title: TITLES.get(name) ?? name,
    commandsPerSecond: scope.perSecond(...COMMANDS),
    megabytesPerSecond: (scope.perSecond(...BLOCKS) * BLOCK_BYTES) / MB,
    active,
    queued,
    latencyMs: perCommandMs(scope.ns, scope.commands),
    hereNs: Math.max(0, hereNs),
  };
}

/** Connections count messages, not commands, and keep no times. */
function fabricLine(nexus: Scope, hereNs: number): Line {
  const none = Number.NaN;
  const figures = line('fabric', nexus, none, none, hereNs);
  if (nexus.size === 0) return figures;
  return {
    ...figures,
    commandsPerSecond: nexus.perSecond('commands'),
    megabytesPerSecond: nexus.perSecond('bytesOut', 'bytesIn') / MB,
    latencyMs: none,
  };
}

/** A layer of which there is no object: a recording of a host does not know all of them. */
function nothing(name: LayerFigures['name']): Omit<Line, 'hereNs'> {
  const none = Number.NaN;
  return {
    name,
    title: TITLES.get(name) ?? name,
    commandsPerSecond: none,
    megabytesPerSecond: none,
    active: none,
    queued: none,
    latencyMs: none,
  };
}

/** NFS volumes are devices of the host too, by name. */
function isNfs({ name }: EntityInfo): boolean {
  return name.startsWith('{NFS}');
}

/** The objects of each layer, found once per layout. */
function layersIn(entities: Entities) {
  const arrays = new Set(entities.scope('lun').map(({ labels }) => labels.array));
  const all = (scope: string): Totals => new Totals(entities.scope(scope));
  const some = (scope: string, where: (info: EntityInfo) => boolean): Totals =>
    new Totals(entities.scope(scope).filter(where));
  return {
    guest: all('disk'),
    ring: all('vscsi'),
    files: all('vmdk'),
    fs: all('datastore'),
    volume: all('volume'),
    device: some('device', (info) => !isNfs(info)),
    nfs: some('device', isNfs),
    path: all('path'),
    adapter: all('adapter'),
    driver: all('driver'),
    nexus: all('nexus'),
    port: some('port', ({ labels }) => arrays.has(labels.array)),
    spindle: all('spindle'),
  };
}

const known = new WeakMap<Entities, ReturnType<typeof layersIn>>();

/**
 * All layers, top to bottom. Each layer's own time is its sum of latencies minus that of the layer
 * below; commands that layers add on their own (metadata, destaging) and commands split in two can
 * make a difference negative, which is shown as none.
 */
export function layerFigures(window: Window): LayerFigures[] {
  const layers = known.get(window.entities) ?? layersIn(window.entities);
  known.set(window.entities, layers);
  const guest = new Scope(window, layers.guest);
  const ring = new Scope(window, layers.ring);
  const files = new Scope(window, layers.files);
  const fs = new Scope(window, layers.fs);
  const volume = new Scope(window, layers.volume);
  const device = new Scope(window, layers.device);
  const nfs = new Scope(window, layers.nfs);
  const path = new Scope(window, layers.path);
  const adapter = new Scope(window, layers.adapter);
  const driver = new Scope(window, layers.driver);
  const nexus = new Scope(window, layers.nexus);
  const port = new Scope(window, layers.port);
  const spindle = new Scope(window, layers.spindle);

  const none = Number.NaN;
  const queueNs = device.grown(...QUEUE_NS);
  const deviceNs = device.grown(...DEVICE_NS);
  const adapterWaitNs = adapter.grown('waitNs');
  const driverNs = driver.grown('busyNs');
  const arrayNs = port.ns;
  // Disks also destage in the background; only what fits into the array's time delayed a command.
  const disksNs = Math.min(spindle.ns, arrayNs);
  // Time is spent above the next layer that counts; a recording has none between guests and devices.
  const devicesNs = device.ns + nfs.ns;
  const volumesNs = volume.size > 0 ? volume.ns + nfs.ns : devicesNs;
  const fsNs = fs.size > 0 ? fs.ns : volumesNs;
  const vscsiNs = guest.ns - (files.size > 0 ? files.ns : fsNs);
  const vscsiWaiting = ring.now('queued') + guest.now('queued');

  const lines: Line[] = [
    line('guest', guest, guest.now('active') + vscsiWaiting, none, 0),
    line('vscsi', guest, guest.now('active'), vscsiWaiting, vscsiNs),
    line('vmfiles', files, none, none, files.ns - fs.ns),
    line('filesystem', fs, none, none, fs.ns - volume.ns - nfs.ns),
    line('block', volume, none, none, volume.ns - device.ns),
    line('scheduler', device, device.now('active'), device.now('queued'), queueNs),
    line('psa', path, path.now('active'), none, device.ns - queueNs - deviceNs - adapterWaitNs),
    line('adapter', adapter, adapter.now('active'), adapter.now('queued'), adapterWaitNs),
    line('driver', driver, none, none, driverNs),
    fabricLine(nexus, deviceNs - driverNs - arrayNs),
    line('array', port, port.now('active'), port.now('queued'), arrayNs - disksNs),
    line('disk', spindle, spindle.now('active'), spindle.now('queued'), disksNs),
  ];
  if (nfs.size > 0) lines.push(line('nfs', nfs, nfs.now('active'), nfs.now('queued'), nfs.ns));

  let allNs = 0;
  for (const { hereNs } of lines) allNs += hereNs;
  const commands = guest.commands;
  return lines.map(({ hereNs, ...figures }, index) => ({
    ...figures,
    hereUs: index === 0 ? none : perCommandMs(hereNs, commands) * US_PER_MS,
    share: allNs > 0 ? hereNs / allNs : 0,
  }));
}
