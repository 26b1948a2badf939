import { defineCommand, SHARED, withScreen } from './define.js';

export const top = defineCommand({
  command: ['$0 [scenario]', 'top [scenario]'],
  describe: 'open the dashboard on a scenario, or with -b write what it would show as CSV',
  builder: (yargs) =>
    withScreen(yargs)
      .positional('scenario', {
        type: 'string',
        describe: 'bundled scenario (vmtop list scenarios), or a file [default]',
      })
      .option('seed', SHARED.seed)
      .option('batch', {
        alias: 'b',
        type: 'boolean',
        default: false,
        describe: "esxtop's batch mode: its CSV to standard output, without a screen",
      })
      .option('iterations', {
        alias: 'n',
        type: 'string',
        describe: "with -b: how many samples [to the scenario's end]",
      })
      .option('all', {
        alias: 'a',
        type: 'boolean',
        describe: 'with -b: every counter, not only the usual ones',
      })
      .option('host', { type: 'string', describe: 'with -b: one host instead of all' })
      .option('start', {
        type: 'string',
        describe: 'with -b: date and time the simulation starts at [2026-01-01 00:00:00]',
      })
      .option('session', SHARED.session)
      .option('save-session', SHARED.saveSession)
      .option('export-entity', {
        type: 'string',
        describe: 'write the adapters, devices and virtual disks there are to FILE, and end',
      })
      .option('import-entity', {
        type: 'string',
        describe: 'show only those FILE names without # before them',
      })
      .option('read-only', SHARED.readOnly)
      .example('vmtop', 'the default scenario, live')
      .example('vmtop path-loss', 'a drill, live')
      .example('vmtop ./mine.yaml --seed 7', 'your own scenario')
      .example('vmtop --session a.yaml', 'go on with what was saved')
      .example('vmtop path-loss -b -a -d 2 > path-loss.csv', 'for readers of esxtop files'),
  handler: async (args) => {
    if (args.batch) {
      const { writeBatch } = await import('../batch.js');
      await writeBatch(args);
      return;
    }
    const { openDashboard } = await import('../dashboard.js');
    await openDashboard(args);
  },
});
