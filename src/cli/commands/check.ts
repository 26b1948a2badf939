import { defineCommand } from './define.js';

export const check = defineCommand({
  command: 'check <scenario>',
  describe: 'say everything that is wrong with a scenario, or what it holds',
  builder: (yargs) =>
    yargs
      .positional('scenario', {
        type: 'string',
        demandOption: true,
        describe: 'name of a bundled scenario, or a file',
      })
      .example('vmtop check ./mine.yaml', 'all problems at once, with file and line'),
  handler: async (args) => {
    const { checkScenario } = await import('../check-scenario.js');
    await checkScenario(args.scenario);
  },
});
