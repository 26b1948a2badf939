import { z } from 'zod';
import type { Problem } from '../engine/core/errors.js';
import { scenarioSchema } from './schema.js';
import type { Path, Source } from './source.js';
import { suggest } from './suggest.js';

type Issue = z.core.$ZodIssue;

/**
 * Turns what the schema found wrong into problems with a place, an expectation and a hint.
 * @param schema what the text was checked against
 */
export function problemsOf(
  source: Source,
  issues: readonly Issue[],
  schema: z.ZodType = scenarioSchema,
): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(source, issue, schema));
}

function problemsOfIssue(source: Source, issue: Issue, schema: z.ZodType): Problem[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path, schema);
    return issue.keys.map((key) => ({
      place: source.place([...path, key], true),
      message: `${prefix(source, path)}unknown key "${key}"`,
      hint: suggest(key, known),
    }));
  }
  const place = source.place(path);
  const { input } = issue;
  const expected = expectation(issue);
  if (input === undefined) {
    const missing = `${source.label(path) || 'the scenario'} is missing: ${expected}`;
    return [{ place, message: missing }];
  }
  const found = issue.code === 'too_small' ? '' : `, found ${describe(input)}`;
  const problem = { place, message: `${prefix(source, path)}${expected}${found}` };
  if (issue.code === 'invalid_value' && typeof input === 'string') {
    return [{ ...problem, hint: suggest(input, issue.values.map(String)) }];
  }
  return [problem];
}

const prefix = (source: Source, path: Path): string =>
  path.length === 0 ? '' : `${source.label(path)}: `;

/** Words for the types the schema's containers ask for. */
const TYPES: Readonly<Record<string, string>> = {
  object: 'a block of "key: value" lines',
  record: 'a block of "key: value" lines',
  array: 'a list',
  string: 'a text',
};

/** More names than this are not listed; the hint has the nearest. */
const NAMED = 20;

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') return `expected ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') {
    const { values } = issue;
    if (values.length > NAMED) return `expected one of ${values.length} names`;
    return `expected ${values.map(String).join(', ')}`;
  }
  return issue.message;
}

function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block';
  return JSON.stringify(value);
}

/** Keys the schema knows at `path`. */
export function knownKeys(path: Path, whole: z.ZodType = scenarioSchema): string[] {
  let schema: z.ZodType | undefined = whole;
  for (const step of path) {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodArray) schema = inner.element as z.ZodType;
    else if (inner instanceof z.ZodObject) schema = inner.shape[step] as z.ZodType | undefined;
    else return [];
  }
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.out as z.ZodType) : schema;
}

/** Problems in the order of the file's lines. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const line = ({ place }: Problem): number => Number(/:(\d+):\d+$/.exec(place)?.[1] ?? 0);
  return [...problems].sort((a, b) => line(a) - line(b));
}
