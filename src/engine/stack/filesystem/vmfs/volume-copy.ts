import type { Sim } from '../../../core/sim.js';
import type { DatastorePlan } from '../../../plan/plan.js';
import { FILE_BLOCK, type FileNumbers } from '../file.js';
import type { ClusterHeaders } from './cluster-headers.js';
import { HOLE, isBusy, VmfsFile } from './file.js';
import type { VmfsLayout } from './layout.js';
import type { Space } from './space.js';
import { VmfsVolume } from './volume.js';

/** A file as it was when its volume was captured: what may change of it since. */
interface CapturedFile {
  /** For what never does. */
  readonly file: VmfsFile;
  readonly path: string;
  readonly sizeBlocks: number;
  readonly policy: VmfsFile['policy'];
  readonly firstPointer: number;
  readonly pointers: number;
  readonly map: Int32Array;
}

/** A volume as it stood at an instant: what a snapshot of its LUNs, taken then, holds. */
export interface CapturedVolume {
  readonly name: string;
  readonly files: readonly CapturedFile[];
  readonly space: Space;
  readonly clusters: ClusterHeaders;
  readonly layout: VmfsLayout;
  readonly pointerCount: number;
  readonly subBlockCount: number;
}

/**
 * A block on its way to a file then is none of its: nobody had an answer for a write to it, and it stays
 * in use, as after a crash.
 */
export function captureVolume(volume: VmfsVolume): CapturedVolume {
  const { name, files, space, clusters, layout, pointerCount, subBlockCount } = volume;
  return {
    name,
    files: files.flatMap((file) => {
      if (file === undefined) return [];
      const map = file.map.map((entry) => (isBusy(entry) ? HOLE : entry));
      const { path, sizeBlocks, policy, firstPointer, pointers } = file;
      return [{ file, path, sizeBlocks, policy, firstPointer, pointers, map }];
    }),
    space: space.copy(),
    clusters: clusters.copy(),
    layout,
    pointerCount,
    subBlockCount,
  };
}

/** A copy of a volume, as a volume of its own: with the files that were on it. Nobody has them open. */
export class VolumeCopy extends VmfsVolume {
  constructor(sim: Sim, plan: DatastorePlan, numbers: FileNumbers, from: CapturedVolume) {
    const { space, clusters, files, layout } = from;
    super(sim, plan, numbers, space.size * FILE_BLOCK, space.copy(), layout);
    this.clusters = clusters.copy();
    this.pointers = from.pointerCount;
    this.subBlocks = from.subBlockCount;
    for (const { file, path, sizeBlocks, policy, firstPointer, pointers, map } of files) {
      const own = new VmfsFile(
        numbers.next(),
        path.replace(`[${from.name}]`, `[${plan.name}]`),
        sizeBlocks,
        policy,
        this.maps.take(map.length),
        file.descriptor,
        firstPointer,
        pointers,
        file.residentAt,
        file.usesSubBlock,
        file.spanShift,
      );
      for (let index = 0; index < map.length; index++) {
        const entry = map[index] as number;
        own.map[index] = entry;
        if (entry !== HOLE) own.held++;
        if (entry < HOLE) own.unzeroed++;
      }
      this.descriptors = Math.max(this.descriptors, file.descriptor + 1);
      this.descriptorsUsed++;
      this.pointersUsed += pointers;
      if (file.usesSubBlock) this.subBlocksUsed++;
      // All that is in use counts as the file system's own so far.
      this.provisioned += map.length - own.held;
      this.keep(own);
    }
  }
}
