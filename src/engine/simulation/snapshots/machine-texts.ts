import { assert } from '../../core/assert.js';
import { InputError } from '../../core/errors.js';
import { BLOCK_BYTES } from '../../core/io.js';
import { encodeChangeMap } from '../../formats/vmdk/change-map.js';
import { alignUp } from '../../formats/vmfs/bytes.js';
import type { FilePart } from '../../operations/file-job.js';
import type { DiskPlan, VmPlan } from '../../plan/plan.js';
import type { FileHandle } from '../../stack/files.js';
import type { DiskChain } from '../../stack/vmfiles/chain/disk-chain.js';
import type { Link } from '../../stack/vmfiles/chain/link.js';
import type { FrozenChanges } from '../../stack/vmfiles/change-tracker.js';
import type { Home } from '../../stack/vmfiles/home.js';
import type { DiskKind, VirtualDisk } from '../../stack/vmfiles/virtual-disk.js';
import { filled, type HomeText } from '../export/home-text.js';
import type { VmSnapshot } from './snapshot.js';

/** A snapshot list, of a few snapshots: model. */
const LIST_BYTES = 4096;

/** How a base's extent is called after its descriptor. */
export const BASE_ENDING = /-(?:flat|rdmp?)\.vmdk$/;

/** What a link is named by. */
type Named = Pick<Link, 'name'>;

/** The files of a link where it lies, or is to lie. */
export interface LinkFiles extends Named {
  readonly descriptor: FileHandle;
  /** Path of the extent. */
  readonly extent: string;
  /** Path of the change map of a base whose changes are tracked. */
  readonly changeMap: string | undefined;
}

/** Where the files of a disk are to be, by link; of one that never had a snapshot by `undefined`. */
export interface NewPlace {
  readonly files: ReadonlyMap<Link | undefined, LinkFiles>;
  /** Of the base. */
  readonly kind: DiskKind;
  /** A new change map, which says nothing yet. */
  readonly changeMap?: FileHandle | undefined;
}

export interface MachineTextsOptions {
  readonly plan: VmPlan;
  readonly home: Home;
  readonly text: HomeText;
  readonly chainOf: (disk: number) => DiskChain;
  /** The same of disks that have, or had, snapshots. */
  readonly knownChain: (disk: number) => DiskChain | undefined;
  readonly needsConsolidation: () => boolean;
  /** What the list says now. */
  readonly listed: () => {
    readonly snapshots: readonly VmSnapshot[];
    readonly current: VmSnapshot | undefined;
  };
}

/**
 * The text files of a machine as its snapshots change them: which files, and where bytes are kept what
 * they are to say. Each is asked for before what it says is so in the engine: who writes first and acts
 * then can lose power in between.
 */
export class MachineTexts {
  /** Blocks of the list that were ever written. */
  private listed = 0;

  constructor(private readonly options: MachineTextsOptions) {}

  /** The .vmx (or .vmtx) when these links are the leaves of their disks, by number of the disk. */
  configuration(leaves: ReadonlyMap<number, Named>): FilePart {
    const { text } = this.options;
    const leafOf = (disk: DiskPlan): string => leaves.get(disk.index)?.name ?? text.leafOf(disk);
    return this.part(this.handleOf('config'), () => text.configuration(leafOf));
  }

  /**
   * The .vmsd with these snapshots.
   * @param stands the link that is to hold what a snapshot froze in another
   * @throws InputError when they do not fit into it
   */
  list(
    snapshots: readonly VmSnapshot[],
    current: VmSnapshot | undefined,
    stands: (link: Link) => Named = (link) => link,
  ): FilePart {
    const { plan, text, needsConsolidation } = this.options;
    const handle = this.handleOf('snapshotList');
    if (!text.keeps(plan.home)) return wholeOf(handle);
    const infos = snapshots.map((one) => ({ ...one, parent: one.parent?.name }));
    const frozen = snapshots.map(({ disks }) =>
      plan.disks.map(({ index }) => {
        const link = disks.get(index);
        return link && stands(link).name;
      }),
    );
    const bytes = text.list(infos, current?.uid ?? 0, frozen, needsConsolidation());
    const blocks = alignUp(bytes.length, BLOCK_BYTES) / BLOCK_BYTES;
    if (blocks > handle.sizeBlocks) {
      throw InputError.of(handle.path, 'has no room for another snapshot', 'delete snapshots');
    }
    this.listed = Math.max(this.listed, blocks);
    return { handle, blocks: this.listed, content: filled(bytes, this.listed * BLOCK_BYTES) };
  }

