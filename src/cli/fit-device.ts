import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { InputError, type Problem } from '../engine/core/errors.js';
import { BLOCK_BYTES } from '../engine/core/io.js';
import { type Params, readParams } from '../engine/core/params.js';
import { parseSize } from '../engine/core/units.js';
import { type Basis, type Fit, fitDrive } from '../engine/devices/fit/fit-drive.js';
import { check } from '../engine/devices/fit/predict.js';
import { part, type Recording, recordingOf } from '../engine/devices/fit/recording.js';
import { findDeviceModel } from '../engine/devices/models/index.js';
import { TRACE_FORMATS } from '../engine/formats/trace/index.js';
import { fileError } from '../input/read-bytes.js';
import { readTrace } from '../input/read-trace.js';
import { describeFigures, describeFit } from '../output/fit.js';
import { Progress } from '../output/progress.js';
import { exactValue, formatDisk } from '../scenario/disks.js';

/** Most requests that are fitted to: the search takes seconds, and more tell it little (model). */
const FITTED_MAX = 20_000;

export interface FitArguments {
  readonly trace: string;
  readonly model: string;
  readonly first: string;
  readonly set?: string | undefined;
  readonly capacity?: string | undefined;
  readonly out?: string | undefined;
}

/** `vmtop device fit`. */
export async function fitDevice(args: FitArguments): Promise<void> {
  const model = findDeviceModel(args.model);
  if (model === undefined) {
    throw InputError.of('--model', `there is no device model "${args.model}"`, 'try hdd');
  }
  const share = readShare(args.first);
  const given = readSettings(model.params, args.set?.split(',') ?? []);
  const recording = readRecording(args.trace);
  const { count } = recording;
  const fitted = Math.min(Math.floor(count * share), FITTED_MAX);
  const train = part(recording, 0, fitted);
  const fit = search(train, {
    model: args.model,
    given,
    capacityBlocks: readCapacity(args.capacity),
  });
  const parts = [
    { name: 'fitted', recording: train },
    { name: 'checked', recording: part(recording, fitted, count) },
  ].filter((one) => one.recording.count > 0);
  const plan = { model: args.model, params: fit.settings };
  const figures = parts.map(({ name, recording: requests }) => ({
    name,
    comparison: check(plan, fit.capacityBlocks, requests),
  }));
  const file = basename(args.trace);
  const value = (name: string): string =>
    String(exactValue(model.params[name]!, fit.settings[name]!));
  process.stdout.write(
    `${describeFit({ file, count, fitted, figures, params: model.params, fit, value })}\n`,
  );
  if (args.out === undefined) return;
  const disk = {
    summary: `spinning disk, fitted to ${file}`,
    model: args.model,
    capacityBlocks: fit.capacityBlocks,
    params: model.params,
    settings: fit.settings,
    sources: sourcesOf(fit, file, fitted, count),
  };
  const text = formatDisk(
    disk,
    figures.map(({ name, comparison }) => describeFigures(name, comparison)),
  );
  try {
    writeFileSync(args.out, text);
  } catch (error) {
    throw fileError(args.out, error);
  }
  process.stdout.write(`\nwrote ${args.out}\n`);
}

function search(recording: Recording, options: Parameters<typeof fitDrive>[1]): Fit {
  const progress = new Progress(process.stderr, 1);
  const steps = fitDrive(recording, options);
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      progress.draw(step.value, 'of the search');
    }
  } finally {
    progress.clear();
  }
}

function readRecording(trace: string): Recording {
  const { table, format } = readTrace(trace);
  const recording = recordingOf(table);
  if (recording !== undefined) return recording;
  const measured = TRACE_FORMATS.filter(({ summary }) => summary.includes('service times'));
  throw InputError.of(
    trace,
    `a ${format} trace has no measured service times of one request at a time`,
    `formats that have: ${measured.map(({ name }) => name).join(', ')}`,
  );
}

/** `50%` as 0.5. */
function readShare(text: string): number {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(text.trim()) ?? [];
  const share = Number(percent) / 100;
  if (share > 0 && share <= 1) return share;
  throw InputError.of('--first', `expected a share above 0% and up to 100%, found "${text}"`);
}

function readCapacity(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes >= BLOCK_BYTES) return Math.floor(bytes / BLOCK_BYTES);
  throw InputError.of('--capacity', `expected a size, found "${text}"`, 'for example 9100000000B');
}

/** Texts `name=value`, checked against the model's own description. */
function readSettings(params: Params, texts: readonly string[]): Record<string, number> {
  const given: Record<string, string> = {};
  for (const text of texts) {
    const [, name, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw InputError.of('--set', `expected name=value, found "${text}"`, 'for example rpm=10000');
    }
    given[name] = value;
  }
  const problems: Problem[] = [];
  const values = readParams(params, given, '--set', problems);
  if (problems.length > 0) throw new InputError(problems);
  return Object.fromEntries(Object.keys(given).map((name) => [name, values[name]!]));
}

/** Where each setting comes from, in words. */
function sourcesOf(fit: Fit, file: string, fitted: number, count: number) {
  const words: Readonly<Record<Basis, string>> = {
    given: 'given with --set',
    told: `estimated from ${file}, requests 1 to ${fitted} of ${count}`,
    guess: `guess: ${file} says little about it`,
  };
  return Object.fromEntries(Object.entries(fit.basis).map(([name, basis]) => [name, words[basis]]));
}
