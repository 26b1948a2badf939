import { defineCommand } from './define.js';

const fit = defineCommand({
  command: 'fit <trace>',
  describe: "estimate a disk model's settings from a recording with measured service times",
  builder: (yargs) =>
    yargs
      .positional('trace', {
        type: 'string',
        demandOption: true,
        describe: 'recording, plain or gzip, of one request at a time',
      })
      .option('model', {
        type: 'string',
        default: 'hdd',
        describe: 'model to find settings for: a spinning disk',
      })
      .option('first', {
        type: 'string',
        default: '50%',
        describe: 'part of the recording to fit to; the rest is for checking',
      })
      .option('set', {
        type: 'string',
        describe: 'settings known from elsewhere, such as rpm=10000,heads=6',
      })
      .option('capacity', {
        type: 'string',
        describe: 'size of the disk [as far as the recording reaches]',
      })
      .option('out', { type: 'string', describe: 'write the disk to FILE, for scenarios' })
      .example('vmtop device fit drive.trace.gz', 'how well does the model fit, with what settings')
      .example('vmtop device fit drive.trace.gz --set rpm=10000 --out drive.yaml', 'a disk to use'),
  handler: async (args) => {
    const { fitDevice } = await import('../fit-device.js');
    await fitDevice(args);
  },
});

const show = defineCommand({
  command: 'show <name>',
  describe: 'a device model with the source of each figure',
  builder: (yargs) =>
    yargs
      .positional('name', {
        type: 'string',
        demandOption: true,
        describe: 'a name of vmtop list devices, or the file of a disk',
      })
      .example('vmtop device show hdd', 'what the model stands on'),
  handler: async (args) => {
    const { showDevice } = await import('../show-device.js');
    await showDevice(args);
  },
});

export const device = defineCommand({
  command: 'device',
  describe: 'device models: fit one to a recording, show one with its sources',
  builder: (yargs) =>
    yargs.command(fit).command(show).demandCommand(1, 'expected device fit or device show'),
  handler: async () => {},
});
