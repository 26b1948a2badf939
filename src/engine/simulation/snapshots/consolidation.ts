import { ROW_STRIDE } from '../../core/requests.js';
import type { Sim } from '../../core/sim.js';
import type { DataMover } from '../../operations/data-mover.js';
import type { FilePart } from '../../operations/file-job.js';
import { MergeJob } from '../../operations/merge-job.js';
import type { DiskChain } from '../../stack/vmfiles/chain/disk-chain.js';
import { chainFrom, type Link } from '../../stack/vmfiles/chain/link.js';
import type { ChainedDisk, Freezer } from './freezer.js';
import type { MachineTexts } from './machine-texts.js';
import { closedHead, type MoveFiles, makeLeaves } from './new-leaves.js';

/** The rest is merged with the machine stunned when that takes no longer (vmdk-formats 14). */
const STUN_NS_MAX = 12e9;
/** Helper deltas at most; then consolidation gives up (from memory). */
const ROUNDS_MAX = 10;
/** First and longest pause between two looks whether commands have left a file (model). */
const LOOK_NS = 1_000_000;
const LOOK_NS_MAX = 1_000_000_000;

export interface ConsolidationParts {
  readonly disk: ChainedDisk;
  readonly mover: DataMover;
  readonly freezer: Freezer;
  /** The machine runs no guest: nothing is written meanwhile. */
  readonly isOff: () => boolean;
  /** The base is a thin file on VMFS. */
  readonly givesBack: boolean;
  /** A snapshot needs the link as it is. */
  readonly isNeeded: (link: Link) => boolean;
  /** What `from` was the disk of is `to` now. */
  readonly moved: (from: Link, to: Link) => void;
  readonly newCid: () => number;
  /** Writes files from end to end. */
  readonly write: MoveFiles;
  readonly texts: MachineTexts;
  /** The snapshot list when what `from` was the disk of is `to`. */
  readonly listMoved: (from: Link, to: Link) => FilePart;
  /** Called when the machine has been stunned for the last merge, with how long. */
  readonly stunned: (stunNs: number) => void;
}

/**
 * Merges every delta of a disk that no snapshot needs into its parent. While the machine writes to
 * one, a helper delta takes its writes; helpers are merged in turn until the last one is small
 * enough to be merged with the machine stunned (vmdk-formats reference, 14). It may fail between any
 * two steps: the chain is whole then, only longer than it need be.
 */
export class Consolidation {
  private rounds = 0;
  /** Bytes and time of the last merge. */
  private mergedBytes = 0;
  private mergedNs = 0;
  private readonly chain: DiskChain;

  constructor(
    private readonly sim: Sim,
    private readonly parts: ConsolidationParts,
    private readonly ended: (problem?: string) => void,
  ) {
    this.chain = parts.disk.chain;
  }

  /** Goes on until nothing is left to merge. */
  next(): void {
    const { chain } = this;
    const unused = chain.links.find(
      (link) =>
        link !== chain.leaf &&
        link.delta !== undefined &&
        !this.parts.isNeeded(link) &&
        chain.childrenOf(link).length === 0,
    );
    if (unused !== undefined) {
      chain.drop(unused);
      this.retire([unused], () => this.next());
      return;
    }
    const into = chain.links.find((link) => this.isSpare(link) && !this.isSpare(link.parent));
    if (into === undefined) {
      this.ended();
      return;
    }
    const run = chain.childrenOf(into);
    while (this.isSpare(run[0])) run.unshift(...chain.childrenOf(run[0]));
    if (run[0] !== chain.leaf) this.merge(into, run, () => this.next());
    else if (run.length > 1) this.merge(into, run.slice(1), () => this.next());
    else this.takeLeaf(into);
  }

  /** Nobody needs it as it is, and it has one child: that one can be merged into it. */
  private isSpare(link: Link | undefined): boolean {
    const { chain } = this;
    const { isNeeded } = this.parts;
    if (link === undefined || link === chain.leaf || isNeeded(link)) return false;
    return chain.childrenOf(link).length === 1;
  }

  /** The leaf is to be merged: behind a helper, or with the machine stunned. */
  private takeLeaf(into: Link): void {
    const { chain } = this;
    const { isOff } = this.parts;
    const leafBytes = chain.leaf.delta?.ownBytes ?? 0;
    const isShort =
      this.rounds > 0 && leafBytes * this.mergedNs <= STUN_NS_MAX * Math.max(1, this.mergedBytes);
    if (isOff() || isShort) this.stunAndMerge(into);
    else if (this.rounds === ROUNDS_MAX) {
      this.ended('the maximum of consolidation retries was exceeded: the guest writes too fast');
    } else this.addHelper();
  }

