import type { Sim } from '../../../core/sim.js';
import { SENSE_MISCOMPARE } from '../../../core/status.js';
import type { VmfsFile } from './file.js';
import type { MetadataClient, MetadataIo } from './metadata-io.js';
import { RETRY_NS, refused } from './retry.js';
import type { VmfsVolume } from './volume.js';

/**
 * The on-disk locks of the files a host has open: each is taken and given up by setting the lock
 * block of the file's descriptor. I/O does not wait for it.
 */
export class FileLocks implements MetadataClient {
  constructor(
    private readonly sim: Sim,
    private readonly metadata: MetadataIo,
    private readonly volume: VmfsVolume,
    private readonly slot: number,
  ) {}

  /** Takes or gives up the lock, as soon as the simulation runs. */
  change(file: VmfsFile): void {
    this.sim.timers.delay(0, () => this.set(file.descriptor));
  }

  metadataDone(descriptor: number, status: number, sense: number): void {
    if (status === 0 || (refused(status) && sense !== SENSE_MISCOMPARE)) return;
    this.sim.timers.delay(RETRY_NS, () => this.set(descriptor));
  }

  private set(descriptor: number): void {
    const { volume } = this;
    const bytes = volume.lockBytes(descriptor, this.slot);
    this.metadata.testAndSet(volume.lockAddress(descriptor), this, descriptor, bytes);
  }
}
