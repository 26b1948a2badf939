import type { Sim } from '../core/sim.js';
import { Lun } from '../devices/array/lun.js';
import type { Media } from '../devices/media.js';
import type { NfsServer } from '../devices/nfs-server.js';
import { extentOf, type MoverStore } from '../operations/store.js';
import type { FileHandle } from '../stack/files.js';
import type { VmfsFile } from '../stack/filesystem/vmfs/file.js';

/** File block of 1 MiB and the 4 KiB a stamp is for, in 512-byte blocks. */
const FILE_BLOCK = 2048;
const STAMPED = 8;

/**
 * Looks at what lies on the devices, past the stack: whether a clone holds what its source held when
 * the clone began. Only in runs that verify data.
 */
export class CloneAudit {
  /** Clones that differ, in words. */
  readonly problems: string[] = [];

  constructor(
    private readonly sim: Sim,
    private readonly servers: ReadonlyMap<string, NfsServer>,
  ) {}

  /** The stamps of a file, 0 in holes; nothing in runs that do not verify. */
  contentOf(store: MoverStore, file: FileHandle): Float64Array | undefined {
    if (this.sim.arena === undefined) return undefined;
    const stamps = new Float64Array(Math.ceil(file.sizeBlocks / STAMPED));
    for (let at = 0; at < stamps.length; at++) stamps[at] = this.stampOf(store, file, at * STAMPED);
    return stamps;
  }

  /** Compares a clone that is done with what its source held. */
  compare(before: Float64Array, store: MoverStore, file: FileHandle): void {
    const now = this.contentOf(store, file) as Float64Array;
    const at = now.findIndex((stamp, index) => stamp !== before[index]);
    if (at < 0) return;
    const place = `${(at * STAMPED) / 2} KiB`;
    this.problems.push(`${file.path} holds ${now[at]} at ${place}, its source held ${before[at]}`);
  }

  private stampOf(store: MoverStore, file: FileHandle, lba: number): number {
    if (store.nfs !== undefined) {
      return this.servers.get(store.nfs.server)?.mediaOfFile(file.index)?.stampAt(lba) ?? 0;
    }
    const block = (file as VmfsFile).map[Math.floor(lba / FILE_BLOCK)];
    if (block < 0) return 0;
    const { shift, device } = extentOf(store.vmfs!.extents, block);
    return this.mediaOf(device.unit)?.stampAt(shift + block * FILE_BLOCK + (lba % FILE_BLOCK)) ?? 0;
  }

  private mediaOf(unit: number): Media | undefined {
    const layer = this.sim.layers[unit];
    return layer instanceof Lun ? layer.media : undefined;
  }
}
