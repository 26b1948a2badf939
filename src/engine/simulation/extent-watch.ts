import { BLOCK_BYTES } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import { formatSize } from '../core/units.js';
import { EXTENTS_MAX } from '../stack/block/lvm-volume.js';
import type { VolumeLayout } from '../stack/block/volume-layout.js';
import { HEARTBEAT_NS } from '../stack/filesystem/vmfs/heartbeat.js';
import type { VmfsMount } from '../stack/filesystem/vmfs/mount.js';
import {
  DEVICE_APD_TIMEOUT,
  DEVICE_OFF,
  DEVICE_PDL,
  DEVICE_REMOVED,
} from '../stack/storage-apis/psa/availability.js';
import type { BuiltDevice } from './build-hosts.js';

/** States of a device in which the host takes an extent on it for missing, in words. */
const MISSING = new Map([
  [DEVICE_APD_TIMEOUT, 'all paths down'],
  [DEVICE_PDL, 'permanent device loss'],
  [DEVICE_OFF, 'detached'],
  [DEVICE_REMOVED, 'removed'],
]);

/** What an extent that is missing adds to the gauge `missing`, by its position. */
const BIT = [1];
while (BIT.length < EXTENTS_MAX) BIT.push(2 * (BIT.at(-1) as number));

export interface ExtentWatchOptions {
  readonly host: string;
  readonly datastore: string;
  readonly layout: VolumeLayout;
  readonly deviceOf: (uid: string) => BuiltDevice;
}

/**
 * Which extents of a volume a host has lost. Without another one than the head the volume stays mounted,
 * and what lies on the missing one fails; without the head, which holds the file system's descriptor and
 * heartbeats, it cannot be mounted, and goes once nothing is open on it (vmfs-ondisk reference, section
 * 3.5, from memory). A host mounts it again by itself when the head is back (stack-upper, section 3).
 */
export class ExtentWatch {
  private readonly known: string[] = [];
  private readonly missing = new Set<string>();
  /** Let go because its head was missing. */
  private dropped = false;
  /** It looks again whether files are still open. */
  private waiting = false;

  constructor(
    private readonly sim: Sim,
    private readonly options: ExtentWatchOptions,
    private readonly mount: VmfsMount,
  ) {
    const { layout } = options;
    for (const uid of layout.devices) this.watch(uid);
    layout.onAdded(({ uid }) => this.watch(uid));
  }

  /** What keeps the host from using the volume at all; nothing when it may. */
  get refusal(): string | undefined {
    const head = this.known[0] as string;
    if (!this.missing.has(head)) return undefined;
    return `its head extent ${head} is missing: ${this.stateOf(head)}`;
  }

  /** What keeps the host from changing the volume: any extent that is missing. */
  get incomplete(): string | undefined {
    const [first] = this.missing;
    if (first === undefined) return undefined;
    return `extent ${this.known.indexOf(first) + 1}, ${first}, is missing: ${this.stateOf(first)}`;
  }

  /** The host has booted, or an extent has gone or come back: without the head it has nothing to mount. */
  review(why: string): void {
    const { mount, dropped } = this;
    const { host, datastore } = this.options;
    const { refusal } = this;
    // It looks at its volumes when it boots.
    if (mount.metadata.isDead) return;
    if (refusal !== undefined && mount.mounted && mount.openFiles > 0) {
      this.wait();
    } else if (refusal !== undefined && mount.mounted) {
      mount.unmount();
      this.dropped = true;
      this.sim.log.note('datastore.unmounted', datastore, `${host}: ${refusal}`, why);
    } else if (refusal === undefined && dropped) {
      mount.remount();
      this.dropped = false;
      this.sim.log.note('datastore.mounted', datastore, `${host} has mounted it`, why);
    }
  }

  /** Until nothing is open on it any more; as often as its heartbeat would be written (model). */
  private wait(): void {
    if (this.waiting) return;
    this.waiting = true;
    this.sim.timers.delay(HEARTBEAT_NS, () => {
      this.waiting = false;
      this.review('nothing is open on it any more');
    });
  }

  private watch(uid: string): void {
    if (this.known.includes(uid)) return;
    this.known.push(uid);
    this.mount.state.set('extents', this.known.length);
    this.options.deviceOf(uid).psa.availability.onChange(() => this.changed(uid));
    // Another host may have added a device this one has lost.
    this.changed(uid);
  }

  private changed(uid: string): void {
    const { missing, known, mount } = this;
    const isMissing = MISSING.has(this.options.deviceOf(uid).psa.state);
    if (isMissing === missing.has(uid)) return;
    if (isMissing) missing.add(uid);
    else missing.delete(uid);
    let mask = 0;
    for (const lost of missing) mask += BIT[known.indexOf(lost)] as number;
    mount.state.set('missing', mask);
    this.note(uid, isMissing);
    this.review(isMissing ? 'its head extent is missing' : 'its head extent is back');
  }

  private note(uid: string, isMissing: boolean): void {
    const { host, datastore, layout } = this.options;
    const number = this.known.indexOf(uid) + 1;
    const extent = `${host}: extent ${number} of ${this.known.length}, ${uid}`;
    const { log } = this.sim;
    if (!isMissing) {
      log.note('volume.extent.back', datastore, extent, 'the device is back');
      return;
    }
    const lost = formatSize(layout.blocksOn(uid) * BLOCK_BYTES);
    const effect = number === 1 ? 'the head: no volume without it' : `${lost} of it fail`;
    log.note('volume.extent.missing', datastore, `${extent}; ${effect}`, this.stateOf(uid));
  }

  private stateOf(uid: string): string {
    return MISSING.get(this.options.deviceOf(uid).psa.state) ?? 'no answer';
  }
}
