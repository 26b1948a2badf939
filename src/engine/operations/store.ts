import type { Layer } from '../core/layer.js';
import type { Datastore } from '../stack/filesystem/datastore.js';
import type { Mount } from '../stack/filesystem/mount.js';
import type { NfsVolume } from '../stack/filesystem/nfs/volume.js';
import type { VmfsVolume } from '../stack/filesystem/vmfs/volume.js';
import type { Vaai } from '../stack/storage-apis/vaai/vaai.js';

/** A device as the target of offloaded commands. */
export interface OffloadDevice {
  /** What an EXTENDED COPY names it by: the number of its layer in the array. */
  readonly unit: number;
  readonly array: string;
  readonly vaai: Vaai;
}

/** A part of a volume that lies on one device, in file blocks. */
export interface OffloadExtent {
  readonly first: number;
  readonly end: number;
  /** What to add to an address of the volume to get one of the device, in blocks of 512 bytes. */
  readonly shift: number;
  readonly device: OffloadDevice;
}

/** A datastore as the data mover of one host reaches it. */
export interface MoverStore {
  readonly datastore: Datastore;
  /** Takes rows addressed by file. */
  readonly mount: Mount;
  readonly vmfs?: {
    readonly datastore: VmfsVolume;
    /** Takes rows addressed in the volume. */
    readonly volume: Layer;
    readonly extents: readonly OffloadExtent[];
  };
  readonly nfs?: {
    readonly datastore: NfsVolume;
    readonly server: string;
    /** The vendor's plug-in is installed: the server clones files by itself. */
    readonly plugin: boolean;
  };
}

/** The extent a file block of the volume lies in. */
export function extentOf(extents: readonly OffloadExtent[], block: number): OffloadExtent {
  return extents.find(({ end }) => block < end) as OffloadExtent;
}