  /** As for a snapshot: its files are written, and named by the configuration, before it is used. */
  private addHelper(): void {
    const { disk, freezer, write, texts } = this.parts;
    const { chain } = disk;
    this.rounds++;
    freezer.freeze(false, (problem) => {
      if (problem !== undefined) {
        this.ended(problem);
        return;
      }
      const parts = { disks: [disk], parentOf: () => chain.leaf, checkpointNs: 0, write, texts };
      makeLeaves(
        this.sim,
        parts,
        ([{ leaf }]) => {
          const wrong = chain.open(leaf);
          freezer.thaw();
          if (wrong === undefined) this.next();
          else this.ended(wrong);
        },
        (refused) => {
          freezer.thaw();
          this.ended(refused);
        },
      );
    });
  }

  private stunAndMerge(into: Link): void {
    const { chain } = this;
    const { freezer, newCid, stunned } = this.parts;
    freezer.freeze(false, (problem) => {
      if (problem !== undefined) {
        this.ended(problem);
        return;
      }
      this.merge(
        into,
        [chain.leaf],
        () => {
          const wrong = chain.open(into);
          // The machine writes on at once, and changes the content id with that.
          into.cid = newCid();
          into.written = true;
          stunned(freezer.stunNs);
          freezer.thaw();
          if (wrong === undefined) this.next();
          else this.ended(wrong);
        },
        () => freezer.thaw(),
      );
    });
  }

  /** @param run topmost first */
  private merge(
    into: Link,
    run: readonly Link[],
    done: () => void,
    failed: () => void = () => {},
  ): void {
    const { chain } = this;
    const { mover, givesBack } = this.parts;
    chain.source.links = run;
    chain.target.links = chainFrom(into);
    const beganAt = this.sim.now;
    const job = new MergeJob(
      this.sim,
      mover,
      {
        source: chain.source,
        target: chain.target,
        capacityBlocks: chain.capacityBlocks,
        givesBack: givesBack && into.delta === undefined,
        keepsBytes: chain.keepsBytes,
      },
      (problem) => {
        chain.progress = undefined;
        if (problem !== undefined) {
          failed();
          this.ended(problem);
          return;
        }
        this.mergedBytes = job.copiedBlocks * 512;
        this.mergedNs = this.sim.now - beganAt;
        this.parts.write(this.namesOf(run[0], into), (refused) => {
          if (refused === undefined) this.replace(into, run, done);
          else {
            failed();
            this.ended(refused);
          }
        });
      },
    );
    chain.progress = () => job.progress;
  }

  /** Whatever names a link as its parent, its disk, or what it froze; the link itself is still there. */
  private namesOf(link: Link, into: Link): FilePart[] {
    const { chain } = this;
    const { disk, isNeeded, texts, listMoved } = this.parts;
    const names = texts.descriptors(disk.index, chain.childrenOf(link), into);
    if (link === chain.leaf) names.push(texts.configuration(new Map([[disk.index, into]])));
    if (isNeeded(link)) names.push(listMoved(link, into));
    names.push(...closedHead(into));
    return names;
  }

  private replace(into: Link, run: readonly Link[], done: () => void): void {
    const { chain } = this;
    const { moved } = this.parts;
    chain.merged(into, run);
    moved(run[0], into);
    // With the leaf merged the machine is to go on first.
    if (run[0] === chain.leaf) {
      done();
      this.retire(run, () => {});
    } else this.retire(run, done);
  }

  /** Deletes the files of links once no command is on its way to them any more. */
  private retire(links: readonly Link[], then: () => void, pauseNs = LOOK_NS): void {
    const { chain } = this;
    this.sim.timers.delay(pauseNs, () => {
      if (links.some(({ file }) => this.isInUse(file.index)) || chain.isChanging(links)) {
        this.retire(links, then, Math.min(2 * pauseNs, LOOK_NS_MAX));
        return;
      }
      for (const link of links) chain.removeFiles(link);
      then();
    });
  }

  private isInUse(file: number): boolean {
    const { requests } = this.sim;
    let left = requests.inFlight;
    for (let io = 0; left > 0 && io < requests.handleLimit; io += ROW_STRIDE) {
      if (!requests.live(io)) continue;
      left--;
      if (requests.file[io] === file) return true;
    }
    return false;
  }
}
