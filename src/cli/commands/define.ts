import type { Argv, CommandModule } from 'yargs';

/** Options several commands have, with one meaning. */
export const SHARED = {
  seed: { type: 'string', describe: "seed, instead of the scenario's" },
  events: { type: 'string', describe: 'write the event log to FILE, as JSON lines' },
  saveSession: { type: 'string', describe: 'write the session to FILE when the dashboard is left' },
  session: { type: 'string', describe: 'FILE of a saved session, instead of a scenario' },
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
