import { defineCommand } from './define.js';

export const swarm = defineCommand({
  command: 'swarm',
  describe: 'run generated systems under generated faults, and check every block they read',
  builder: (yargs) =>
    yargs
      .option('seeds', { type: 'string', default: '50', describe: 'how many runs' })
      .option('from', { type: 'string', default: '1', describe: 'seed of the first run' })
      .option('jobs', { type: 'string', describe: 'runs side by side [one per processor]' })
      .option('write', {
        type: 'string',
        describe: "write the first run's scenario to FILE instead of running it",
      })
      .option('stride', { type: 'string', default: '1', hidden: true })
      .option('lines', { type: 'boolean', default: false, hidden: true })
      .example('vmtop swarm --seeds 200', 'exit code 1 when a run breaks a promise')
      .example('vmtop swarm --seeds 1 --from 97', 'one run again')
      .example(
        'vmtop swarm --from 97 --write case.yaml',
        'a run as a scenario: vmtop top case.yaml',
      ),
  handler: async (args) => {
    const { runSwarm } = await import('../swarm.js');
    await runSwarm(args);
  },
});
