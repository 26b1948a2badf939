import type { Sim } from '../core/sim.js';
import type { MoverStore } from '../operations/store.js';
import type { FileHandle } from '../stack/files.js';
import type { DiskChain } from '../stack/vmfiles/chain/disk-chain.js';
import type { Link } from '../stack/vmfiles/chain/link.js';
import type { Home } from '../stack/vmfiles/home.js';
import type { BuiltDisk } from './build-vms.js';
import type { DiskTexts } from './snapshots/disk-texts.js';
import type { LinkFiles, NewPlace } from './snapshots/machine-texts.js';

/** Bytes of a descriptor: that of a home's disks. */
const DESCRIPTOR_BYTES = 600;

/** Pause between two looks whether locks are given up (model). */
const LOOK_NS = 1_000_000;
/** Not waited for longer: model, that of snapshots. */
const SETTLE_NS_MAX = 30e9;

const POWERED_ON = 'the machine was powered on meanwhile';

export interface DiskRenameParts {
  readonly sim: Sim;
  readonly built: BuiltDisk;
  /** Undefined for a disk that never had a snapshot; the chain of one alone may be made meanwhile. */
  readonly chainNow: () => DiskChain | undefined;
  readonly home: Home;
  readonly store: MoverStore;
  readonly texts: DiskTexts;
  /** `[one] web1/web1`, and what that is to be. */
  readonly from: string;
  readonly to: string;
}

interface Renamed {
  /** Undefined for a disk that never had a snapshot. */
  readonly link: Link | undefined;
  readonly extent: FileHandle;
  readonly old: FileHandle;
  readonly descriptor: FileHandle;
}

/**
 * Gives the files of a disk another name while its machine is off. New descriptors are written first;
 * then each extent gets its name, and in the same instant the old descriptor says that name; then the
 * .vmx names the new descriptors, and the old ones go. At every instant the .vmx names a disk that opens.
 */
export class DiskRename {
  private readonly files: Renamed[] = [];

  /** @throws InputError when there is no space for the new descriptors */
  constructor(
    private readonly parts: DiskRenameParts,
    private readonly ended: (problem?: string) => void,
  ) {
    const { built, chainNow, from } = parts;
    const chain = chainNow();
    try {
      if (chain === undefined) this.add(undefined, `${from}.vmdk`, built.backing.file);
      else for (const link of chain.links) this.add(link, link.name, link.file);
    } catch (error) {
      this.discard();
      throw error;
    }
    const { sim } = parts;
    sim.timers.delay(0, () => this.settle(sim.now));
  }

  /** Waits until the locks of a machine that has just been powered off are given up. */
  private settle(sinceAt: number): void {
    const { sim, built, store, texts } = this.parts;
    const map = this.changeMap;
    const files = [...this.files.map(({ extent }) => extent), ...(map === undefined ? [] : [map])];
    if (built.vm.state !== 'off') this.giveUp(POWERED_ON);
    else if (!files.some((file) => store.datastore.keepsName(file))) {
      texts.describe(this.place, (problem) => {
        if (problem !== undefined) this.giveUp(problem);
        else if (built.vm.state !== 'off') this.giveUp(POWERED_ON);
        else this.swap();
      });
    } else if (sim.now - sinceAt > SETTLE_NS_MAX) this.giveUp('its files are still locked');
    else sim.timers.delay(LOOK_NS, () => this.settle(sinceAt));
  }

  private add(link: Link | undefined, name: string, extent: FileHandle): void {
    const { home, store } = this.parts;
    const old = home.ofRole('diskDescriptor').find(({ path }) => path === name) as FileHandle;
    const path = this.newPath(name);
    const file = path.slice(path.lastIndexOf('/') + 1);
    const { datastore } = store;
    const descriptor = home.addFile(
      'diskDescriptor',
      file,
      DESCRIPTOR_BYTES,
      'small',
      datastore.name,
    );
    this.files.push({ link, extent, old, descriptor });
  }

  private newPath(path: string): string {
    const { from, to } = this.parts;
    return `${to}${path.slice(from.length)}`;
  }

  private get place(): NewPlace {
    const { built, chainNow } = this.parts;
    const files = new Map<Link | undefined, LinkFiles>();
    const map = this.changeMap;
    for (const [at, { link, extent, descriptor }] of this.files.entries()) {
      files.set(link ?? chainNow()?.base, {
        name: descriptor.path,
        descriptor,
        extent: this.newPath(extent.path),
        changeMap: at === 0 && map !== undefined ? this.newPath(map.path) : undefined,
      });
    }
    return { files, kind: built.backing.kind };
  }

  private get changeMap(): FileHandle | undefined {
    const { home, from } = this.parts;
    return home.ofRole('changeTracking').find(({ path }) => path === `${from}-ctk.vmdk`);
  }

  /** Base first: what a descriptor says of its parent is so by then. */
  private swap(): void {
    const { home, store, texts, chainNow, built } = this.parts;
    const { place } = this;
    const chain = chainNow();
    const release = texts.hold();
    const map = this.changeMap;
    let left = this.files.length;
    for (const [at, { link, extent, old }] of this.files.entries()) {
      const moved = at === 0 && map !== undefined ? [extent, map] : [extent];
      const content = texts.contentFor(place, link ?? chain?.base, old);
      const moves = moved.map((file) => ({ file, path: this.newPath(file.path) }));
      const teller = content && { file: old, content };
      home.renamed(moved, () => {
        store.datastore.renameNamed(moves, teller, () => {
          if (--left > 0) return;
          release();
          this.retire();
        });
      });
    }
    if (chain !== undefined) {
      const links = this.files.map(
        ({ link, extent: file, descriptor }) => [link ?? chain.base, { file, descriptor }] as const,
      );
      chain.moved(new Map(links), store.datastore);
    }
    built.backing.changed();
  }

  private retire(): void {
    const { texts, home } = this.parts;
    texts.restate((refused) => {
      // The .vmx may still name the old descriptors: they stay.
      if (refused === undefined) for (const { old } of this.files) home.removeFile(old);
      this.ended();
    });
  }

  private discard(): void {
    for (const { descriptor } of this.files) this.parts.home.removeFile(descriptor);
  }

  private giveUp(problem: string): void {
    this.discard();
    this.ended(problem);
  }
}
