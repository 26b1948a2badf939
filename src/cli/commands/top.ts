import { defineCommand, SHARED } from './define.js';

export const top = defineCommand({
  command: ['$0 [scenario]', 'top [scenario]'],
  describe: 'open the dashboard on a scenario',
  builder: (yargs) =>
    yargs
      .positional('scenario', {
        type: 'string',
        describe: 'bundled scenario (vmtop list scenarios), or a file [default]',
      })
      .option('seed', SHARED.seed)
      .option('session', SHARED.session)
      .option('save-session', SHARED.saveSession)
      .example('vmtop', 'the default scenario, live')
      .example('vmtop path-loss', 'a drill, live')
      .example('vmtop --session a.yaml', 'go on with what was saved')
      .example('vmtop ./mine.yaml --seed 7', 'your own scenario'),
  handler: async (args) => {
    const { openDashboard } = await import('../dashboard.js');
    await openDashboard(args);
  },
});
