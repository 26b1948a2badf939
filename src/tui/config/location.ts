import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

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
