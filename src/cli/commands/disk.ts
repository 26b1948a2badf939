import type { Argv, CommandModule } from 'yargs';
import { defineCommand } from './define.js';

const FORCE = { type: 'boolean', default: false, describe: 'replace files that exist' } as const;
const OUTSIDE = {
  type: 'boolean',
  default: false,
  describe: 'follow parents of snapshots, extents and links to other folders',
} as const;
const FROM = { type: 'string', describe: 'raw: the source is the bytes of a disk' } as const;
const FORMAT =
  'thin zeroedthick eagerzeroedthick 2gbsparse twoGbMaxExtentFlat monolithicSparse ' +
  'monolithicFlat streamOptimized vmfsSparse seSparse raw';

const create = defineCommand({
  command: 'create <file>',
  describe: 'make an empty disk',
  builder: (yargs) =>
    file(yargs)
      .option('size', { type: 'string', demandOption: true, describe: 'such as 20GiB' })
      .option('format', { type: 'string', default: 'thin', describe: FORMAT })
      .option('force', FORCE)
      .example('vmtop disk create web1.vmdk --size 20GiB', 'web1.vmdk and web1-flat.vmdk, thin'),
  handler: async (args) => {
    const { createNew } = await import('../disk/change.js');
    await createNew(args.file, args.size, args.format, args.force);
  },
});

const info = defineCommand({
  command: 'info <file>',
  describe: 'what a disk is: format, size, content id, parents, extents and the data in them',
  builder: (yargs) => file(yargs).option('outside', OUTSIDE),
  handler: async (args) => {
    const { printInfo } = await import('../disk/info.js');
    await printInfo(args.file, args.outside);
  },
});

const check = defineCommand({
  command: 'check <file>',
  describe: 'find what is wrong with a disk and say what it means; changes nothing',
  builder: (yargs) => file(yargs).option('outside', OUTSIDE),
  handler: async (args) => {
    const { checkFile } = await import('../disk/check.js');
    await checkFile(args.file, args.outside);
  },
});

/** `convert` and its two everyday uses differ in what they write when not told. */
function conversion(name: string, describe: string, target: string): CommandModule {
  return defineCommand({
    command: `${name} <file> <target>`,
    describe,
    builder: (yargs) =>
      both(yargs)
        .option('format', { type: 'string', default: target, describe: FORMAT })
        .option('from', FROM)
        .option('outside', OUTSIDE)
        .option('force', FORCE),
    handler: async (args) => {
      const { convertDisk } = await import('../disk/change.js');
      await convertDisk(args.file, args.target, args);
    },
  });
}

const compare = defineCommand({
  command: 'compare <file> <target>',
  describe: 'say whether two disks hold the same, whatever their formats, and where not',
  builder: (yargs) =>
    both(yargs, 'the disk to compare with')
      .option('from', FROM)
      .option('with', { type: 'string', describe: 'raw: TARGET is the bytes of a disk' })
      .option('outside', OUTSIDE)
      .example(
        'vmtop disk compare web1.vmdk web1.img --with raw',
        'exit code 0 when equal, 1 when not',
      ),
  handler: async (args) => {
    const { compareFiles } = await import('../disk/compare.js');
    await compareFiles(args.file, args.target, args);
  },
});

const clone = defineCommand({
  command: 'clone <file> <target>',
  describe: 'copy a disk in its own format, without its snapshots',
  builder: (yargs) =>
    both(yargs)
      .option('linked', {
        type: 'boolean',
        default: false,
        describe: 'no copy: an empty child (seSparse or vmfsSparse) with FILE as its parent',
      })
      .option('format', { type: 'string', describe: FORMAT })
      .option('outside', OUTSIDE)
      .option('force', FORCE),
  handler: async (args) => {
    const { cloneDisk } = await import('../disk/change.js');
    await cloneDisk(args.file, args.target, { ...args, format: args.format });
  },
});

const grow = defineCommand({
  command: 'grow <file>',
  describe: 'make a disk larger; what is added is zeros',
  builder: (yargs) =>
    file(yargs).option('size', { type: 'string', demandOption: true, describe: 'its new size' }),
  handler: async (args) => {
    const { growDisk } = await import('../disk/change.js');
    await growDisk(args.file, args.size);
  },
});

const defragment = defineCommand({
  command: 'defragment <file>',
  describe: 'write a sparse disk anew: grains in order, none lost, none of zeros',
  builder: (yargs) => file(yargs),
  handler: async (args) => {
    const { defragmentDisk } = await import('../disk/change.js');
    await defragmentDisk(args.file);
  },
});

function file<T>(yargs: Argv<T>): Argv<T & { file: string }> {
  return yargs.positional('file', {
    type: 'string',
    demandOption: true,
    describe: 'the disk: its descriptor, or the file with all of it',
  }) as unknown as Argv<T & { file: string }>;
}

function both<T>(
  yargs: Argv<T>,
  describe = 'the new disk',
): Argv<T & { file: string; target: string }> {
  return file(yargs).positional('target', {
    type: 'string',
    demandOption: true,
    describe,
  }) as unknown as Argv<T & { file: string; target: string }>;
}

const ACTIONS: readonly CommandModule[] = [
  create,
  info,
  check,
  conversion('convert', 'write a disk in another format', 'thin'),
  conversion('export', 'write a disk for exchange', 'streamOptimized'),
  conversion('import', 'write a disk of any format as ESXi runs it', 'thin'),
  compare,
  clone,
  grow,
  defragment,
];

export const disk = defineCommand({
  command: 'disk',
  describe:
    'virtual disks: create, info, check, compare, convert, export, import, clone, grow, defragment',
  builder: (yargs) => {
    for (const action of ACTIONS) yargs.command(action);
    return yargs.demandCommand(1, `say what to do: ${ACTIONS.map(nameOf).join(', ')}`);
  },
  handler: async () => undefined,
});

function nameOf({ command }: CommandModule): string {
  return String(command).split(' ')[0] ?? '';
}
