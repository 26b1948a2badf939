import type { Argv, CommandModule } from 'yargs';
import { defineCommand } from './define.js';

/** The images of a volume, and behind them what a command takes besides. */
const IMAGES = 'image file, or all images of a volume that spans several';

const format = defineCommand({
  command: 'format <images..>',
  describe: 'make an empty volume of image files; what they held is lost',
  builder: (yargs) =>
    withImages(yargs)
      .option('size', { type: 'string', describe: 'make new sparse images of this size, each' })
      .option('vmfs', { type: 'string', default: '5', describe: 'generation: 3, 5 or 6' })
      .option('label', { type: 'string', default: 'datastore1', describe: 'name of the datastore' })
      .option('block', { type: 'string', default: '1MiB', describe: 'VMFS 3: 1, 2, 4 or 8 MiB' })
      .option('force', { type: 'boolean', default: false, describe: 'also images that exist' })
      .example('vmtop volume format ds1.img --size 20GiB --label ds1', 'a sparse file of 20 GiB')
      .example('vmtop volume format a.img b.img --size 4GiB --vmfs 3', 'one volume, two extents'),
  handler: async (args) => {
    const { formatImages } = await import('../volume/format.js');
    formatImages(args);
  },
});

const ls = defineCommand({
  command: 'ls <images..>',
  describe: 'list a directory of the volume: IMAGE... [PATH]',
  builder: (yargs) =>
    withImages(yargs).example('vmtop volume ls ds1.img /web1', 'files of a VM, as ls -l has them'),
  handler: async (args) => {
    const { listDirectory } = await import('../volume/read.js');
    listDirectory(args.images);
  },
});

const cat = defineCommand({
  command: 'cat <images..>',
  describe: "write a file's content to standard output: IMAGE... PATH",
  builder: (yargs) =>
    withImages(yargs).example('vmtop volume cat ds1.img /web1/web1.vmx', 'its configuration'),
  handler: async (args) => {
    const { printFile } = await import('../volume/read.js');
    printFile(args.images);
  },
});

const put = defineCommand({
  command: 'put <images..>',
  describe: 'copy a file into the volume: IMAGE... FILE PATH',
  builder: (yargs) =>
    withImages(yargs)
      .option('force', { type: 'boolean', default: false, describe: 'replace a file at PATH' })
      .option('thin', { type: 'boolean', default: false, describe: 'no blocks for zeros' })
      .option('resident', {
        type: 'boolean',
        describe: 'tiny files inside their descriptors [VMFS 6: yes]',
      })
      .example('vmtop volume put ds1.img disk.raw /web1/web1-flat.vmdk --thin', 'thin provisioned'),
  handler: async (args) => {
    const { putFile } = await import('../volume/change.js');
    putFile(args.images, args);
  },
});

const rm = defineCommand({
  command: 'rm <images..>',
  describe: 'remove a file or an empty directory: IMAGE... PATH',
  builder: (yargs) =>
    withImages(yargs)
      .option('recursive', { type: 'boolean', default: false, describe: 'and all that is in it' })
      .example('vmtop volume rm ds1.img /web1 --recursive', 'a VM with its files'),
  handler: async (args) => {
    const { removePath } = await import('../volume/change.js');
    removePath(args.images, args.recursive);
  },
});

const mkdir = defineCommand({
  command: 'mkdir <images..>',
  describe: 'make a directory: IMAGE... PATH',
  builder: (yargs) => withImages(yargs).example('vmtop volume mkdir ds1.img /web2', ''),
  handler: async (args) => {
    const { makeDirectory } = await import('../volume/change.js');
    makeDirectory(args.images);
  },
});

const df = defineCommand({
  command: 'df <images..>',
  describe: 'capacity: blocks, sub-blocks, pointer blocks, file descriptors',
  builder: (yargs) => withImages(yargs).example('vmtop volume df ds1.img', ''),
  handler: async (args) => {
    const { printSpace } = await import('../volume/read.js');
    printSpace(args.images);
  },
});

const check = defineCommand({
  command: 'check <images..>',
  describe: 'find what is wrong with a volume and say what it means; changes nothing',
  builder: (yargs) =>
    withImages(yargs).example('vmtop volume check ds1.img', 'ends with 1 when there is damage'),
  handler: async (args) => {
    const { checkImages } = await import('../volume/check.js');
    checkImages(args.images);
  },
});

const extents = defineCommand({
  command: 'extents <images..>',
  describe: 'the devices of a volume, in order, and which of them are missing',
  builder: (yargs) => withImages(yargs).example('vmtop volume extents a.img b.img', ''),
  handler: async (args) => {
    const { printExtents } = await import('../volume/read.js');
    printExtents(args.images);
  },
});

function withImages<T>(yargs: Argv<T>): Argv<T & { images: string[] }> {
  return yargs.positional('images', {
    type: 'string',
    array: true,
    demandOption: true,
    describe: IMAGES,
  }) as unknown as Argv<T & { images: string[] }>;
}

const ACTIONS: readonly CommandModule[] = [format, ls, cat, put, rm, mkdir, df, check, extents];

export const volume = defineCommand({
  command: 'volume',
  describe: 'VMFS volumes in image files: format, ls, cat, put, rm, mkdir, df, check, extents',
  builder: (yargs) => {
    // Elsewhere the last of several values counts; here all images do.
    yargs.parserConfiguration({ 'duplicate-arguments-array': true });
    for (const action of ACTIONS) yargs.command(action);
    return yargs.demandCommand(1, `say what to do: ${ACTIONS.map(nameOf).join(', ')}`);
  },
  handler: async () => undefined,
});

function nameOf({ command }: CommandModule): string {
  return String(command).split(' ')[0] ?? '';
}
