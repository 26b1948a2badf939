import { defineCommand, SHARED, withScreen } from './define.js';

export const top = defineCommand({
  command: ['$0 [scenario]', 'top [scenario]'],
  describe: 'open the dashboard on a scenario',
  builder: (yargs) =>
    withScreen(yargs)
      .positional('scenario', {
        type: 'string',
        default: 'default',
        describe: 'name of a bundled scenario (vmtop list scenarios), or a file',
      })
      .option('seed', SHARED.seed)
      .option('read-only', SHARED.readOnly)
      .example('vmtop', 'the default scenario, live')
      .example('vmtop path-loss', 'a drill, live')
      .example('vmtop ./mine.yaml --seed 7', 'your own scenario'),
  handler: async (args) => {
    const { openDashboard } = await import('../dashboard.js');
    await openDashboard(args);
  },
});
