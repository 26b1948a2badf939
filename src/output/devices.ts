import type { EntityInfo, Sample } from '../engine/core/meters.js';
import { COMMANDS, LATENCIES, Window } from './window.js';

/** What keeps a device's queue at its depth. */
export type DepthReason = 'configured' | 'queue full' | 'SIOC' | 'competing worlds';

/** A logical device on a host in a span. */
export interface DeviceDocument {
  readonly host: string;
  readonly device: string;
  readonly lun: string;
  readonly iops: number;
  /** GAVG, and its parts below the driver and in the queue; ms, null when no command ended. */
  readonly latencyMs: number | null;
  readonly deviceMs: number | null;
  readonly queueMs: number | null;
  /** Commands below and waiting, mean over time. */
  readonly meanActive: number;
  readonly meanQueued: number;
  /** Depth at the end, the one set, and why they differ. */
  readonly dqlen: number;
  readonly configuredDepth: number;
  readonly dqlenReason: DepthReason;
}

/** Storage I/O Control of a host on a datastore: its figures as of the end of the span. */
export type SiocDocument = Readonly<Record<string, string | number | boolean>>;

/** Logical devices in the order of their hosts. @param before undefined counts from the start */
export function devicesOf(
  entities: readonly EntityInfo[],
  before: Sample | undefined,
  after: Sample,
): DeviceDocument[] {
  const window = new Window(before, after);
  const devices = entities.filter(({ scope }) => scope === 'device');
  return devices.map((device) => {
    const own = [device];
    const commands = window.grown(own, ...COMMANDS);
    const mean = (...fields: readonly string[]): number | null =>
      commands > 0 ? window.grown(own, ...fields) / commands / 1e6 : null;
    const over = (ns: number): number => (window.spanNs > 0 ? ns / window.spanNs : 0);
    const slots = window.now(device, 'slots');
    return {
      host: device.labels.host ?? '',
      device: device.name,
      lun: device.labels.lun ?? '',
      iops: window.rate(commands),
      latencyMs: mean(...LATENCIES),
      deviceMs: mean('deviceReadNs', 'deviceWriteNs', 'deviceOtherNs'),
      queueMs: mean('queueReadNs', 'queueWriteNs', 'queueOtherNs'),
      meanActive: over(window.grown(own, 'activeNs')),
      meanQueued: over(window.grown(own, 'occupancyNs') - window.grown(own, 'activeNs')),
      // NFS volumes are devices too; they have slots but no depth that anything controls.
      dqlen: window.now(device, 'dqlen') || slots,
      configuredDepth: window.now(device, 'configuredDepth') || slots,
      dqlenReason: reasonOf(window, device),
    };
  });
}

/** The least of the depths is in force; SIOC, where it is in charge, takes the place of DSNRO. */
function reasonOf(window: Window, device: EntityInfo): DepthReason {
  const now = (field: string): number => window.now(device, field);
  const dqlen = now('dqlen');
  if (dqlen === now('configuredDepth')) return 'configured';
  if (now('siocDepth') > 0 && dqlen === now('siocDepth')) return 'SIOC';
  return now('competing') > 0 && dqlen < now('fullDepth') ? 'competing worlds' : 'queue full';
}

/** Every figure of scope `sioc`, with its labels; times in ms. */
export function siocOf(entities: readonly EntityInfo[], after: Sample): SiocDocument[] {
  const window = new Window(undefined, after);
  return entities
    .filter(({ scope }) => scope === 'sioc')
    .map((entity) => {
      const figures = entity.fields.map((field): [string, number | boolean] => {
        const value = window.now(entity, field);
        if (field === 'congested' || field === 'enabled') return [field, value > 0];
        return field.endsWith('Ns') ? [`${field.slice(0, -2)}Ms`, value / 1e6] : [field, value];
      });
      return { ...entity.labels, ...Object.fromEntries(figures) };
    });
}
