import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import yargs, { type Argv } from 'yargs';
import { InputError } from '../engine/core/errors.js';
import { packageFolder } from '../scenario/bundled.js';
import { COMMANDS } from './commands/index.js';
import { namesFor, scenariosFor, withCommand } from './completion.js';
import { EXIT_BUG, EXIT_INPUT } from './exit-codes.js';
import { printable } from './volume/printable.js';

/** What yargs' completion scripts call the program with; then come the words so far. */
const COMPLETING = '--get-yargs-completions';

/** The command line: parses, runs one command, and turns what it throws into an exit code. */
export async function main(args: readonly string[]): Promise<void> {
  quietPipes();
  try {
    await parse(args);
  } catch (error) {
    if (error instanceof InputError) {
      // Names in it may come from a volume or a disk.
      process.stderr.write(`${error.message.split('\n').map(printable).join('\n')}\n`);
      process.exitCode = EXIT_INPUT;
    } else {
      process.stderr.write(bugReport(error, args));
      process.exitCode = EXIT_BUG;
    }
  }
}

async function parse(args: readonly string[]): Promise<void> {
  if (args[0] === COMPLETING) await offer(args.slice(1));
  else await makeParser(args).parseAsync();
}

/** Prints what may stand where the last of the words is; the first is the name of the program. */
async function offer(words: readonly string[]): Promise<void> {
  const typed = words.slice(1);
  const names = await namesFor(typed);
  for (const name of names ?? scenariosFor(typed)) process.stdout.write(`${name}\n`);
  if (names !== undefined) return;
  // yargs prints what it knows and ends the process, as it would run the command otherwise.
  const asked = [COMPLETING, 'vmtop', ...withCommand(typed)];
  await makeParser(asked).exitProcess(true).parseAsync();
}

/** Every command; nothing is parsed yet. */
export function makeParser(args: readonly string[]): Argv {
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
  return parser;
}

export function version(): string {
  const text = readFileSync(join(packageFolder(), 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}

/** A reader that has seen enough (`vmtop list | head -1`) is no error. */
function quietPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(endQuietly)) stream.on('error', endQuietly);
  }
}

function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  // The terminal is gone: the dashboard hears of it too, and anything else has nobody to tell.
  if (error.code === 'EIO') return;
  throw error;
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
