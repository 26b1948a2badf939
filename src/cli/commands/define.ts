import type { Argv, CommandModule } from 'yargs';
import type { ThemeName } from '../../tui/palettes.js';

/** Options several commands have, with one meaning. */
export const SHARED = {
  seed: { type: 'string', describe: "seed, instead of the scenario's" },
  events: { type: 'string', describe: 'write the event log to FILE, as JSON lines' },
  saveSession: { type: 'string', describe: 'write the session to FILE when the dashboard is left' },
  session: { type: 'string', describe: 'FILE of a saved session, instead of a scenario' },
  readOnly: { type: 'boolean', describe: 'the dashboard changes nothing: no faults, no settings' },
} as const;

/** A command: what it is called and takes. What it does is loaded only when it is asked for. */
export function defineCommand<T>(command: {
  readonly command: string | readonly string[];
  readonly describe: string;
  readonly builder: (yargs: Argv) => Argv<T>;
  readonly handler: (args: T) => Promise<void>;
}): CommandModule {
  return command as unknown as CommandModule;
}

/** Here as well as in the dashboard, which the command line loads only when it opens one. */
export const THEME_NAMES = [
  'dark',
  'light',
  'colour-blind',
  'monochrome',
] as const satisfies readonly ThemeName[];

/** What every command with a dashboard takes; each wins over the configuration file. */
export function withScreen<T>(yargs: Argv<T>) {
  return yargs
    .option('theme', { choices: THEME_NAMES, describe: 'colours [dark]' })
    .option('ascii', { type: 'boolean', describe: 'only characters every terminal has' })
    .option('mouse', {
      type: 'boolean',
      describe: 'use the mouse; --no-mouse leaves it to the terminal',
    })
    .option('delay', {
      alias: 'd',
      type: 'string',
      describe: 'seconds between updates [1], with -b between samples [5]',
    })
    .option('config', {
      alias: 'c',
      type: 'string',
      describe: 'configuration: a file W has saved, or an rc file of esxtop',
    });
}

export interface ScreenArguments {
  readonly theme?: ThemeName | undefined;
  readonly ascii?: boolean | undefined;
  readonly mouse?: boolean | undefined;
  readonly delay?: string | undefined;
  readonly config?: string | undefined;
  readonly readOnly?: boolean | undefined;
}
