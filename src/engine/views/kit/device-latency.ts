/** DAVG, KAVG, GAVG and QAVG of a device, over all commands, reads or writes: esxtop's groups I, J, K. */
import {
  COMMANDS,
  DAVG_LIMITS,
  DEVICE_NS,
  GAVG_LIMITS,
  KAVG_LIMITS,
  latency,
  QAVG_LIMITS,
  QUEUE_NS,
  TOTAL_NS,
} from './fields.js';
import { perCommandMs, type Row } from './row.js';
import type { Field } from './view.js';

/** Which counters a column sums; index into COMMANDS and its like, undefined for all of them. */
interface Kind {
  readonly suffix: 'cmd' | 'rd' | 'wr';
  readonly noun: string;
  readonly index: number | undefined;
  readonly weights: readonly [davg: number, kavg: number, gavg: number, qavg: number];
}

const KINDS: readonly Kind[] = [
  { suffix: 'cmd', noun: 'command', index: undefined, weights: [2, 2, 0, 4] },
  { suffix: 'rd', noun: 'read', index: 0, weights: [9, 9, 9, 9] },
  { suffix: 'wr', noun: 'write', index: 1, weights: [9, 9, 9, 9] },
];

/** What a path's own clock shows begins where the device hands a command on: it is the path's DAVG. */
function isPath({ info }: Row): boolean {
  return info.scope === 'path';
}

function columnsOf({ suffix, noun, index, weights }: Kind): Field[] {
  const pick = (all: readonly string[]): readonly string[] =>
    index === undefined ? all : all.slice(index, index + 1);
  const [commands, total, device, queue] = [COMMANDS, TOTAL_NS, DEVICE_NS, QUEUE_NS].map(pick) as [
    readonly string[],
    readonly string[],
    readonly string[],
    readonly string[],
  ];
  const below = (row: Row): number => row.sum(isPath(row) ? total : device);
  const [davg, kavg, gavg, qavg] = weights;
  return [
    latency(
      `DAVG/${suffix}`,
      davg,
      `ms per ${noun} in driver, fabric and array`,
      DAVG_LIMITS,
      (row) => perCommandMs(below(row), row.sum(commands)),
    ),
    latency(`KAVG/${suffix}`, kavg, `ms per ${noun} in the VMkernel`, KAVG_LIMITS, (row) =>
      perCommandMs(row.sum(total) - row.sum(device), row.sum(commands)),
    ),
    latency(`GAVG/${suffix}`, gavg, `ms per ${noun}: DAVG + KAVG`, GAVG_LIMITS, (row) =>
      isPath(row) ? Number.NaN : row.meanMs(total, commands),
    ),
    latency(
      `QAVG/${suffix}`,
      qavg,
      `ms per ${noun} waiting in VMkernel queues`,
      QAVG_LIMITS,
      (row) => perCommandMs(row.sum(queue), row.sum(commands)),
    ),
  ];
}

export const deviceLatency: readonly Field[] = KINDS.flatMap(columnsOf);

export function latencyIds(suffix: Kind['suffix']): string[] {
  return ['DAVG', 'KAVG', 'GAVG', 'QAVG'].map((name) => `${name}/${suffix}`);
}
