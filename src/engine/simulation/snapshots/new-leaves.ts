import { InputError } from '../../core/errors.js';
import type { Sim } from '../../core/sim.js';
import type { FilePart } from '../../operations/file-job.js';
import type { DeltaFormatName } from '../../plan/commands.js';
import type { Link } from '../../stack/vmfiles/chain/link.js';
import type { ChainedDisk } from './freezer.js';
import type { MachineTexts } from './machine-texts.js';

/** Of a delta (vmdk-formats reference, 9 and 10). */
const HEADER_BLOCKS = 4;

export type MoveFiles = (files: readonly FilePart[], then: (problem?: string) => void) => void;

export interface NewLeaf<D extends ChainedDisk> {
  readonly disk: D;
  readonly leaf: Link;
}

export interface NewLeavesParts<D extends ChainedDisk> {
  readonly disks: readonly D[];
  readonly parentOf: (disk: D) => Link;
  /** The usual one of the datastore unless given. */
  readonly format?: DeltaFormatName | undefined;
  /** How long the machine's state takes to save meanwhile. */
  readonly checkpointNs: number;
  readonly write: MoveFiles;
  readonly texts: MachineTexts;
  /** Written with the machine's .vmx, which names the leaves. */
  readonly besides?: () => readonly FilePart[];
}

/**
 * Makes a leaf for each disk of a stunned machine and writes down that they are its disks: first the
 * leaves' own files, then the configuration. A loss of power before the last leaves files that nobody
 * names.
 * @param then told once the configuration is written; the chains are to be opened now
 * @param failed told what went wrong; nothing is left of the leaves
 */
export function makeLeaves<D extends ChainedDisk>(
  sim: Sim,
  parts: NewLeavesParts<D>,
  then: (made: readonly NewLeaf<D>[]) => void,
  failed: (problem: string) => void,
): void {
  const { disks, parentOf, format, checkpointNs, write, texts, besides } = parts;
  const made: NewLeaf<D>[] = [];
  const undo = (problem: string): void => {
    for (const { disk, leaf } of made) {
      disk.chain.drop(leaf);
      disk.chain.removeFiles(leaf);
    }
    failed(problem);
  };
  try {
    for (const disk of disks) {
      made.push({ disk, leaf: disk.chain.addChild(parentOf(disk), format) });
    }
  } catch (error) {
    undo(messageOf(error));
    return;
  }
  write(
    made.flatMap(({ disk, leaf }) => headsOf(disk, leaf, texts)),
    (problem) => {
      if (problem !== undefined) {
        undo(problem);
        return;
      }
      sim.timers.delay(checkpointNs, () => {
        const leaves = new Map(made.map(({ disk, leaf }) => [disk.index, leaf]));
        write([texts.configuration(leaves), ...(besides?.() ?? [])], (refused) => {
          if (refused === undefined) then(made);
          else undo(refused);
        });
      });
    },
  );
}

/** What is wrong with what was asked for; other errors go on. */
export function messageOf(error: unknown): string {
  if (!(error instanceof InputError)) throw error;
  return error.problems[0].message;
}

/**
 * What a new delta's files begin with: descriptor and header. Where bytes are kept its parent's
 * descriptor goes along, for that one's content id has changed since it was opened; and the header of
 * a parent that is closed now says where it ends.
 */
function headsOf({ index }: ChainedDisk, leaf: Link, texts: MachineTexts): FilePart[] {
  const parent = leaf.parent as Link;
  const own = [
    ...texts.descriptors(index, [leaf]),
    { handle: leaf.file, blocks: HEADER_BLOCKS, content: leaf.delta?.image?.header },
  ];
  if (leaf.delta?.image === undefined) return own;
  return [...texts.descriptors(index, [parent]), ...closedHead(parent), ...own];
}

/** The header of a delta that nobody writes to from now on, where bytes are kept. */
export function closedHead({ file, delta }: Link): FilePart[] {
  const content = delta?.closedHeader();
  return content === undefined ? [] : [{ handle: file, blocks: HEADER_BLOCKS, content }];
}
