import type { Layer } from '../../../core/layer.js';
import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import type { DeltaFormatName } from '../../../plan/commands.js';
import type { DatastorePlan } from '../../../plan/plan.js';
import type { DatastoreFiles, FileHandle } from '../../files.js';
import type { FileRole } from '../home.js';
import type { VirtualDisk } from '../virtual-disk.js';
import { Chain } from './chain.js';
import { Delta } from './delta.js';
import { DELTA_FORMATS, layoutOf, SPARSE_BLOCKS_MAX } from './delta-format.js';
import { Detour } from './detour.js';
import { chainFrom, cidProblem, Link } from './link.js';

export const CHAIN_FIELDS = [
  'depth',
  'links',
  'ageNs',
  'sizeBytes',
  'deltaBytes',
  'grainBytes',
  'reads',
  'readParts',
  'tableReads',
  'tableWrites',
  'consolidate',
  'progress',
] as const;

/** Bytes of a descriptor: that of a home's disks. */
const DESCRIPTOR_BYTES = 600;

/** Makes and deletes files of a virtual machine, open for its host. */
export interface ChainFiles {
  /** Where they lie: it changes when the disk is moved. */
  datastoreOf(): DatastoreFiles & { readonly plan: Pick<DatastorePlan, 'type' | 'version'> };
  /** @throws InputError when the datastore has too little free space */
  create(path: string, bytes: number, policy: 'small' | 'thin', role: FileRole): FileHandle;
  remove(file: FileHandle): void;
  /** True while space is being found for a write to the file. */
  isChanging(file: FileHandle): boolean;
}

/** Where a link lies after a migration. */
export interface MovedLink {
  readonly file: FileHandle;
  readonly descriptor: FileHandle;
}

export interface DiskChainOptions {
  readonly vm: string;
  readonly host: string;
  /** `scsi0:0`. */
  readonly disk: string;
  readonly backing: VirtualDisk;
  /** Takes rows addressed by file. */
  readonly lower: Layer;
  readonly files: ChainFiles;
  readonly newCid: () => number;
  /** Commands of guests are held while there is no path, however long. */
  readonly holdsGuests: () => boolean;
}

/**
 * The files of a virtual disk that has, or had, snapshots: a tree of links, of which the guest uses
 * the way from the leaf to the base. Other branches belong to snapshots that were reverted from.
 */
export class DiskChain {
  readonly base: Link;
  readonly entity: Entity;
  /** What the guest's commands pass while there are deltas. */
  readonly guest: Chain;
  /** What the guest's chain sends its rows through. */
  readonly detour: Detour;
  /** What consolidation reads and writes through. */
  readonly source: Chain;
  readonly target: Chain;
  /** What clones read through. */
  readonly reader: Chain;
  /** Deltas remain that no snapshot needs, and could not be merged. */
  needsConsolidation = false;
  /** How far the merge under way has come, 0..1. */
  progress: (() => number) | undefined;
  leaf: Link;

  private readonly all = new Set<Link>();
  private readonly descriptors = new Map<Link, FileHandle>();
  private numbers = 0;

  constructor(
    private readonly sim: Sim,
    private readonly options: DiskChainOptions,
  ) {
    const { vm, host, disk, backing, lower, newCid, holdsGuests } = options;
    const name = `${vm}:${disk}`;
    this.base = new Link(`${baseName(backing.file)}.vmdk`, backing.file, undefined, {
      cid: newCid(),
      parent: undefined,
      createdAt: 0,
    });
    this.leaf = this.base;
    this.all.add(this.base);
    this.detour = new Detour(sim, `${name} detour`, lower);
    this.guest = new Chain(sim, `${name} chain`, this.detour, holdsGuests);
    this.source = new Chain(sim, `${name} merge source`, lower, holdsGuests);
    this.target = new Chain(sim, `${name} merge target`, lower, holdsGuests);
    this.reader = new Chain(sim, `${name} reader`, lower, holdsGuests);
    const written = (link: Link): void => {
      link.cid = newCid();
    };
    this.guest.onFirstWrite = written;
    const labels = { vm, host, disk: name, datastore: backing.datastore.name };
    this.entity = sim.meters.define('chain', name, labels, CHAIN_FIELDS);
    this.entity.refresh = () => this.publish();
    backing.onChange(() => {
      sim.meters.relabel(this.entity, { datastore: backing.datastore.name });
    });
  }

  get capacityBlocks(): number {
    return this.base.file.sizeBlocks;
  }

  get keepsBytes(): boolean {
    return this.options.files.datastoreOf().keepsBytes === true;
  }

  get backing(): VirtualDisk {
    return this.options.backing;
  }

  /** The chain's own I/O, for the datastore's figures. */
  get traffics(): readonly Float64Array[] {
    return this.chains.map(({ tableIo }) => tableIo.traffic);
  }

  private get chains(): readonly Chain[] {
    return [this.guest, this.source, this.target, this.reader];
  }

  /** All links, in the order in which they were made. */
  get links(): readonly Link[] {
    return [...this.all];
  }

