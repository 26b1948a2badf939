import { defineCommand } from './define.js';

export const compare = defineCommand({
  command: 'compare <a> <b>',
  describe: 'run two branches of sessions, and show what differs',
  builder: (yargs) =>
    yargs
      .positional('a', {
        type: 'string',
        demandOption: true,
        describe: 'session FILE or FILE:BRANCH',
      })
      .positional('b', { type: 'string', demandOption: true, describe: 'the other one' })
      .option('from', { type: 'string', describe: 'start of the window [where they part]' })
      .option('to', { type: 'string', describe: 'end of the window [where the shorter one ends]' })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON document' })
      .example('vmtop compare s.yaml:A s.yaml:B', 'VMs and devices of both, and the difference')
      .example('vmtop compare a.yaml b.yaml --from 10s --to 20s --json', 'for scripts'),
  handler: async (args) => {
    const { compareSessions } = await import('../compare-sessions.js');
    await compareSessions(args);
  },
});
