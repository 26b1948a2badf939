import { InputError } from '../../core/errors.js';
import { encodeUtf8, MIB, putU32, putU64 } from './bytes.js';
import { clearRange } from './clear.js';
import { Cluster, FREE, IN_USE, isCutUp, SPLIT } from './cluster.js';
import { Core } from './core.js';
import {
  descriptorAt,
  systemFilesOf,
  writeDescriptors,
  writeDirectories,
  writeKeys,
} from './format-files.js';
import { type Generation, HEARTBEATS_AT, SUPERBLOCK_AT, VMFS3 } from './generation.js';
import { type Geometry, type PlannedFile, planGeometry } from './geometry.js';
import { HEARTBEAT_CLEAR, heartbeatAddress } from './heartbeat.js';
import {
  LOCK_DESCRIPTORS,
  LOCK_FILE_BLOCKS,
  LOCK_LARGE_BLOCKS,
  LOCK_POINTER_BLOCKS,
  LOCK_SECONDARY,
  LOCK_SUB_BLOCKS,
} from './lock.js';
import type { LogicalVolume } from './logical-volume.js';
import { formatLvm } from './lvm-format.js';
import type { BlockMedium } from './medium.js';
import { SYSTEM_FILES, type SystemFile } from './open-resources.js';
import {
  clusterCount,
  encodeResourceHeader,
  headerOffset,
  type ResourceLayout,
} from './resource-header.js';
import { encodeSuperblock, LABEL_BYTES } from './superblock.js';
import { makeUuid, type Uuid } from './uuid.js';

export interface FormatOptions {
  readonly generation: Generation;
  readonly label: string;
  /** 1 MiB; VMFS 3 also 2, 4 and 8 MiB. */
  readonly blockBytes?: number;
  /** Unix seconds. */
  readonly seconds: number;
  /** Random words of 32 bits for the new UUIDs. */
  readonly random: () => number;
  readonly host: Uuid;
  /** Told how far it is, 0 to 1. */
  readonly progress?: (part: number) => void;
}

/**
 * Makes an empty VMFS volume of media, in their order. What they held is lost.
 * @throws InputError where sizes, label or block size do not go together
 */
export function formatVolume(media: readonly BlockMedium[], options: FormatOptions): void {
  const { generation, seconds, random } = options;
  const blockBytes = options.blockBytes ?? MIB;
  const allowed = generation === VMFS3 ? [1, 2, 4, 8] : [1];
  if (!allowed.some((mib) => mib * MIB === blockBytes)) {
    throw InputError.of(
      '',
      `${generation.name} has file blocks of ${allowed.join(', ')} MiB, found ${blockBytes} bytes`,
    );
  }
  if (encodeUtf8(options.label).length >= LABEL_BYTES) {
    throw InputError.of('', `a label of more than ${LABEL_BYTES - 1} bytes`);
  }
  const uuid = (): Uuid => makeUuid(seconds, [random(), random(), random()]);
  const volume = formatLvm(media, {
    major: generation.lvmMajor,
    uuid: uuid(),
    seconds,
    deviceUuids: media.map(uuid),
    diskIds: media.map(({ identity }) => identity),
  });
  const geometry = planGeometry(generation, blockBytes, volume.bytes);
  clearRange(volumeMedium(volume), 0, geometry.headerBlocks * blockBytes);
  writeHeartbeats(volume, generation);
  geometry.files.forEach((file, index) => {
    writeResourceFile(volume, geometry, file);
    options.progress?.((index + 1) / geometry.files.length);
  });
  writeDescriptors(volume, geometry, seconds);
  const at = (item: number): number => descriptorAt(geometry, item);
  const bytes = encodeSuperblock({
    generation,
    uuid: uuid(),
    lvmUuid: volume.record.uuid,
    hostUuid: options.host,
    label: options.label,
    blockBytes,
    createdAt: seconds,
    clusterGroupAt: geometry.files[0].layout.groupAt,
    clustersPerGroup: geometry.files[0].layout.clustersPerGroup,
    secondaryAt: at(SYSTEM_FILES.indexOf('.pb2.sf') + 1),
    hiddenAt: at(SYSTEM_FILES.indexOf('.sdd.sf') + 1),
  });
  volume.write(SUPERBLOCK_AT, bytes);
  const core = new Core(volume, seconds);
  writeDirectories(core);
  writeKeys(core);
  volume.flush();
}

