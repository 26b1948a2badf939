import { defineCommand, withScreen } from './define.js';

export const host = defineCommand({
  command: 'host',
  describe: "show this machine's real disks in the same screens",
  builder: (yargs) =>
    withScreen(yargs)
      .option('record', {
        type: 'string',
        describe: 'write what the disks do to FILE, as a trace for vmtop replay',
      })
      .option('headless', { type: 'boolean', default: false, describe: 'print tables instead' })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'print a line of JSON per update; implies --headless',
      })
      .option('iterations', {
        alias: 'n',
        type: 'string',
        describe: 'with --headless: end after so many updates',
      })
      .example('vmtop host', 'live, a second between updates')
      .example('vmtop host --record disks.csv -d 5', 'and record it, in steps of 5 s')
      .example('vmtop replay disks.csv', 'the same load on the simulated storage')
      .example('vmtop host --headless --json -n 3', 'for scripts'),
  handler: async (args) => {
    const { showHost } = await import('../show-host.js');
    await showHost(args);
  },
});
