import { DATA_BLOCKS } from '../core/data-arena.js';
import { expand } from '../core/expand.js';
import { BLOCK_BYTES } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { Lun } from '../devices/array/lun.js';
import type { Media } from '../devices/media.js';
import type { NfsServer } from '../devices/nfs-server.js';
import { extentOf, type MoverStore } from '../operations/store.js';
import type { FileHandle } from '../stack/files.js';
import type { VmfsFile } from '../stack/filesystem/vmfs/file.js';

/** File block of 1 MiB, in 512-byte blocks. */
const FILE_BLOCK = 2048;

/** What lies in a file at an address: the medium that has it, and where; blocks of 512 bytes. */
interface Place {
  readonly media: Media | undefined;
  readonly lba: number;
}

/** What files hold on the devices now, looked at past the stack: as a loss of power would leave it. */
export class FileContents {
  constructor(
    private readonly sim: Sim,
    private readonly servers: ReadonlyMap<string, NfsServer>,
  ) {}

  /** False in runs that neither verify data nor keep bytes: then nothing is known of any file. */
  get isKept(): boolean {
    return this.sim.arena !== undefined;
  }

  /** The stamp of the 4 KiB at an address of a file, 0 in holes. */
  stampAt(store: MoverStore, file: FileHandle, lba: number): number {
    const place = this.placeOf(store, file, lba);
    return place?.media?.stampAt(place.lba) ?? 0;
  }

  /**
   * Fills `into` with the bytes of a file; zeros where it has no block yet, or one still to be zeroed.
   * @param lba 512-byte block of the file
   * @param into whole blocks, none of them beyond the file's end
   */
  read(store: MoverStore, file: FileHandle, lba: number, into: Uint8Array): void {
    const blocks = into.length / BLOCK_BYTES;
    for (let done = 0; done < blocks; ) {
      const at = lba + done;
      const inside = at % DATA_BLOCKS;
      const count = Math.min(DATA_BLOCKS - inside, blocks - done);
      const part = into.subarray(done * BLOCK_BYTES, (done + count) * BLOCK_BYTES);
      const place = this.placeOf(store, file, at);
      if (place?.media === undefined) part.fill(0);
      else if (place.media.image !== undefined) place.media.image.read(place.lba, count, part);
      else {
        const stamp = place.media.stampAt(place.lba);
        const from = inside * BLOCK_BYTES;
        if (stamp === 0) part.fill(0);
        else part.set(expand(stamp).subarray(from, from + part.length));
      }
      done += count;
    }
  }

  private placeOf(store: MoverStore, file: FileHandle, lba: number): Place | undefined {
    if (store.nfs !== undefined) {
      return { media: this.servers.get(store.nfs.server)?.mediaOfFile(file.index), lba };
    }
    const block = (file as VmfsFile).map[Math.floor(lba / FILE_BLOCK)];
    if (block < 0) return undefined;
    const { shift, device } = extentOf(store.vmfs!.extents, block);
    const layer = this.sim.layers[device.unit];
    const media = layer instanceof Lun ? layer.media : undefined;
    return { media, lba: shift + block * FILE_BLOCK + (lba % FILE_BLOCK) };
  }
}
