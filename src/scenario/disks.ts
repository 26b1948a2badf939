import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Document, parseDocument, YAMLMap } from 'yaml';
import { z } from 'zod';
import { InputError, type Problem } from '../engine/core/errors.js';
import { type Param, type Params, readParams } from '../engine/core/params.js';
import { findDeviceModel } from '../engine/devices/models/index.js';
import { readText } from '../input/read-text.js';
import { packageFolder } from './bundled.js';
import type { DeviceEntry } from './catalogues.js';

/**
 * A disk in a file: the settings of a device model with the source of each, as `vmtop device fit`
 * writes them and a person may edit them.
 */
const fileSchema = z.strictObject({
  summary: z.string(),
  model: z.string(),
  /** Blocks of 512 bytes of the disk that was measured. */
  capacityBlocks: z.number().int().positive(),
  settings: z.record(
    z.string(),
    z.strictObject({ value: z.union([z.number(), z.string()]), source: z.string() }),
  ),
});

/** A disk from a file as an entry of the catalogue: its settings are the defaults. */
export interface DiskEntry extends DeviceEntry {
  readonly base: string;
  readonly capacityBlocks: number;
  readonly settings: Readonly<Record<string, number>>;
}

const diskFolder = (): string => join(packageFolder(), 'fixtures', 'disks');

let known: readonly DiskEntry[] | undefined;

/** The measured disks that come with vmtop. */
export function bundledDisks(): readonly DiskEntry[] {
  known ??= readdirSync(diskFolder())
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => readDisk(join(diskFolder(), file)));
  return known;
}

/** A bundled disk by name, or one in a file; undefined when there is neither. */
export function findDisk(nameOrFile: string): DiskEntry | undefined {
  const bundled = bundledDisks().find(({ name }) => name === nameOrFile);
  if (bundled !== undefined) return bundled;
  return isDiskFile(nameOrFile) ? readDisk(nameOrFile) : undefined;
}

/** Names have neither folders nor an ending. */
export function isDiskFile(nameOrFile: string): boolean {
  return /[/\\]|\.ya?ml$/.test(nameOrFile);
}

/**
 * Reads a disk's file.
 * @throws InputError with all that is wrong with it
 */
export function readDisk(path: string): DiskEntry {
  return parseDisk(readText(path), path);
}

/** @param file what messages call it; its name, without the ending, is the disk's */
export function parseDisk(text: string, file: string): DiskEntry {
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken !== undefined) {
    throw InputError.of(file, `not valid YAML: ${broken.message.split('\n')[0]}`);
  }
  const result = fileSchema.safeParse(document.toJS());
  if (!result.success) {
    const hint = 'a file as `vmtop device fit --out FILE` writes it';
    throw new InputError(
      result.error.issues.map(({ path, message }) => ({
        place: [file, ...path].join(': '),
        message,
        hint,
      })),
    );
  }
  const { summary, model, capacityBlocks, settings } = result.data;
  const base = findDeviceModel(model);
  if (base === undefined) {
    throw InputError.of(file, `there is no device model "${model}"`, 'see: vmtop list devices');
  }
  const problems: Problem[] = [];
  const given = Object.fromEntries(
    Object.entries(settings).map(([key, { value }]) => [key, value]),
  );
  const values = readParams(base.params, given, file, problems);
  if (problems.length > 0) throw new InputError(problems);
  return {
    name: basename(file).replace(/\.ya?ml$/, ''),
    summary,
    base: model,
    capacityBlocks,
    settings: values,
    params: withInitials(base.params, values),
    sources: Object.fromEntries(
      Object.keys(base.params).map((key) => [
        key,
        settings[key]?.source ?? `${model}: ${base.sources[key] ?? ''}`,
      ]),
    ),
  };
}

function withInitials(params: Params, values: Readonly<Record<string, number>>): Params {
  return Object.fromEntries(
    Object.entries(params).map(([key, param]) => [key, { ...param, initial: values[key]! }]),
  );
}

/** What a disk's file says. */
export interface DiskText {
  readonly summary: string;
  readonly model: string;
  readonly capacityBlocks: number;
  readonly params: Params;
  readonly settings: Readonly<Record<string, number>>;
  readonly sources: Readonly<Record<string, string>>;
}

/**
 * The text of a disk's file; reading it gives the same settings to the last digit.
 * @param comment lines to stand above it
 */
export function formatDisk(disk: DiskText, comment: readonly string[] = []): string {
  const { summary, model, capacityBlocks, params, settings, sources } = disk;
  const document = new Document({ summary, model, capacityBlocks });
  const list = new YAMLMap();
  for (const [name, param] of Object.entries(params)) {
    const value = exactValue(param, settings[name] ?? param.initial);
    const line = document.createNode({ value, source: sources[name] ?? '' });
    line.flow = true;
    list.set(name, line);
  }
  document.set('settings', list);
  document.commentBefore = comment.map((line) => ` ${line}`).join('\n');
  return document.toString({ lineWidth: 0 });
}

/** A setting as files have it: with its unit, and nothing lost. */
export function exactValue(param: Param, value: number): number | string {
  if (param.unit === 'ns') return value < 1000 ? `${value}ns` : `${value / 1000}us`;
  if (param.unit === 'bytes') return value % 1024 === 0 ? `${value / 1024}KiB` : `${value}B`;
  if (param.unit === 'word') return param.words?.[value] ?? '';
  return value;
}