  /** @throws InputError when the .vmsd has no room for one more */
  requireRoom(snapshots: readonly VmSnapshot[], name: string, uid: number): void {
    const { plan, chainOf } = this.options;
    const disks = new Map(plan.disks.map(({ index }) => [index, chainOf(index).leaf]));
    const state = { createdAt: 0, quiesced: false, withMemory: false, files: [] };
    // Room also for digits that are not known yet.
    const longer = name.padEnd(name.length + 32);
    const one = {
      name: longer,
      uid,
      parent: snapshots.at(-1),
      disks,
      changes: new Map(),
      ...state,
    };
    this.list([...snapshots, one], one);
  }

  /** The .vmsd without some snapshots; what came from one of them comes from what that came from. */
  listWithout(
    gone: readonly VmSnapshot[],
    snapshots: readonly VmSnapshot[],
    current: VmSnapshot | undefined,
  ): FilePart {
    const kept = (one: VmSnapshot | undefined): VmSnapshot | undefined =>
      one !== undefined && gone.includes(one) ? kept(one.parent) : one;
    const left = snapshots.filter((snapshot) => !gone.includes(snapshot));
    const listed = left.map((snapshot) => ({ ...snapshot, parent: kept(snapshot.parent) }));
    return this.list(listed, kept(current));
  }

  /** The change map of a disk as a snapshot keeps it; none where no bytes are kept. */
  changes(disk: number, changes: FrozenChanges): FilePart[] {
    return this.changeMap(this.options.chainOf(disk).backing, changes);
  }

  private changeMap({ file }: VirtualDisk, changes: FrozenChanges): FilePart[] {
    const handle = this.changeMapOf(file);
    return handle === undefined ? [] : this.mapIn(handle, changes);
  }

  private mapIn(handle: FileHandle, { changeId, epochs }: FrozenChanges): FilePart[] {
    if (!this.options.text.keeps(datastoreOf(handle))) return [];
    const content = encodeChangeMap(changeId.split('/')[0], epochs);
    return [{ handle, blocks: content.length / BLOCK_BYTES, content }];
  }

  /** What says where a disk lies and what its files are called. */
  place(disk: number, backing: VirtualDisk): FilePart[] {
    const { file, kind, tracker } = backing;
    const chain = this.options.knownChain(disk);
    const changes = tracker === undefined ? [] : this.changeMap(backing, tracker.changes);
    const descriptors =
      chain !== undefined
        ? this.descriptors(disk, chain.links)
        : this.baseAlone(disk, file, kind, this.filesOfBase(backing));
    return [...descriptors, ...changes, this.configuration(new Map()), ...this.listNow()];
  }

  /** What the files of a disk say of themselves once they are in another place. */
  moved(disk: number, { file, tracker }: VirtualDisk, place: NewPlace): FilePart[] {
    const chain = this.options.knownChain(disk);
    const base = place.files.get(chain?.base);
    if (base === undefined) return [];
    const descriptors =
      chain === undefined
        ? this.baseAlone(disk, file, place.kind, base)
        : this.descriptors(disk, chain.links, undefined, place);
    if (tracker === undefined || place.changeMap === undefined) return descriptors;
    return [...descriptors, ...this.mapIn(place.changeMap, tracker.changes)];
  }

  /** What the descriptor of a link says of it there, as all of another file; undefined without bytes. */
  contentFor(
    disk: number,
    { file }: VirtualDisk,
    { place, link, into }: { place: NewPlace; link: Link | undefined; into: FileHandle },
  ): Uint8Array | undefined {
    const files = place.files.get(link);
    const at = files && {
      ...place,
      files: new Map([...place.files, [link, { ...files, descriptor: into }]]),
    };
    if (at === undefined) return undefined;
    const [part] =
      link === undefined
        ? this.baseAlone(disk, file, at.kind, at.files.get(link))
        : this.descriptors(disk, [link], undefined, at);
    return part?.content;
  }

  /** The .vmx that names the leaf of a disk where it is to be. */
  namesOf(disk: number, place: NewPlace): FilePart {
    const leaf = place.files.get(this.options.knownChain(disk)?.leaf);
    return this.configuration(leaf === undefined ? new Map() : new Map([[disk, leaf]]));
  }

  /**
   * The .vmsd, as it is or with the links of a disk where they are to be; nothing without snapshots.
   * @throws InputError when that does not fit into it
   */
  listNow(nameOf: (link: Link) => string = ({ name }) => name): FilePart[] {
    const { snapshots, current } = this.options.listed();
    if (snapshots.length === 0) return [];
    return [this.list(snapshots, current, (link) => ({ name: nameOf(link) }))];
  }

