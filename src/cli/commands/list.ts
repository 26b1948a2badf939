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
  command: 'list [what]',
  describe: `what there is: ${LISTS.join(', ')}`,
  builder: (yargs) =>
    yargs
      .positional('what', { choices: LISTS, describe: 'one list; all of them without it' })
      .example('vmtop list', 'everything')
      .example('vmtop list faults', 'what can be broken'),
  handler: async (args) => {
    const { printLists } = await import('../print-lists.js');
    await printLists(args.what === undefined ? LISTS : [args.what]);
  },
});
