import type { Generation } from '../../../formats/vmfs/generation.js';

/**
 * Where VMFS keeps what, in blocks of 512 bytes from the start of the volume, and in what units (VMFS
 * on-disk reference, sections 4, 8.5, 10 and 11; stack-upper reference, section 4). The system files are
 * laid one after the other.
 */
const MIB = 2048;

const GIB = 1024 * 1024 * 1024;
/** Largest virtual disk of VMFS 5 and 6: 62 TB. */
const LARGEST = 62 * 1024 * GIB;

/** Heartbeat region, of all generations. */
const HEARTBEATS = 3 * MIB;

export type VmfsVersion = Generation['product'];

/** Generation of a VMFS datastore: 5 unless its plan says something else. */
export function vmfsVersion(version: number | undefined): VmfsVersion {
  return version === 3 || version === 6 ? version : 5;
}

/** What the generations differ in. */
interface Figures {
  /** From one host's slot to the next. */
  readonly heartbeatBlocks: number;
  readonly descriptors: number;
  readonly descriptorBlocks: number;
  /** Places for descriptors, and how many there may be. */
  readonly descriptorPlaces: number;
  readonly descriptorsMax: number;
  readonly pointers: number;
  /** A pointer block, as it is read. */
  readonly pointerBlocks: number;
  /** What is written of it for one entry. */
  readonly pointerWriteBlocks: number;
  readonly pointerPlaces: number;
  readonly pointersMax: number;
  /** A pointer block maps 2 to this power file blocks. */
  readonly spanShift: number;
  /** Files up to this many file blocks need no pointer block. */
  readonly directBlocks: number;
  readonly subBlocks: number;
  readonly subBlockBlocks: number;
  readonly subBlockPlaces: number;
  readonly subBlocksMax: number;
  /** Data of files up to this size stands in their descriptor. */
  readonly residentBytes: number;
  /** Headers of resource clusters: a lock and a bitmap, of `unitBlocks` each. */
  readonly clusters: number;
  readonly unitBlocks: number;
  readonly clusterFileBlocks: number;
  /** Thick files take whole resource clusters: the large file blocks of VMFS 6, 512 MiB. */
  readonly hasLargeBlocks: boolean;
  /** Largest file (stack-upper reference, section 4). */
  readonly fileBytesMax: number;
  /** For people: the smallest LUN. */
  readonly least: string;
}

/** File blocks of a resource cluster of VMFS 5. */
export const CLUSTER_FILE_BLOCKS = 200;

/**
 * VMFS 3: places as on VMFS 5, of fewer and larger things (on-disk reference, section 18, and the sample
 * volume): 556 MiB of system files. Its only pointer block per GiB reaches no further than 256 GiB.
 */
const THREE: Figures = {
  heartbeatBlocks: 1,
  descriptors: 4 * MIB,
  descriptorBlocks: 4,
  descriptorPlaces: 30_720,
  descriptorsMax: 30_720,
  pointers: 66 * MIB,
  pointerBlocks: 8,
  pointerWriteBlocks: 8,
  pointerPlaces: 61_440,
  pointersMax: 61_440,
  spanShift: 10,
  directBlocks: 256,
  subBlocks: 308 * MIB,
  subBlockBlocks: 128,
  subBlockPlaces: 3968,
  subBlocksMax: 3968,
  residentBytes: 0,
  clusters: 556 * MIB,
  unitBlocks: 1,
  clusterFileBlocks: CLUSTER_FILE_BLOCKS,
  hasLargeBlocks: false,
  fileBytesMax: 256 * GIB - 512,
  least: '1.2 GB',
};

/** VMFS 5: 765 MiB of system files. */
const FIVE: Figures = {
  heartbeatBlocks: 1,
  descriptors: 4 * MIB,
  descriptorBlocks: 4,
  descriptorPlaces: 130_000,
  descriptorsMax: 130_000,
  pointers: 259 * MIB,
  pointerBlocks: 8,
  pointerWriteBlocks: 8,
  pointerPlaces: 64_512,
  pointersMax: 64_512,
  spanShift: 10,
  directBlocks: 256,
  subBlocks: 515 * MIB,
  subBlockBlocks: 16,
  subBlockPlaces: 32_000,
  subBlocksMax: 32_000,
  residentBytes: 1024,
  clusters: 765 * MIB,
  unitBlocks: 1,
  clusterFileBlocks: CLUSTER_FILE_BLOCKS,
  hasLargeBlocks: false,
  fileBytesMax: LARGEST,
  least: '1.3 GB',
};

