/** Where the configuration lies, and reading it. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { InputError } from '../../engine/core/errors.js';
import { readText } from '../../input/read-text.js';
import { inOrder, problemsOf } from '../../scenario/issues.js';
import { Source } from '../../scenario/source.js';
import { type Config, configSchema } from './schema.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `$XDG_CONFIG_HOME/vmtop/config.yaml`, or under `~/.config`: XDG Base Directory Specification 0.8,
 * which also says to pass over a variable that is not an absolute path.
 */
export function configFile(env: Environment = process.env): string {
  const { XDG_CONFIG_HOME: base = '' } = env;
  const folder = isAbsolute(base) ? base : join(env.HOME ?? homedir(), '.config');
  return join(folder, 'vmtop', 'config.yaml');
}

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
