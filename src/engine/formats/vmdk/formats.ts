import { InputError } from '../../core/errors.js';

/** The formats a disk can be written in, by the names of vmkfstools and of descriptors. */
export interface Format {
  readonly name: string;
  readonly summary: string;
  /** Empty for raw images, which have no descriptor. */
  readonly createType: string;
  readonly extentType: string;
  /** What is put behind the disk's name for its extents; empty: descriptor and data are one file. */
  readonly suffix: string;
  readonly kind: 'flat' | 'hosted' | 'stream' | 'cowd' | 'se';
  /** Sectors of an extent of a disk in parts; 0: the disk is one. */
  readonly partSectors: number;
  readonly sectorsMax: number;
  readonly thin: boolean;
  /** Zeros are written too. */
  readonly dense: boolean;
}

const TIB = 2147483648;
/** What products allow: 62 TB, written there in powers of two. */
const MAX_VMFS = 62 * TIB;
const MAX_SE = 64 * TIB;
/** Redo logs and hosted extents have 32-bit sector numbers. */
const MAX_32 = 2 * TIB - 1;
/** 2047 MiB, as VMware splits (reference, section 15). */
const PART = 4192256;

function format(
  name: string,
  createType: string,
  extentType: string,
  suffix: string,
  kind: Format['kind'],
  sectorsMax: number,
  summary: string,
  more: Partial<Format> = {},
): Format {
  const rest = { partSectors: 0, thin: false, dense: false, ...more };
  return { name, summary, createType, extentType, suffix, kind, sectorsMax, ...rest };
}

export const FORMATS: readonly Format[] = [
  format('thin', 'vmfs', 'VMFS', '-flat', 'flat', MAX_VMFS, 'ESXi, thin provisioned', {
    thin: true,
  }),
  format('zeroedthick', 'vmfs', 'VMFS', '-flat', 'flat', MAX_VMFS, 'ESXi, zeroed lazily'),
  format('eagerzeroedthick', 'vmfs', 'VMFS', '-flat', 'flat', MAX_VMFS, 'ESXi, all zeros written', {
    dense: true,
  }),
  format(
    '2gbsparse',
    'twoGbMaxExtentSparse',
    'SPARSE',
    '-s',
    'hosted',
    MAX_32,
    'sparse, 2 GB parts',
    {
      partSectors: PART,
    },
  ),
  format(
    'twoGbMaxExtentFlat',
    'twoGbMaxExtentFlat',
    'FLAT',
    '-f',
    'flat',
    MAX_32,
    'flat, 2 GB parts',
    {
      partSectors: PART,
    },
  ),
  format(
    'monolithicSparse',
    'monolithicSparse',
    'SPARSE',
    '',
    'hosted',
    MAX_32,
    'sparse, one file',
  ),
  format('monolithicFlat', 'monolithicFlat', 'FLAT', '-flat', 'flat', MAX_VMFS, 'flat, hosted'),
  format(
    'streamOptimized',
    'streamOptimized',
    'SPARSE',
    '',
    'stream',
    MAX_SE,
    'compressed, for OVF',
  ),
  format(
    'vmfsSparse',
    'vmfsSparse',
    'VMFSSPARSE',
    '-delta',
    'cowd',
    MAX_32,
    'redo log of a snapshot',
  ),
  format('seSparse', 'seSparse', 'SESPARSE', '-sesparse', 'se', MAX_SE, 'redo log, VMFS 6'),
  format(
    'raw',
    '',
    '',
    '',
    'flat',
    Number.MAX_SAFE_INTEGER,
    'the bytes of the disk, no descriptor',
  ),
];

/** Other names the formats go by. */
const ALIASES: Readonly<Record<string, string>> = {
  twogbmaxextentsparse: '2gbsparse',
  thick: 'zeroedthick',
  vmfs: 'zeroedthick',
  sesparse: 'seSparse',
};

/** @throws InputError for a name there is none of */
export function formatByName(name: string): Format {
  const wanted = name.toLowerCase();
  const found = FORMATS.find(
    (entry) => entry.name.toLowerCase() === (ALIASES[wanted] ?? wanted).toLowerCase(),
  );
  if (found !== undefined) return found;
  const known = FORMATS.map((entry) => entry.name).join(', ');
  throw InputError.of('--format', `no format "${name}"`, `there is ${known}`);
}

/** The format of a disk that exists, by what its descriptor says. */
export function formatOf(createType: string, thin: boolean): Format | undefined {
  const wanted = createType.toLowerCase();
  if (wanted === 'vmfs') return formatByName(thin ? 'thin' : 'zeroedthick');
  return FORMATS.find((entry) => entry.createType.toLowerCase() === wanted);
}
