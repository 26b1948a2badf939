import { defineCommand } from './define.js';

export const LISTS = [
  'scenarios',
  'faults',
  'devices',
  'drivers',
  'policies',
  'settings',
  'workloads',
  'formats',
  'thresholds',
] as const;

export type ListName = (typeof LISTS)[number];

export const list = defineCommand({
  command: 'list [what] [name]',
  describe: `what there is: ${LISTS.join(', ')}`,
  builder: (yargs) =>
    yargs
      .positional('what', { choices: LISTS, describe: 'one list; all of them without it' })
      .positional('name', { type: 'string', describe: 'one entry of the list, with its settings' })
      .example('vmtop list', 'everything')
      .example('vmtop list faults', 'what can be broken')
      .example('vmtop list faults slow-device', 'one fault and its settings'),
  handler: async (args) => {
    const { printLists } = await import('../print-lists.js');
    await printLists(args.what === undefined ? LISTS : [args.what], args.name);
  },
});