  childrenOf(link: Link): Link[] {
    return this.links.filter(({ parent }) => parent === link);
  }

  /**
   * The format a delta has unless told otherwise: seSparse on VMFS 6 and for disks vmfsSparse cannot hold;
   * else vmfsSparse (stack-upper reference, 4; NFS from memory).
   */
  get usualFormat(): DeltaFormatName {
    const { type, version } = this.options.files.datastoreOf().plan;
    const isSix = type === 'vmfs' && version === 6;
    return isSix || this.capacityBlocks > SPARSE_BLOCKS_MAX ? 'seSparse' : 'vmfsSparse';
  }

  /**
   * Makes a child of a link, with its files; the disk does not use it yet.
   * @throws InputError when the datastore has too little free space
   */
  addChild(parent: Link, formatName: DeltaFormatName = this.usualFormat): Link {
    const { files } = this.options;
    const format = DELTA_FORMATS[formatName];
    const number = String(++this.numbers).padStart(6, '0');
    const stem = `${baseName(this.base.file)}-${number}`;
    const bytes = layoutOf(format, this.capacityBlocks).sizeBlocks * 512;
    const descriptor = files.create(`${stem}.vmdk`, DESCRIPTOR_BYTES, 'small', 'diskDescriptor');
    let file: FileHandle;
    try {
      file = files.create(`${stem}-${format.suffix}.vmdk`, bytes, 'thin', 'diskDelta');
    } catch (error) {
      files.remove(descriptor);
      throw error;
    }
    const delta = new Delta(format, file, this.capacityBlocks, files.datastoreOf());
    const link = new Link(`${stem}.vmdk`, file, delta, {
      cid: parent.cid,
      parent,
      createdAt: this.sim.now,
    });
    this.all.add(link);
    this.descriptors.set(link, descriptor);
    return link;
  }

  descriptorOf(link: Link): FileHandle | undefined {
    return this.descriptors.get(link);
  }

  /**
   * The guest writes to this link from now on; the disk has to be settled.
   * @returns what is wrong with the chain's content ids; it is then not opened
   */
  open(leaf: Link): string | undefined {
    const links = chainFrom(leaf);
    const problem = cidProblem(links);
    if (problem !== undefined) return problem;
    this.leaf = leaf;
    leaf.written = false;
    this.guest.links = links;
    this.backing.reroute(leaf === this.base ? this.options.lower : this.guest, leaf.file);
    return undefined;
  }

  /**
   * The links' content is in `into` now, which takes the place of the topmost one. Content ids change
   * in the children alone: their descriptors, a sector each, are all that has to be written for it.
   */
  merged(into: Link, sources: readonly Link[]): void {
    for (const child of this.childrenOf(sources[0])) {
      child.parent = into;
      child.parentCid = into.cid;
    }
    for (const link of sources) this.all.delete(link);
    if (!sources.includes(this.leaf)) this.guest.links = chainFrom(this.leaf);
  }

  /** Takes a link nobody needs out of the tree; its files are still there. */
  drop(link: Link): void {
    this.all.delete(link);
  }

  /** Deletes the files of a link that is in the tree no more, and that no command is on its way to. */
  removeFiles(link: Link): void {
    const { files } = this.options;
    files.remove(link.file);
    const descriptor = this.descriptors.get(link);
    if (descriptor !== undefined) files.remove(descriptor);
    this.descriptors.delete(link);
  }

  /** The files of all links are others now, on this datastore; the disk has to be at rest. */
  moved(links: ReadonlyMap<Link, MovedLink>, datastore: DatastoreFiles): void {
    for (const [link, { file, descriptor }] of links) {
      link.moveTo(descriptor.path, file, datastore);
      if (link.delta !== undefined) this.descriptors.set(link, descriptor);
    }
  }

  isChanging(links: readonly Link[]): boolean {
    return links.some(({ file }) => this.options.files.isChanging(file));
  }

  private publish(): void {
    const { guest, entity, leaf } = this;
    const deltas = this.links.filter(({ delta }) => delta !== undefined);
    const chain = chainFrom(leaf);
    const oldest = Math.min(this.sim.now, ...deltas.map(({ createdAt }) => createdAt));
    const own = this.chains.map(({ tableIo }) => tableIo);
    const values = [
      chain.length - 1,
      deltas.length,
      this.sim.now - oldest,
      this.capacityBlocks * 512,
      deltas.reduce((sum, { fileBytes }) => sum + fileBytes, 0),
      deltas.reduce((sum, { delta }) => sum + (delta?.ownBytes ?? 0), 0),
      guest.reads,
      guest.readParts,
      own.reduce((sum, { reads }) => sum + reads, 0),
      own.reduce((sum, { writes }) => sum + writes, 0),
      this.needsConsolidation ? 1 : 0,
      this.progress?.() ?? 0,
    ];
    for (const [slot, value] of values.entries()) entity.values[slot] = value;
  }
}

/** `[datastore] web1/web1` of `[datastore] web1/web1-flat.vmdk`. */
function baseName({ path }: FileHandle): string {
  return path.replace(/-flat\.vmdk$/, '');
}
