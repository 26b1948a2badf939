import { InputError } from '../engine/core/errors.js';
import type { Sample } from '../engine/core/meters.js';
import { BatchWriter } from '../engine/views/batch/writer.js';
import { Entities } from '../engine/views/kit/entities.js';
import type { Engine } from './engine.js';

export interface BatchRunOptions {
  /** Hosts to write. */
  readonly hosts: readonly string[];
  readonly all: boolean;
  /** Simulated time between samples. */
  readonly intervalNs: number;
  /** Samples to write. */
  readonly count: number;
  /** Time of day at which the simulation starts, seconds since 1970, UTC. */
  readonly startsAt: number;
}

/**
 * Lines of a batch file: the header, then a line per interval, for which the engine is run. Equal runs
 * give equal lines: the clock is the simulated one.
 */
export function* batchLines(
  engine: Pick<Engine, 'now' | 'entities' | 'runUntil' | 'sample'>,
  options: BatchRunOptions,
): Generator<string> {
  const entities = new Entities(engine.entities);
  const writer = new BatchWriter(entities, options);
  yield writer.header();
  let before: Sample = engine.sample();
  for (let line = 1; line <= options.count; line++) {
    engine.runUntil(line * options.intervalNs);
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
