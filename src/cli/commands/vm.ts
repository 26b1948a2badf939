import { defineCommand } from './define.js';

const info = defineCommand({
  command: 'info <file>',
  describe: 'what a machine has of storage: adapters, disks with their chains, snapshots, warnings',
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'its configuration, .vmx or .vmtx',
      })
      .option('outside', {
        type: 'boolean',
        default: false,
        describe: 'follow disks and parents to other folders',
      }),
  handler: async (args) => {
    const { printVm } = await import('../vm/info.js');
    printVm(args.file, args.outside);
  },
});

export const vm = defineCommand({
  command: 'vm',
  describe: 'virtual machines in files: info',
  builder: (yargs) => yargs.command(info).demandCommand(1, 'say what to do: info'),
  handler: async () => undefined,
});
