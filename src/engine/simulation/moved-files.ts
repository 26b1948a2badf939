import type { Sim } from '../core/sim.js';
import type { MoverStore } from '../operations/store.js';
import type { FileHandle } from '../stack/files.js';
import type { DiskChain, MovedLink } from '../stack/vmfiles/chain/disk-chain.js';
import type { Link } from '../stack/vmfiles/chain/link.js';
import type { Home } from '../stack/vmfiles/home.js';
import type { DiskKind, VirtualDisk } from '../stack/vmfiles/virtual-disk.js';
import type { LinkFiles, NewPlace } from './snapshots/machine-texts.js';

/** Pause between two looks whether a file is at rest (model). */
const LOOK_NS = 1_000_000;
/** Bytes of a descriptor: that of a home's disks. */
const DESCRIPTOR_BYTES = 600;

/** A file of a disk that is being moved, and what becomes of it. */
export interface MovedFile {
  /** Undefined for a disk that never had a snapshot. */
  readonly link: Link | undefined;
  readonly from: FileHandle;
  made: FileHandle | undefined;
}

export interface MovedFilesParts {
  readonly backing: VirtualDisk;
  readonly chain: DiskChain | undefined;
  readonly home: Home;
  readonly source: MoverStore;
  readonly target: MoverStore;
}

/**
 * The files of a disk that goes elsewhere: base, deltas of all branches, descriptors, change map. The
 * new ones have the names of the old, or a number behind them where those are taken; either all new
 * files go in the end, or all old ones.
 */
export class MovedFiles {
  /** Base first, what the guest writes to last. */
  readonly files: readonly MovedFile[];
  private readonly stem: string;
  private readonly oldStem: string;
  /** Descriptors, and the change map. */
  private readonly small: FileHandle[] = [];
  private readonly descriptors = new Map<MovedFile, FileHandle>();

  constructor(
    private readonly sim: Sim,
    private readonly parts: MovedFilesParts,
  ) {
    const { backing, chain } = parts;
    const moved = (from: FileHandle, link: Link | undefined): MovedFile => ({
      link,
      from,
      made: undefined,
    });
    const links = chain?.links.filter((link) => link !== chain.leaf) ?? [];
    this.files =
      chain === undefined
        ? [moved(backing.file, undefined)]
        : [...links, chain.leaf].map((link) => moved(link.file, link));
    this.oldStem = stemOf(backing.file);
    this.stem = this.freeName();
  }

  /** @throws InputError when there is no space for it */
  make(file: MovedFile, kind: DiskKind): FileHandle {
    const { source, target, home } = this.parts;
    const { datastore } = target;
    const { from, link } = file;
    const format = link?.delta?.format;
    const name =
      format === undefined ? this.stem : `${this.stem}-${/\d{6}(?=\.vmdk$)/.exec(link!.name)?.[0]}`;
    this.descriptors.set(file, this.addSmall('diskDescriptor', `${name}.vmdk`, DESCRIPTOR_BYTES));
    const { tracker } = this.parts.backing;
    if (format === undefined && tracker !== undefined) {
      this.addSmall('changeTracking', `${name}-ctk.vmdk`, tracker.fileBytes);
    }
    const path = `${name}-${format?.suffix ?? 'flat'}.vmdk`;
    const policy = format === undefined ? kind : 'thin';
    const made = datastore.createCopy(path, from.sizeBlocks * 512, policy, (block) =>
      source.datastore.holds(from, block),
    );
    datastore.setPolicy(made, policy === 'eagerThick' ? 'lazyThick' : policy);
    home.adopt(format === undefined ? 'diskExtent' : 'diskDelta', made, datastore.name);
    file.made = made;
    return made;
  }

  /** Each link with its new files, once all have been made. */
  linksOf({ base }: DiskChain): ReadonlyMap<Link, MovedLink> {
    const links = new Map<Link, MovedLink>();
    for (const moved of this.files) {
      const descriptor = this.descriptors.get(moved) as FileHandle;
      links.set(moved.link ?? base, { file: moved.made as FileHandle, descriptor });
    }
    return links;
  }

  /** Where all files are to be, once all have been made. */
  placeOf(chain: DiskChain | undefined, kind: DiskKind): NewPlace {
    const files = new Map<Link | undefined, LinkFiles>();
    const map = this.small.find(({ path }) => path === `${this.stem}-ctk.vmdk`);
    for (const [at, moved] of this.files.entries()) {
      const descriptor = this.descriptors.get(moved) as FileHandle;
      const extent = (moved.made as FileHandle).path;
      const changeMap = at === 0 ? map?.path : undefined;
      files.set(moved.link ?? chain?.base, {
        name: descriptor.path,
        descriptor,
        extent,
        changeMap,
      });
    }
    return { files, kind, changeMap: map };
  }

  /** Everything that has been made. */
  get made(): readonly FileHandle[] {
    return [...this.small, ...this.files.flatMap(({ made }) => made ?? [])];
  }

  /** The old files go; before the chain is told of the new ones this remembers which they are. */
  retirer(): () => void {
    const { home, source } = this.parts;
    const names = this.files.map(({ link }) => link?.name ?? `${this.oldStem}.vmdk`);
    names.push(`${this.oldStem}-ctk.vmdk`);
    const small = home.files.filter(({ handle }) => names.includes(handle.path));
    return () => {
      for (const { handle } of small) home.removeFile(handle);
      for (const { from } of this.files) this.removeAtRest(source, from, () => true);
    };
  }

  /** What has been made so far goes. @param isIdle no write is on its way to it */
  discard(isIdle: () => boolean): void {
    for (const handle of this.small) this.parts.home.removeFile(handle);
    for (const { made } of this.files) {
      if (made !== undefined) this.removeAtRest(this.parts.target, made, isIdle);
    }
  }

  private addSmall(role: 'diskDescriptor' | 'changeTracking', path: string, bytes: number) {
    const { home, target } = this.parts;
    const file = path.slice(path.lastIndexOf('/') + 1);
    const made = home.addFile(role, file, bytes, 'small', target.datastore.name);
    this.small.push(made);
    return made;
  }

  /** `[two] web1/web1`, with a number behind it where that is taken. */
  private freeName(): string {
    const { target, home } = this.parts;
    const { oldStem } = this;
    const stem = `[${target.datastore.name}] ${oldStem.slice(oldStem.indexOf('] ') + 2)}`;
    let name = stem;
    for (let number = 1; home.has(`${name}.vmdk`); number++) name = `${stem}_${number}`;
    return name;
  }

  /** Deletes a file once no write is on its way to it. */
  private removeAtRest(store: MoverStore, file: FileHandle, isIdle: () => boolean): void {
    if (!isIdle() || store.datastore.isChanging(file)) {
      this.sim.timers.delay(LOOK_NS, () => this.removeAtRest(store, file, isIdle));
      return;
    }
    this.parts.home.removeFile(file);
  }
}

/** `[one] web1/web1` of `[one] web1/web1-flat.vmdk`. */
export function stemOf({ path }: FileHandle): string {
  return path.replace(/-flat\.vmdk$/, '');
}
