import type { DatastoreFiles, FileHandle } from '../../files.js';
import type { Delta } from './delta.js';
import { OWN, PARENT, ZEROS } from './grain-tables.js';

/** The parent of a base disk has no content id. */
export const NO_CID = 0xffffffff;

/** One file of a chain: the base, which is flat, or a delta over its parent. */
export class Link {
  /** Content id, 32 bits (vmdk-formats 5). */
  cid: number;
  parent: Link | undefined;
  /** The parent's content id when this link was made. */
  parentCid: number;
  /** Written since it was opened: its content id has changed. */
  written = false;
  readonly createdAt: number;

  constructor(
    /** `web1-000002.vmdk`; what the descriptor is called. */
    public name: string,
    public file: FileHandle,
    readonly delta: Delta | undefined,
    { cid, parent, createdAt }: { cid: number; parent: Link | undefined; createdAt: number },
  ) {
    this.cid = cid;
    this.parent = parent;
    this.parentCid = parent === undefined ? NO_CID : parent.cid;
    this.createdAt = createdAt;
  }

  /** The same content lies in another file, with another name, of this datastore. */
  moveTo(name: string, file: FileHandle, datastore: DatastoreFiles): void {
    this.name = name;
    this.file = file;
    this.delta?.moveTo(file, datastore);
  }

  /** Bytes the file holds in its datastore. */
  get fileBytes(): number {
    return this.file.allocatedBlocks * 512;
  }
}

/** From a link down to its base. */
export function chainFrom(leaf: Link): Link[] {
  const links: Link[] = [];
  for (let link: Link | undefined = leaf; link !== undefined; link = link.parent) links.push(link);
  return links;
}

/** What is wrong with the content ids of a chain, leaf first; undefined when it may be opened. */
export function cidProblem(links: readonly Link[]): string | undefined {
  for (const { name, parent, parentCid } of links) {
    if (parent === undefined || parent.cid === parentCid) continue;
    return `${name}: content ID mismatch: its parent ${parent.name} has been modified since`;
  }
  return undefined;
}

/** Where an address of the disk lies. One object is used again and again: nothing is allocated. */
export class Lookup {
  /** Position of the link in the chain, from the leaf; -1 when none of them has the address. */
  index = -1;
  /** It reads as zeros, and lies nowhere. */
  zeros = false;
  /** Block of the link's file. */
  block = 0;
  /** How many blocks from the address on lie there side by side. */
  length = 0;

  /**
   * Looks an address up from the leaf down.
   * @param at 512-byte block of the disk
   * @param most blocks, 1 and up
   */
  find(links: readonly Link[], at: number, most: number): void {
    this.length = most;
    this.zeros = false;
    for (let index = 0; index < links.length; index++) {
      const { delta } = links[index];
      this.index = index;
      this.block = at;
      if (delta === undefined) return;
      const { grainBlocks } = delta.format;
      const grain = Math.floor(at / grainBlocks);
      const offset = at - grain * grainBlocks;
      const grains = Math.ceil((offset + this.length) / grainBlocks);
      const run = delta.tables.runFrom(grain, grains);
      this.length = Math.min(this.length, run * grainBlocks - offset);
      const state = delta.tables.stateOf(grain);
      if (state === PARENT) continue;
      this.zeros = state === ZEROS;
      if (state === OWN) this.block = delta.blockOf(delta.tables.placeOf(grain)) + offset;
      return;
    }
    this.index = -1;
  }
}

/** A part of a disk that one link of its chain holds; blocks of 512 bytes. */
export interface GrainRun {
  /** Address in the virtual disk. */
  readonly lba: number;
  readonly blocks: number;
  /** Block of the link's file where the data lies; undefined for zeros that hide the parent's. */
  readonly fileBlock: number | undefined;
}

/**
 * Every run of grains a delta holds by itself, in order of address: with the file's content this is
 * all that a writer of real `-delta.vmdk` and `-sesparse.vmdk` files needs. None for a flat base.
 */
export function* grainRuns({ delta }: Link, capacityBlocks: number): Generator<GrainRun> {
  if (delta === undefined) return;
  const { tables, format } = delta;
  const { grainBlocks } = format;
  for (const table of tables.numbers()) {
    const end = Math.min((table + 1) * 4096, Math.ceil(capacityBlocks / grainBlocks));
    for (let grain = table * 4096; grain < end; ) {
      const run = tables.runFrom(grain, end - grain);
      const state = tables.stateOf(grain);
      if (state !== PARENT) {
        const fileBlock = state === OWN ? delta.blockOf(tables.placeOf(grain)) : undefined;
        const lba = grain * grainBlocks;
        const blocks = Math.min(run * grainBlocks, capacityBlocks - lba);
        yield { lba, blocks, fileBlock };
      }
      grain += run;
    }
  }
}
