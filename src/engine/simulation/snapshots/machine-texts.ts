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
import type { VirtualDisk } from '../../stack/vmfiles/virtual-disk.js';
import { filled, type HomeText } from '../export/home-text.js';
import type { VmSnapshot } from './snapshot.js';

/** A snapshot list, of a few snapshots: model. */
const LIST_BYTES = 4096;

/** How a base's extent is called after its descriptor. */
export const BASE_ENDING = /-(?:flat|rdmp?)\.vmdk$/;

export interface MachineTextsOptions {
  readonly plan: VmPlan;
  readonly home: Home;
  readonly text: HomeText;
  readonly chainOf: (disk: number) => DiskChain;
  /** The same of disks that have, or had, snapshots. */
  readonly knownChain: (disk: number) => DiskChain | undefined;
  readonly needsConsolidation: () => boolean;
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
  configuration(leaves: ReadonlyMap<number, Link>): FilePart {
    const { text, plan } = this.options;
    const handle = this.handleOf('config');
    const leafOf = (disk: DiskPlan): string => leaves.get(disk.index)?.name ?? text.leafOf(disk);
    return this.part(handle, plan.home, () => text.configuration(leafOf));
  }

  /**
   * The .vmsd with these snapshots.
   * @param stands the link that is to hold what a snapshot froze in another
   * @throws InputError when they do not fit into it
   */
  list(
    snapshots: readonly VmSnapshot[],
    current: VmSnapshot | undefined,
    stands: (link: Link) => Link = (link) => link,
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

  private changeMap(
    { file, datastore }: VirtualDisk,
    { changeId, epochs }: FrozenChanges,
  ): FilePart[] {
    const { text } = this.options;
    const handle = this.changeMapOf(file);
    if (handle === undefined || !text.keeps(datastore.name)) return [];
    const content = encodeChangeMap(changeId.split('/')[0], epochs);
    return [{ handle, blocks: content.length / BLOCK_BYTES, content }];
  }

  /** What says where a disk lies and what its files are called; nothing where no bytes are kept. */
  place(disk: number, backing: VirtualDisk): FilePart[] {
    const chain = this.options.knownChain(disk);
    const descriptors =
      chain === undefined ? this.baseAlone(disk, backing) : this.descriptors(disk, chain.links);
    const { tracker } = backing;
    const changes = tracker === undefined ? [] : this.changeMap(backing, tracker.changes);
    const parts = [...descriptors, ...changes, this.configuration(new Map())];
    return parts.filter(({ content }) => content !== undefined);
  }

  /** The descriptor of a disk that never had a snapshot. */
  private baseAlone(disk: number, { file, datastore, kind }: VirtualDisk): FilePart[] {
    const { plan, text } = this.options;
    const path = file.path.replace(BASE_ENDING, '.vmdk');
    const handle = this.descriptorAt(path);
    if (handle === undefined) return [];
    const at = plan.disks.find(({ index }) => index === disk) as DiskPlan;
    const now = { ...at, kind, sizeBytes: file.sizeBlocks * BLOCK_BYTES };
    const write = () => text.baseDescriptor(now, path, this.changeMapOf(file)?.path);
    return [this.part(handle, datastore.name, write)];
  }

  /**
   * Descriptors of links of a disk.
   * @param parent of all of them, where that is to be another one
   */
  descriptors(disk: number, links: readonly Link[], parent?: Link): FilePart[] {
    const { text, chainOf } = this.options;
    const chain = chainOf(disk);
    const { datastore, kind } = chain.backing;
    return links.flatMap((link) => {
      const handle = chain.descriptorOf(link) ?? this.descriptorAt(link.name);
      if (handle === undefined) return [];
      const isBase = link.delta === undefined;
      const said = {
        format: link.delta?.format.name ?? ('flat' as const),
        capacityBlocks: chain.capacityBlocks,
        extent: link.file.path,
        cid: link.cid,
        parentCid: parent?.cid ?? link.parentCid,
        changeMap: isBase ? this.changeMapOf(link.file)?.path : undefined,
      };
      const under = (parent ?? link.parent)?.name;
      const write = () => text.descriptor(link.name, said, under, isBase && kind === 'thin');
      return [this.part(handle, datastore.name, write)];
    });
  }

  private descriptorAt(path: string): FileHandle | undefined {
    return this.options.home.ofRole('diskDescriptor').find((file) => file.path === path);
  }

  private changeMapOf({ path }: FileHandle): FileHandle | undefined {
    const map = path.replace(BASE_ENDING, '-ctk.vmdk');
    return this.options.home.ofRole('changeTracking').find((file) => file.path === map);
  }

  private part(handle: FileHandle, datastore: string, write: () => Uint8Array): FilePart {
    if (!this.options.text.keeps(datastore)) return wholeOf(handle);
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

/** All of a file, where what it says does not matter. */
export function wholeOf(handle: FileHandle): FilePart {
  return { handle, blocks: handle.sizeBlocks };
}
