/** Reading the configuration. */
import { existsSync } from 'node:fs';
import { InputError } from '../../engine/core/errors.js';
import { readText } from '../../input/read-text.js';
import { inOrder, problemsOf } from '../../scenario/issues.js';
import { Source } from '../../scenario/source.js';
import { configFile } from './location.js';
import { type Config, configSchema } from './schema.js';

/**
 * The configuration; a file that is not there is an empty one.
 * @throws InputError with everything that is wrong with it: a program that starts with half of what
 *   was asked for is harder to notice than one that does not start
 */
export function readConfig(file: string = configFile()): Config {
  return existsSync(file) ? parseConfig(readText(file), file) : {};
}

/** @param file what messages call the text */
export function parseConfig(yaml: string, file: string): Config {
  const source = new Source(file, yaml);
  const broken = source.problems();
  if (broken.length > 0) throw new InputError(broken);
  const result = configSchema.safeParse(source.data() ?? {}, { reportInput: true });
  if (result.success) return result.data;
  throw new InputError(inOrder(problemsOf(source, result.error.issues, configSchema)));
}
