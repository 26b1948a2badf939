import type { Argv, CommandModule } from 'yargs';
import { defineCommand } from './define.js';

/** The images of a volume, and behind them what a command takes besides. */
const IMAGES = 'image file, or all images of a volume that spans several';

const format = defineCommand({
  command: 'format <images..>',
  describe: 'make an empty volume of image files; what they held is lost',
  builder: (yargs) =>
    withDevice(withImages(yargs))
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
    withDevice(withImages(yargs)).example(
      'vmtop volume ls ds1.img /web1',
      'files of a VM, as ls -l has them',
    ),
  handler: async (args) => {
    const { listDirectory } = await import('../volume/read.js');
    listDirectory(args.images, args.device);
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
  builder: (yargs) => withDevice(withImages(yargs)).example('vmtop volume df ds1.img', ''),
  handler: async (args) => {
    const { printSpace } = await import('../volume/read.js');
    printSpace(args.images, args.device);
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

const extend = defineCommand({
  command: 'extend <images..>',
  describe: 'add a device to a volume: IMAGE... NEWIMAGE',
  builder: (yargs) =>
    withImages(yargs)
      .option('size', { type: 'string', describe: 'make NEWIMAGE, sparse, of this size' })
      .option('force', { type: 'boolean', default: false, describe: 'also one that is in use' })
      .example('vmtop volume extend ds1.img ds1b.img --size 20GiB', 'one volume, two extents'),
  handler: async (args) => {
    const { extendImages } = await import('../volume/enlarge.js');
    extendImages(args.images, args);
  },
});

const grow = defineCommand({
  command: 'grow <images..>',
  describe: 'enlarge a volume in place: IMAGE... [SIZE]; without SIZE into what its image has',
  builder: (yargs) => withImages(yargs).example('vmtop volume grow ds1.img 40GiB', ''),
  handler: async (args) => {
    const { growImages } = await import('../volume/enlarge.js');
    growImages(args.images);
  },
});

const resignature = defineCommand({
  command: 'resignature <images..>',
  describe: 'make a copied volume one of its own: new UUIDs, label snap-xxxxxxxx-NAME',
  builder: (yargs) =>
    withDevice(withImages(yargs)).example('vmtop volume resignature copy.img', 'as esxcli does'),
  handler: async (args) => {
    const { resignatureImages } = await import('../volume/enlarge.js');
    resignatureImages(args.images, args.device);
  },
});

function withDevice<T>(yargs: Argv<T>): Argv<T & { device: string | undefined }> {
  return yargs.option('device', {
    type: 'string',
    describe: 'what the LUN in IMAGE is, naa.xxx; for several with commas',
  });
}

function withImages<T>(yargs: Argv<T>): Argv<T & { images: string[] }> {
  return yargs.positional('images', {
    type: 'string',
    array: true,
    demandOption: true,
    describe: IMAGES,
  }) as unknown as Argv<T & { images: string[] }>;
}

const ACTIONS: readonly CommandModule[] = [
  ...[format, ls, cat, put, rm, mkdir, df, check, extents],
  ...[extend, grow, resignature],
];

export const volume = defineCommand({
  command: 'volume',
  describe:
    'VMFS volumes in image files: format, ls, cat, put, rm, mkdir, df, check, extents, grow ...',
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
