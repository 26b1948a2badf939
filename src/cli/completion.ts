/**
 * What a shell offers for the word being typed. Commands, options and choices come from yargs; names
 * of scenarios and of listed things are added here.
 */
import { bundledScenarios } from '../scenario/bundled.js';
import { COMMANDS } from './commands/index.js';
import { LISTS, type ListName } from './commands/list.js';

const COMMAND_NAMES = new Set(
  COMMANDS.map(({ command = '' }) => String([command].flat().at(-1)).split(' ')[0]),
);

/** Commands whose first argument is a scenario; so is that of vmtop itself. */
const WITH_SCENARIO = new Set(['top', 'run', 'check']);

/**
 * Names that fit where the last word stands; undefined where yargs knows what fits.
 * @param words of the command line, without vmtop; the last is the one being typed
 */
export async function namesFor(words: readonly string[]): Promise<string[] | undefined> {
  const current = words.at(-1) ?? '';
  const [command = '', what = ''] = words.slice(0, -1).filter((word) => !word.startsWith('-'));
  const fitting = (names: readonly string[]): string[] =>
    names.filter((name) => name.startsWith(current));
  if (words.at(-2) === '--scenario') return fitting(bundledScenarios());
  if (current.startsWith('-')) return undefined;
  if (command === 'list' && isList(what) && words.length === 3) {
    const { namesIn } = await import('./print-lists.js');
    return fitting(namesIn(what));
  }
  if (WITH_SCENARIO.has(command) && words.length === 2) return fitting(bundledScenarios());
  return undefined;
}

/** Scenarios stand where a command does: `vmtop path-loss`. */
export function scenariosFor(words: readonly string[]): string[] {
  const current = words.at(-1) ?? '';
  if (words.length !== 1 || current.startsWith('-')) return [];
  return bundledScenarios().filter((name) => name.startsWith(current));
}

const isList = (what: string): what is ListName => LISTS.some((name) => name === what);

/**
 * The words with the command that is meant: options without one are those of `vmtop top`, which yargs
 * does not think of.
 * @param words of the command line, without vmtop
 */
export function withCommand(words: readonly string[]): readonly string[] {
  const current = words.at(-1) ?? '';
  const first = words.length === 1 && !current.startsWith('-');
  const named = words.slice(0, -1).some((word) => COMMAND_NAMES.has(word));
  return first || named ? words : ['top', ...words];
}

/** `vmtop completion`: yargs'  script for the shell, which it takes from the environment. */
export async function printCompletion(shell: string | undefined): Promise<void> {
  if (shell !== undefined) process.env.SHELL = shell;
  const { makeParser } = await import('./main.js');
  makeParser([]).showCompletionScript();
}
