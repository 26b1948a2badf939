import { InputError } from '../engine/core/errors.js';
import type { Sample } from '../engine/core/meters.js';
import { BatchWriter } from '../engine/views/batch/writer.js';
import { Entities } from '../engine/views/kit/entities.js';
import type { Engine } from './engine.js';

export interface BatchRunOptions {
  /** Names of the hosts to write. */
  readonly hosts: readonly string[];
  /** Every counter, not only the groups esxtop shows at first. */
  readonly all: boolean;
  /** Simulated time between samples, ns. */
  readonly intervalNs: number;
  /** Samples to write: lines behind the header. */
  readonly count: number;
  /** Time of day at which the simulation starts, seconds since 1970, UTC. */
  readonly startsAt: number;
}

/**
 * Lines of a batch file (PDH-CSV 4.0, as esxtop's) without line ends: the header, then a line per
 * interval, for which the engine is run from where it stands. Equal runs give equal lines: the clock is
 * the simulated one.
 */
export function* batchLines(
  engine: Pick<Engine, 'now' | 'entities' | 'runUntil' | 'sample'>,
  options: BatchRunOptions,
): Generator<string> {
  const entities = new Entities(engine.entities);
  const writer = new BatchWriter(entities, options);
  yield writer.header();
  const from = engine.now;
  let before: Sample = engine.sample();
  for (let line = 1; line <= options.count; line++) {
    engine.runUntil(from + line * options.intervalNs);
    const after = engine.sample();
    yield writer.line({ entities, before, after }, options.startsAt + after.at / 1e9);
    before = after;
  }
}

/** The hosts a batch file is about: the one asked for, else all. */
export function batchHosts(hosts: readonly string[], wanted: string | undefined): string[] {
  if (wanted === undefined) return [...hosts];
  if (hosts.includes(wanted)) return [wanted];
  throw InputError.of('--host', `there is no host "${wanted}"`, `hosts: ${hosts.join(', ')}`);
}