/** Volumes of VMFS 6 from here on have system files of full size, 16 GiB in file blocks (model). */
const FULL_SIZE = 16 * 1024;

/**
 * VMFS 6: about 1.5 GB, and less on small volumes (model; as formats/vmfs/geometry.ts). Its system files
 * grow when they are full, so there is no most of anything. Pointer blocks are sub-blocks; here they have
 * places of their own behind those of files (model). Of one, 64 KiB that map 8 GiB, a change writes a unit
 * of 4 KiB (model).
 */
function six(fileBlocks: number): Figures {
  const part = (full: number, least: number): number =>
    Math.max(least, Math.floor(full * Math.min(1, fileBlocks / FULL_SIZE)));
  const descriptors = 7 * MIB;
  const descriptorPlaces = part(16_384, 2048);
  const subBlocks = descriptors + descriptorPlaces * 16;
  const subBlockPlaces = part(16_384, 1024);
  const pointers = subBlocks + subBlockPlaces * 128;
  const pointerPlaces = part(5_400, 320);
  return {
    heartbeatBlocks: 8,
    descriptors,
    descriptorBlocks: 16,
    descriptorPlaces,
    descriptorsMax: Number.POSITIVE_INFINITY,
    pointers,
    pointerBlocks: 128,
    pointerWriteBlocks: 8,
    pointerPlaces,
    pointersMax: Number.POSITIVE_INFINITY,
    spanShift: 13,
    directBlocks: 320,
    subBlocks,
    subBlockBlocks: 128,
    subBlockPlaces,
    subBlocksMax: Number.POSITIVE_INFINITY,
    residentBytes: 3584,
    clusters: pointers + pointerPlaces * 128,
    unitBlocks: 8,
    clusterFileBlocks: 512,
    hasLargeBlocks: true,
    fileBytesMax: LARGEST,
    least: '2 GB',
  };
}

/** Layout of one generation. */
export class VmfsLayout {
  constructor(readonly figures: Figures) {}

  heartbeatAt(slot: number): number {
    return HEARTBEATS + slot * this.figures.heartbeatBlocks;
  }

  descriptorAt(descriptor: number): number {
    const { descriptors, descriptorBlocks } = this.figures;
    return descriptors + descriptor * descriptorBlocks;
  }

  /** @param pointer number of the pointer block, from 1 */
  pointerAt(pointer: number): number {
    const { pointers, pointerPlaces, pointerBlocks } = this.figures;
    return pointers + ((pointer - 1) % pointerPlaces) * pointerBlocks;
  }

  subBlockAt(subBlock: number): number {
    const { subBlocks, subBlockPlaces, subBlockBlocks } = this.figures;
    return subBlocks + (subBlock % subBlockPlaces) * subBlockBlocks;
  }

  /** The bitmap of the cluster is the next unit. */
  clusterLockAt(fileBlock: number): number {
    const { clusters, clusterFileBlocks, unitBlocks } = this.figures;
    return clusters + Math.floor(fileBlock / clusterFileBlocks) * 2 * unitBlocks;
  }

  /** Pointer blocks of a file with a map of `length` file blocks. */
  pointersFor(length: number): number {
    const { directBlocks, spanShift } = this.figures;
    return length > directBlocks ? Math.ceil(length / (1 << spanShift)) : 0;
  }

  /**
   * File blocks the file system keeps for itself: the system files and the headers of all resource
   * clusters. A fresh volume shows 0.76 GB (VMFS 5) or 1.5 GB (VMFS 6; stack-upper reference, section 4).
   */
  metadataFileBlocks(fileBlocks: number): number {
    return Math.ceil((this.clusterLockAt(fileBlocks) + 2 * this.figures.unitBlocks) / MIB);
  }
}

/**
 * @param version of the file system; 5 unless given
 * @param fileBlocks size of the volume
 */
export function layoutOf(version: number | undefined, fileBlocks: number): VmfsLayout {
  const generation = vmfsVersion(version);
  if (generation === 3) return new VmfsLayout(THREE);
  return new VmfsLayout(generation === 6 ? six(fileBlocks) : FIVE);
}
