import { defineCommand, SHARED } from './define.js';

export const top = defineCommand({
  command: ['$0 [scenario]', 'top [scenario]'],
  describe: 'open the dashboard on a scenario',
  builder: (yargs) =>
    yargs
      .positional('scenario', {
        type: 'string',
        default: 'default',
        describe: 'name of a bundled scenario (vmtop list scenarios), or a file',
      })
      .option('seed', SHARED.seed)
      .option('config', {
        alias: 'c',
        type: 'string',
        describe: 'settings of the screens: a file W has saved, or an rc file of esxtop',
      })
      .option('export-entity', {
        type: 'string',
        describe: 'write the adapters, devices and virtual disks there are to FILE, and end',
      })
      .option('import-entity', {
        type: 'string',
        describe: 'show only those FILE names without # before them',
      })
      .example('vmtop', 'the default scenario, live')
      .example('vmtop path-loss', 'a drill, live')
      .example('vmtop ./mine.yaml --seed 7', 'your own scenario'),
  handler: async (args) => {
    const { openDashboard } = await import('../dashboard.js');
    await openDashboard(args);
  },
});