/** A volume by blocks, as a medium is. */
function volumeMedium(volume: LogicalVolume): Parameters<typeof clearRange>[0] {
  return {
    read: (lba, blocks, into) => volume.read(lba * 512, into.subarray(0, blocks * 512)),
    write: (lba, blocks, from) => volume.write(lba * 512, from.subarray(0, blocks * 512)),
  };
}

function writeHeartbeats(volume: LogicalVolume, generation: Generation): void {
  const unit = generation.unitBytes;
  const region = new Uint8Array(generation.heartbeats * unit);
  for (let slot = 0; slot < generation.heartbeats; slot++) {
    const bytes = region.subarray(slot * unit, (slot + 1) * unit);
    putU32(bytes, 0, HEARTBEAT_CLEAR);
    putU64(bytes, 4, heartbeatAddress(generation, slot));
  }
  volume.write(HEARTBEATS_AT, region);
}

const LOCKS: Readonly<Record<string, number>> = {
  '.fbb.sf': LOCK_FILE_BLOCKS,
  '.fdc.sf': LOCK_DESCRIPTORS,
  '.pbc.sf': LOCK_POINTER_BLOCKS,
  '.sbc.sf': LOCK_SUB_BLOCKS,
  '.pb2.sf': LOCK_SECONDARY,
};

/** Header and cluster headers; resources that a reader might take for live ones are zeroed. */
function writeResourceFile(volume: LogicalVolume, geometry: Geometry, file: PlannedFile): void {
  const { generation, blockBytes } = geometry;
  const { layout, child } = file;
  const start = file.firstBlock * blockBytes;
  if (file.name === '.fdc.sf') clearRange(volumeMedium(volume), start, file.blocks * blockBytes);
  else clearRange(volumeMedium(volume), start, layout.groupAt);
  volume.write(start, encodeResourceHeader(layout, generation));
  if (child !== undefined) {
    volume.write(start + layout.childAt, encodeResourceHeader(child, generation));
    const cutUp = (large: number): number =>
      isCutUp(large, geometry.usedBlocks, geometry.totalBlocks) ? SPLIT : FREE;
    writeClusters(volume, geometry, start, layout, LOCK_LARGE_BLOCKS, cutUp);
    writeClusters(volume, geometry, start, child, LOCK_FILE_BLOCKS, usedBelow(geometry.usedBlocks));
    return;
  }
  const inUse = usedBelow(usedOf(geometry, file.name));
  writeClusters(volume, geometry, start, layout, LOCKS[file.name] ?? 0, inUse);
}

/** How many of its resources a new volume uses itself. */
function usedOf(geometry: Geometry, name: SystemFile): number {
  switch (name) {
    case '.fbb.sf':
      return geometry.usedBlocks;
    case '.fdc.sf':
      return systemFilesOf(geometry.generation).length + 1;
    case '.pb2.sf':
      return geometry.files.filter(({ mapped }) => mapped).length;
    default:
      return 0;
  }
}

type StateOf = (index: number) => number | undefined;

function usedBelow(count: number): StateOf {
  return (index) => (index < count ? IN_USE : undefined);
}

/** @param stateOf state of a resource by its number from 0; undefined: this and all later ones are free */
function writeClusters(
  volume: LogicalVolume,
  geometry: Geometry,
  start: number,
  layout: ResourceLayout,
  lock: number,
  stateOf: StateOf,
): void {
  const { generation } = geometry;
  const { perCluster, total, bitsPerResource } = layout;
  const count = clusterCount(layout);
  const perWrite = layout.parent === undefined ? layout.clustersPerGroup : 1;
  const headerBytes = 2 * generation.unitBytes;
  for (let first = 0; first < count; first += perWrite) {
    const at = start + headerOffset(layout, generation, first);
    const chunk = new Uint8Array(perWrite * headerBytes);
    for (let cluster = first; cluster < Math.min(count, first + perWrite); cluster++) {
      const size = Math.min(perCluster, total - cluster * perCluster);
      const address = at + (cluster - first) * headerBytes;
      const header = Cluster.fresh(generation, lock, address, cluster, size, bitsPerResource);
      let free = size;
      for (let item = 0; item < size; item++) {
        const state = stateOf(cluster * perCluster + item);
        if (state === undefined) break;
        header.setState(item, state);
        if (state !== FREE) free--;
      }
      if (free < size) header.count(free);
      chunk.set(header.bytes, (cluster - first) * headerBytes);
    }
    volume.write(at, chunk);
  }
}
