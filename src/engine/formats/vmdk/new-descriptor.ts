import { Descriptor, NO_CID } from './descriptor.js';
import { type ExtentLine, formatExtentLine } from './extent-line.js';

/** What a new disk's descriptor says besides its extents. */
export interface NewDisk {
  readonly createType: string;
  readonly extents: readonly ExtentLine[];
  readonly thin: boolean;
  /** 32 random bits at each call: content id, identifier of the disk. */
  readonly random: () => number;
  /** The disk it is copied from: its database entries are kept. */
  readonly like?: Descriptor | undefined;
  readonly parent?: { readonly cid: string; readonly hint: string };
}

/** Database keys that belong to the disk, not to how it is stored. */
const KEPT = [
  'ddb.adapterType',
  'ddb.virtualHWVersion',
  'ddb.toolsVersion',
  'ddb.toolsInstallType',
  'ddb.deletable',
];
const GIB_SECTORS = 2097152;

/** A descriptor as products write them (reference `vmdk-formats.md`, sections 2 and 4). */
export function newDescriptor(disk: NewDisk): Descriptor {
  const { createType, extents, like, parent, random } = disk;
  const words = [random(), random(), random(), random()].map(hex8);
  const cid = NO_CIDS.has(words[3]) ? '00000001' : words[3];
  const longId = `${words.slice(0, 3).join('')}${cid}`;
  const sectors = extents.reduce((sum, extent) => sum + extent.sectors, 0);
  const adapter = like?.get('ddb.adapterType') ?? 'lsilogic';
  const { cylinders, heads, perTrack } = geometry(sectors, adapter);
  const database: [string, string][] = [
    ['ddb.adapterType', adapter],
    ['ddb.geometry.cylinders', String(cylinders)],
    ['ddb.geometry.heads', String(heads)],
    ['ddb.geometry.sectors', String(perTrack)],
    ['ddb.longContentID', longId],
    ['ddb.uuid', newUuid(random)],
    ['ddb.virtualHWVersion', '14'],
  ];
  if (disk.thin) database.push(['ddb.thinProvisioned', '1']);
  const lines = [
    '# Disk DescriptorFile',
    'version=1',
    'encoding="UTF-8"',
    `CID=${cid}`,
    `parentCID=${parent?.cid ?? NO_CID}`,
    `createType="${createType}"`,
    ...(parent === undefined ? [] : [`parentFileNameHint="${parent.hint}"`]),
    '',
    '# Extent description',
    ...extents.map(formatExtentLine),
    '',
    '# The Disk Data Base ',
    '#DDB',
    '',
    ...database.map(([key, value]) => `${key} = "${value}"`),
    '',
  ];
  const descriptor = Descriptor.parse(lines.join('\n'), 'new disk');
  for (const key of KEPT) {
    const value = like?.get(key);
    if (value !== undefined) descriptor.set(key, value);
  }
  return descriptor;
}

/** Content ids that mean something else: none, and see the long one. */
const NO_CIDS: ReadonlySet<string> = new Set([NO_CID, 'fffffffe']);

function hex8(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** The disk's name to guests, of VMware's own range: 60 00 C2 9. */
function newUuid(random: () => number): string {
  const digits = `6000C29${[random(), random(), random(), random()].map(hex8).join('')}`;
  const bytes = digits.slice(0, 32).match(/../g) ?? [];
  return `${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`;
}

/** Reference, section 4: heads and sectors per track by size and adapter. */
export function geometry(
  sectors: number,
  adapter: string,
): { cylinders: number; heads: number; perTrack: number } {
  const ide = adapter === 'ide';
  const small = sectors < GIB_SECTORS;
  const medium = sectors <= 2 * GIB_SECTORS;
  const heads = ide ? 16 : small ? 64 : medium ? 128 : 255;
  const perTrack = ide ? 63 : medium ? 32 : 63;
  const cylinders = Math.min(ide ? 16383 : 65535, Math.floor(sectors / (heads * perTrack)));
  return { cylinders, heads, perTrack };
}
