import { defineCommand, withScreen } from './define.js';

export const replayBatch = defineCommand({
  command: 'replay-batch <file>',
  describe: 'show a recorded batch file of esxtop, or of vmtop --batch',
  builder: (yargs) =>
    withScreen(yargs)
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'CSV as esxtop -b writes it, plain or gzip',
      })
      .option('headless', {
        type: 'boolean',
        default: false,
        describe: 'without the dashboard: say what the file holds',
      })
      .example('esxtop -b -a -d 5 -n 720 | gzip > host.csv.gz', 'on an ESXi host: an hour')
      .example('vmtop replay-batch host.csv.gz', 'play it, pause, go back and forth'),
  handler: async (args) => {
    const { replayBatchFile } = await import('../replay-batch.js');
    await replayBatchFile(args);
  },
});