  private filesOfBase(backing: VirtualDisk): LinkFiles | undefined {
    const { file } = backing;
    const name = file.path.replace(BASE_ENDING, '.vmdk');
    const descriptor = this.descriptorAt(name);
    const changeMap = this.namedMapOf(backing);
    return descriptor && { name, descriptor, extent: file.path, changeMap };
  }

  /** The descriptor of a disk that never had a snapshot. */
  private baseAlone(
    disk: number,
    { sizeBlocks }: FileHandle,
    kind: DiskKind,
    files: LinkFiles | undefined,
  ): FilePart[] {
    const { plan, text } = this.options;
    if (files === undefined) return [];
    const { name, descriptor, changeMap } = files;
    const at = plan.disks.find(({ index }) => index === disk) as DiskPlan;
    const now = { ...at, kind, sizeBytes: sizeBlocks * BLOCK_BYTES };
    return [this.part(descriptor, () => text.baseDescriptor(now, name, changeMap))];
  }

  /**
   * Descriptors of links of a disk.
   * @param parent of all of them, where that is to be another one
   * @param place where they are to be
   */
  descriptors(disk: number, links: readonly Link[], parent?: Link, place?: NewPlace): FilePart[] {
    const { text, chainOf } = this.options;
    const chain = chainOf(disk);
    const kind = place?.kind ?? chain.backing.kind;
    return links.flatMap((link) => {
      const files = place?.files.get(link) ?? this.filesOf(chain, link);
      if (files === undefined) return [];
      const { name, descriptor, extent, changeMap } = files;
      const said = {
        format: link.delta?.format.name ?? ('flat' as const),
        capacityBlocks: chain.capacityBlocks,
        extent,
        cid: link.cid,
        parentCid: parent?.cid ?? link.parentCid,
        changeMap,
      };
      const under = parent ?? link.parent;
      const named = (under && place?.files.get(under)) ?? under;
      const isThin = link.delta === undefined && kind === 'thin';
      return [this.part(descriptor, () => text.descriptor(name, said, named?.name, isThin))];
    });
  }

  private filesOf(chain: DiskChain, link: Link): LinkFiles | undefined {
    const { name, file } = link;
    const descriptor = chain.descriptorOf(link) ?? this.descriptorAt(name);
    const changeMap = link.delta === undefined ? this.namedMapOf(chain.backing) : undefined;
    return descriptor && { name, descriptor, extent: file.path, changeMap };
  }

  private descriptorAt(path: string): FileHandle | undefined {
    return this.options.home.ofRole('diskDescriptor').find((file) => file.path === path);
  }

  /** What a descriptor says: a map that is still there is named no more once nothing is tracked. */
  private namedMapOf({ file, tracker }: VirtualDisk): string | undefined {
    return tracker && this.changeMapOf(file)?.path;
  }

  private changeMapOf({ path }: FileHandle): FileHandle | undefined {
    const map = path.replace(BASE_ENDING, '-ctk.vmdk');
    return this.options.home.ofRole('changeTracking').find((file) => file.path === map);
  }

  private part(handle: FileHandle, write: () => Uint8Array): FilePart {
    if (!this.options.text.keeps(datastoreOf(handle))) return wholeOf(handle);
    return { ...wholeOf(handle), content: filled(write(), handle.sizeBlocks * BLOCK_BYTES) };
  }

  /** Configuration (a template's too) or snapshot list; the list is made as large as it gets when first used. */
  private handleOf(role: 'config' | 'snapshotList'): FileHandle {
    const { home, plan } = this.options;
    const [file] = [...home.ofRole(role), ...home.ofRole('template')];
    assert(file !== undefined, `${plan.name} has no ${role}`);
    if (file.sizeBlocks > 0) return file;
    home.removeFile(file);
    const name = `${plan.name}.vmsd`;
    try {
      return home.addFile(role, name, LIST_BYTES);
    } catch (error) {
      // The datastore is full: the list stays as it was, without room for anything.
      home.addFile(role, name, 0);
      throw error;
    }
  }
}

function datastoreOf({ path }: FileHandle): string {
  return path.slice(1, path.indexOf(']'));
}

/** All of a file, where what it says does not matter. */
export function wholeOf(handle: FileHandle): FilePart {
  return { handle, blocks: handle.sizeBlocks };
}
