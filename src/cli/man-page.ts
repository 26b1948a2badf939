/** The manual page, made from the commands' own definitions and the dashboard's keymap. */
import type { Argv, CommandModule, Options, PositionalOptions } from 'yargs';
import type { Binding, Scope } from '../tui/keymap.js';
import { COMMANDS } from './commands/index.js';
import { EXIT_CODES } from './exit-codes.js';

interface Described<About> {
  readonly name: string;
  readonly about: About;
}

/** What a command tells yargs. */
interface Definition {
  readonly positionals: Described<PositionalOptions>[];
  readonly options: Described<Options>[];
  /** Commands of their own, as `fit` of `device`. */
  readonly commands: CommandModule[];
  readonly examples: { readonly command: string; readonly about: string }[];
}

const DESCRIPTION =
  'vmtop runs the storage stack of VMware ESXi hosts as a simulation and shows it live in the terminal, ' +
  'in the way esxtop shows a real host. Without a command it opens the dashboard on a scenario.';

const KEYS: readonly (readonly [Scope, string])[] = [
  ['global', 'Everywhere'],
  ['table', 'In tables'],
  ['device', 'On devices'],
  ['events', 'In the event log'],
];

/** The page in the macros of man(7). */
export function manPage(version: string, bindings: readonly Binding[]): string {
  return [
    `.TH VMTOP 1 "" "vmtop ${plainText(version)}" "User Commands"`,
    '.SH NAME',
    'vmtop \\- the storage stack of VMware ESXi hosts, simulated and shown live',
    '.SH SYNOPSIS',
    ...COMMANDS.flatMap((command) => ['.br', `.B vmtop ${plainText(nameOf(command))}`]),
    '.SH DESCRIPTION',
    plainText(DESCRIPTION),
    '.SH COMMANDS',
    ...COMMANDS.flatMap((command) => describe(command)),
    '.SH KEYS',
    ...KEYS.flatMap(([scope, title]) => [
      `.SS ${title}`,
      ...bindings
        .filter((binding) => binding.scope === scope)
        .flatMap(({ keys, help }) => entry(keys.join(', '), help)),
    ]),
    '.SH FILES',
    ...entry(
      '$XDG_CONFIG_HOME/vmtop/config.yaml',
      'Settings of the dashboard; ~/.config in place of an unset variable. ' +
        'vmtop config prints the path and the settings in force.',
    ),
    '.SH ENVIRONMENT',
    ...entry('NO_COLOR', 'Not empty: no colours, whatever the theme.'),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, meaning]) => entry(String(code), meaning)),
    '',
  ].join('\n');
}

/** `run <scenario>`; of the default command the form with its name. */
function nameOf({ command = '' }: CommandModule): string {
  return typeof command === 'string' ? command : (command.at(-1) ?? '');
}

function describe(command: CommandModule, of = 'vmtop'): string[] {
  const { positionals, options, commands, examples } = definitionOf(command);
  const name = `${of} ${nameOf(command)}`;
  return [
    `.SS ${plainText(name)}`,
    plainText(sentence(String(command.describe))),
    ...positionals.flatMap(({ name, about }) => entry(name.toUpperCase(), textOf(about))),
    ...options
      .filter(({ about }) => !about.hidden)
      .flatMap(({ name, about }) => entry(optionOf(name, about), textOf(about))),
    ...examples.flatMap(({ command: line, about }) => entry(line, `Example: ${about}`)),
    ...commands.flatMap((each) => describe(each, name)),
  ];
}

/** Listens to a command's builder in place of yargs. */
function definitionOf({ builder }: CommandModule): Definition {
  const found: Definition = { positionals: [], options: [], commands: [], examples: [] };
  const listener = {
    positional(name: string, about: PositionalOptions) {
      found.positionals.push({ name, about });
      return listener;
    },
    option(name: string, about: Options) {
      found.options.push({ name, about });
      return listener;
    },
    command(each: CommandModule) {
      found.commands.push(each);
      return listener;
    },
    demandCommand() {
      return listener;
    },
    parserConfiguration() {
      return listener;
    },
    example(command: string, about: string) {
      found.examples.push({ command, about });
      return listener;
    },
  };
  if (typeof builder === 'function') builder(listener as unknown as Argv);
  return found;
}

function optionOf(name: string, { alias, type }: Options): string {
  const value = type === 'boolean' ? '' : ` ${name.toUpperCase().replace(/-/g, '_')}`;
  const short = typeof alias === 'string' ? `-${alias}, ` : '';
  return `${short}--${name}${value}`;
}

function textOf({
  describe: about = '',
  choices = [],
  default: initial,
}: Options | PositionalOptions): string {
  const among = choices.length > 0 ? `; one of ${choices.join(', ')}` : '';
  const value = typeof initial === 'string' ? ` [${initial}]` : '';
  return sentence(`${about}${among}${value}`);
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

function entry(title: string, text: string): string[] {
  return ['.TP', `.B "${plainText(title).replace(/"/g, '\\(dq')}"`, plainText(text)];
}

/** Text that no macro or escape of man(7) is in. */
function plainText(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/~/g, '\\(ti')
    .replace(/'/g, '\\(aq')
    .replace(/^\./, '\\&.');
}
