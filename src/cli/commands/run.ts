import { defineCommand, SHARED } from './define.js';

export const run = defineCommand({
  command: 'run [scenario]',
  describe: 'run a scenario without a screen, as fast as possible',
  builder: (yargs) =>
    yargs
      .positional('scenario', {
        type: 'string',
        describe: 'name of a bundled scenario (vmtop list scenarios), or a file',
      })
      .option('seed', SHARED.seed)
      .option('session', SHARED.session)
      .option('branch', { type: 'string', describe: 'with --session: which branch, such as B' })
      .option('duration', {
        type: 'string',
        describe: "simulated time, such as 30s, instead of the scenario's",
      })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON document' })
      .option('interval', {
        type: 'string',
        describe: 'with --json: figures for each span, such as 1s',
      })
      .option('events', SHARED.events)
      .option('export-disks', {
        type: 'string',
        describe: 'at the end, write the virtual machines with their disks into this folder',
      })
      .option('backups', {
        type: 'string',
        describe: 'folder that gets the disks of all backups, as .vmdk (streamOptimized)',
      })
      .example('vmtop run default', 'the default scenario, with a summary per layer')
      .example('vmtop run path-loss && echo held', 'a drill; exit code 1 when it fails')
      .example('vmtop run --session a.yaml --json', 'what was done in the dashboard, once more')
      .example('vmtop run default --duration 10s --json --interval 1s', 'for scripts'),
  handler: async (args) => {
    const { runScenario } = await import('../run-scenario.js');
    await runScenario(args);
  },
});
