import type { Argv, CommandModule } from 'yargs';

/** A command: what it is called and takes. What it does is loaded only when it is asked for. */
export function defineCommand<T>(command: {
  readonly command: string | readonly string[];
  readonly describe: string;
  readonly builder: (yargs: Argv) => Argv<T>;
  readonly handler: (args: T) => Promise<void>;
}): CommandModule {
  return command as unknown as CommandModule;
}
