import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import yargs from 'yargs';
import { InputError } from '../engine/core/errors.js';
import { packageFolder } from '../scenario/bundled.js';
import { COMMANDS } from './commands/index.js';
import { EXIT_BUG, EXIT_INPUT } from './exit-codes.js';

/** The command line: parses, runs one command, and turns what it throws into an exit code. */
export async function main(args: readonly string[]): Promise<void> {
  quietPipes();
  try {
    await parse(args);
  } catch (error) {
    if (error instanceof InputError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = EXIT_INPUT;
    } else {
      process.stderr.write(bugReport(error, args));
      process.exitCode = EXIT_BUG;
    }
  }
}

async function parse(args: readonly string[]): Promise<void> {
  const parser = yargs([...args])
    .scriptName('vmtop')
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .locale('en')
    .version(version())
    .alias({ help: 'h' })
    .strict()
    .exitProcess(false)
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .fail((message, error: Error | undefined) => {
      throw error ?? InputError.of('', message, 'vmtop --help shows what there is');
    })
    .epilogue('Exit codes: 0 ok, 1 an expectation failed or a bug, 2 bad input.');
  for (const command of COMMANDS) parser.command(command);
  await parser.parseAsync();
}

export function version(): string {
  const text = readFileSync(join(packageFolder(), 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}

/** A reader that has seen enough (`vmtop list | head -1`) is no error. */
function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}

function bugReport(error: unknown, args: readonly string[]): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const command = [
    'vmtop',
    ...args.map((arg) => (/^[\w./:=-]+$/.test(arg) ? arg : JSON.stringify(arg))),
  ];
  return [
    'vmtop: this is a bug, not your mistake.',
    text,
    '',
    `To reproduce: ${command.join(' ')}`,
    `With: vmtop ${version()}, node ${process.version}, ${process.platform} ${process.arch}`,
    'Please report it with the lines above and the scenario file: the run is deterministic, so',
    'that is all it takes.',
    '',
  ].join('\n');
}
