import { defineCommand, SHARED, withScreen } from './define.js';

export const replay = defineCommand({
  command: 'replay <trace>',
  describe: 'play a recorded block trace through the stack',
  builder: (yargs) =>
    withScreen(yargs)
      .positional('trace', {
        type: 'string',
        demandOption: true,
        describe: 'trace file, plain or gzip (vmtop list formats)',
      })
      .option('headless', { type: 'boolean', default: false, describe: 'without the dashboard' })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'print one JSON document; implies --headless',
      })
      .option('timing', {
        type: 'string',
        default: 'original',
        describe: 'original, asap (as fast as possible), or a factor such as 2x',
      })
      .option('iodepth', { type: 'string', describe: 'in flight at once with --timing asap [32]' })
      .option('disks', { type: 'string', describe: "virtual disks for the trace's units [1]" })
      .option('scenario', { type: 'string', describe: 'scenario whose first VM plays the trace' })
      .option('seed', SHARED.seed)
      .option('read-only', SHARED.readOnly)
      .option('duration', { type: 'string', describe: 'end after this simulated time' })
      .option('events', SHARED.events)
      .option('save-session', SHARED.saveSession)
      .example('vmtop replay disk.vscsi.gz', 'live, at the original speed')
      .example('vmtop replay disk.vscsi.gz --headless', 'in seconds, with a summary per layer')
      .example('vmtop replay volumes.csv --timing 10x --disks 4 --json', 'for scripts'),
  handler: async (args) => {
    const { replayTrace } = await import('../replay-trace.js');
    await replayTrace(args);
  },
});
