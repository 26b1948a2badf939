/** Where the time of an object's commands went, part by part, in one window. */
import { BREAKDOWN_FIELDS, PARTS } from '../../core/breakdown.js';
import type { EntityInfo } from '../../core/meters.js';
import type { Entities } from './entities.js';
import { perCommandMs, Row, type Window } from './row.js';

/** Letter and name of each part, in the order of PARTS; no two share a letter. */
const NAMES = [
  ['r', 'vSCSI ring'],
  ['p', 'policy filter'],
  ['f', 'file system'],
  ['q', 'device queue'],
  ['m', 'multipathing'],
  ['a', 'adapter queue'],
  ['d', 'driver'],
  ['w', 'fabric'],
  ['t', 'target port'],
  ['c', 'controller'],
  ['s', 'disk'],
] as const;

/** What each part is made of, for whoever wonders. */
const WORDS = [
  'ring, emulation and the interrupt',
  "held by a storage policy's limit",
  'metadata, first writes, virtual disk',
  'QAVG: waiting for a slot of DQLEN',
  'no path, or a pause before a retry',
  'waiting for a slot of AQLEN',
  'both ways, and held interrupts',
  'wire and switches, both ways',
  'port or NFS server has no slot',
  'controller and cache',
  'waiting for a disk, and its service',
] as const;

export interface PartFigures {
  readonly letter: string;
  readonly title: string;
  readonly words: string;
  /** Mean per command. */
  readonly ms: number;
  /** Of the whole, 0..1. */
  readonly share: number;
  /** In the VMkernel (KAVG), not below the driver's entry (DAVG). */
  readonly kernel: boolean;
}

export interface BreakdownFigures {
  /** Commands that ended in the window and were followed. */
  readonly commands: number;
  /** Mean latency of these: the sum of the parts. */
  readonly ms: number;
  /** From the guest down. */
  readonly parts: readonly PartFigures[];
}

const FIRST_BELOW = PARTS.indexOf('driverNs');
/** A device's commands begin in its queue. */
const FIRST_OF_DEVICE = PARTS.indexOf('queueNs');

/**
 * The breakdown of virtual disks, or of devices, together; undefined when the engine has not been
 * asked for it. A device's parts begin at its queue.
 */
export function breakdownOf(
  window: Window,
  objects: readonly EntityInfo[],
): BreakdownFigures | undefined {
  const known = breakdowns(window.entities);
  const own = objects.flatMap((info) => known.get(keyOf(info)) ?? []);
  if (own.length === 0) return undefined;
  const rows = own.map((info) => new Row(window, info));
  const [commands = 0, ...ns] = BREAKDOWN_FIELDS.map((field) =>
    // A run that was made once more counts from 0 again.
    rows.reduce((sum, row) => sum + Math.max(0, row.grown(field)), 0),
  );
  const total = ns.reduce((sum, part) => sum + part, 0);
  const first = own.every(({ labels }) => labels.of === 'device') ? FIRST_OF_DEVICE : 0;
  return {
    commands,
    ms: perCommandMs(total, commands),
    parts: NAMES.map(([letter, title], index) => ({
      letter,
      title,
      words: WORDS[index] ?? '',
      ms: perCommandMs(ns[index] ?? 0, commands),
      share: total > 0 ? (ns[index] ?? 0) / total : 0,
      kernel: index < FIRST_BELOW,
    })).slice(first),
  };
}

const found = new WeakMap<Entities, ReadonlyMap<string, EntityInfo>>();

/** Breakdowns by what they are of; found once per layout. */
function breakdowns(entities: Entities): ReadonlyMap<string, EntityInfo> {
  let known = found.get(entities);
  if (known === undefined) {
    known = new Map(entities.scope('breakdown').map((info) => [keyOf(info), info]));
    found.set(entities, known);
  }
  return known;
}

function keyOf({ scope, name, labels }: EntityInfo): string {
  return [labels.of ?? scope, labels.host, name].join('\n');
}
