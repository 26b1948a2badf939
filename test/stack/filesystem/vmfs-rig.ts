import { ATS, READ, WRITE, ZERO } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import type { DatastorePlan } from '../../../src/engine/plan/plan.js';
import type { FileHandle } from '../../../src/engine/stack/files.js';
import { DATASTORE_FIELDS } from '../../../src/engine/stack/filesystem/datastore.js';
import { FileNumbers } from '../../../src/engine/stack/filesystem/file.js';
import { FileSystemSwitch } from '../../../src/engine/stack/filesystem/file-system-switch.js';
import { layoutOf } from '../../../src/engine/stack/filesystem/vmfs/layout.js';
import { VmfsMount } from '../../../src/engine/stack/filesystem/vmfs/mount.js';
import type { VmfsMountOptions } from '../../../src/engine/stack/filesystem/vmfs/options.js';
import { VmfsVolume } from '../../../src/engine/stack/filesystem/vmfs/volume.js';
import { TestDevice, TestGuest } from '../rig.js';

export const MB = 1_048_576;
export const GB = 1024 * MB;
/** Blocks of 512 bytes in a file block of 1 MiB. */
export const FB = 2048;

export function planOf(name: string, type: 'vmfs' | 'nfs', capacityBytes: number): DatastorePlan {
  const server = type === 'nfs' ? 'filer1' : '';
  return { name, type, capacityBytes, extents: [], server, hosts: [], usedBytes: 0 };
}

/** One host's way to a volume: guest, switch, mount; the device stands for everything below. */
export interface Host {
  readonly guest: TestGuest;
  readonly fss: FileSystemSwitch;
  readonly mount: VmfsMount;
}

export class Rig {
  readonly sim: Sim;
  readonly device: TestDevice;
  readonly volume: VmfsVolume;

  /** @param dataMb file blocks left for files */
  constructor(
    dataMb: number,
    { rows = 512, usedBytes = 0, plan: more = {} as Partial<DatastorePlan> } = {},
  ) {
    this.sim = new Sim(1, rows);
    this.device = new TestDevice(this.sim);
    // The size of the metadata depends a little on the size of the volume.
    const metadata = (mb: number): number => layoutOf(more.version, mb).metadataFileBlocks(mb);
    let mb = dataMb + metadata(dataMb);
    while (mb - metadata(mb) < dataMb) mb++;
    const plan = { ...planOf('ds1', 'vmfs', mb * MB), usedBytes, ...more };
    this.volume = new VmfsVolume(this.sim, plan, new FileNumbers(), mb * FB);
  }

  host(name = 'esx1', options: Partial<VmfsMountOptions> = {}): Host {
    const { sim, device } = this;
    const offload = {
      get locking() {
        return !device.refused.has(ATS);
      },
      get init() {
        return !device.refused.has(ZERO);
      },
    };
    const mount = new VmfsMount(sim, { host: name, offload, ...options }, this.volume, device);
    const fss = new FileSystemSwitch(sim, { host: name });
    const guest = new TestGuest(sim, `${name} guest`);
    guest.lower = fss;
    return { guest, fss, mount };
  }

  /** Opens a file and lets its lock be taken; what the device saw of that is forgotten. */
  open({ fss, mount, guest }: Host, file: FileHandle): void {
    fss.open(file, mount, guest.traffic);
    this.run(1);
    this.device.drain();
  }

  run(ms: number): void {
    this.sim.runUntil(this.sim.now + ms * 1e6);
  }

  /** A field of the datastore as a sample shows it. */
  field(name: (typeof DATASTORE_FIELDS)[number]): number {
    this.sim.meters.sample();
    return this.volume.values[DATASTORE_FIELDS.indexOf(name)];
  }

  logged(kind: string): number {
    return this.sim.log.entries.filter((entry) => entry.kind === kind).length;
  }
}

export { READ, WRITE };
