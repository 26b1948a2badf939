/** Loses power at every sector that operations write, and looks at what is left. */
import { checkVolume } from '../../../../src/engine/formats/vmfs/check/check.js';
import { Core } from '../../../../src/engine/formats/vmfs/core.js';
import { LogicalVolume } from '../../../../src/engine/formats/vmfs/logical-volume.js';
import type { BlockMedium } from '../../../../src/engine/formats/vmfs/medium.js';
import { liveSlots } from '../../../../src/engine/formats/vmfs/session.js';
import { Volume } from '../../../../src/engine/formats/vmfs/volume.js';
import { HOST, SECONDS, sequence } from '../model.js';
import { type Driver, driveHost, driveVolume, type Run } from './drivers.js';
import { Overlay, ReadSet, type Step } from './medium.js';
import type { Operation, Part } from './operations.js';
import { stateOf } from './state.js';

/** Answers kept to be given again: neighbours of a cut have few. */
const REMEMBERED = 24;
/** Random choices of sectors, where several writes are on their way. */
const DRAWS = 2;
const TRACES: readonly string[] = ['journal-replayed', 'host-active', 'lock-held'];

/** What a volume is after a loss of power: unexpected findings, and what somebody sees. */
interface Look {
  readonly findings: string;
  /** Of a host that is gone: only to be found until the volume is recovered. */
  readonly traces: string;
  readonly state: string;
}

/** An answer holds for every medium that agrees with this one in what was read to find it. */
interface Known {
  readonly medium: Overlay;
  readonly reads: ReadSet;
}

/** What puts the content of journals into place. */
interface Replay extends Known {
  readonly steps: readonly Step[];
  readonly replayed: boolean;
}

export interface Tally {
  /** Sectors written behind which power was lost. */
  cuts: number;
  /** Media looked at that differ in what anybody reads. */
  media: number;
  /** Of those, cut off during recovery. */
  recoveries: number;
}

/**
 * Loses power in sequences of operations on one volume. Each cut leaves several media: the last write
 * torn from its front, from its back, and of those since the last flush one sector alone or any.
 * Answers about a medium are given again for one that differs only where nobody read to find them.
 */
export class Campaign {
  readonly tally: Tally = { cuts: 0, media: 0, recoveries: 0 };
  private readonly looks: (Known & { readonly look: Look })[] = [];
  private readonly replays: Replay[] = [];
  private readonly repairs: (Known & { readonly steps: Step[] })[] = [];
  /** What was read to look at media of this sequence and to recover them. */
  private seen: ReadSet;
  /** Recoveries that were cut off already. */
  private readonly cutOff = new Set<string>();

  constructor(
    private readonly base: BlockMedium,
    private readonly resident: boolean,
    private readonly drive: Driver = driveVolume,
  ) {
    this.seen = new ReadSet(base.blocks);
  }

  /**
   * Loses power everywhere in the last operation of a sequence, and while the volume is closed behind it.
   * @param only cuts every so many sectors, for a sample; 1 for all
   * @throws Error that names sequence and cut
   */
  lose(operations: readonly Operation[], only = 1): void {
    const run = this.drive(new Overlay(this.base), operations, this.resident);
    const flushed = new Overlay(this.base);
    for (const step of run.steps.slice(0, run.from)) flushed.apply(step);
    const names = operations.map(({ name }) => name).join(',');
    this.seen = new ReadSet(this.base.blocks);
    this.expectSound(flushed.fork(), allowedAt(run, run.from), `${names} before it begins`);
    this.cut(flushed, run.steps.slice(run.from), (index, sector, left) => {
      const allowed = allowedAt(run, run.from + index);
      this.tally.cuts++;
      if (this.tally.cuts % only !== 0) return;
      for (const [how, medium] of left) {
        const what = `${names} at step ${run.from + index}, sector ${sector} (${how})`;
        this.expectSound(medium, allowed, what);
      }
    });
  }

  /**
   * Every cut of what is written onto a medium. One behind a sector that nobody read is the one before.
   * @param flushed the medium when writing begins; it is written to
   */
  private cut(
    flushed: Overlay,
    steps: readonly Step[],
    lost: (index: number, sector: number, left: Iterable<Survivor>) => void,
  ): void {
    const since: Step[] = [];
    steps.forEach((step, index) => {
      const { lba, sectors } = step;
      for (let count = 1; count <= sectors.length; count++) {
        const front = this.seen.has(lba + count - 1);
        const back = this.seen.has(lba + sectors.length - count);
        if (front || back) lost(index, count, survivors(flushed, since, step, count));
      }
      if (sectors.length > 0) since.push(step);
      else for (const one of since.splice(0)) flushed.apply(one);
    });
  }

  /** @param deep false for what is left of a recovery that was cut off */
  private expectSound(
    medium: Overlay,
    allowed: readonly string[],
    what: string,
    deep = true,
  ): void {
    const crashed = this.look(medium, what);
    expectIn(crashed, allowed, what);
    const steps = this.recover(medium);
    const recovered = medium.fork();
    for (const step of steps) recovered.apply(step);
    const after = this.look(recovered, `${what}, recovered`);
    expectIn(after, [crashed.state], `${what}, recovered`);
    if (after.traces !== '') throw new Error(`${what}, recovered: ${after.traces}`);
    if (deep) this.cutRecovery(medium, steps, crashed.state, what);
  }

  private cutRecovery(medium: Overlay, steps: readonly Step[], state: string, what: string): void {
    // From whichever medium it begins: what it writes over is no longer there.
    const key = digest(steps);
    if (this.cutOff.has(key)) return;
    this.cutOff.add(key);
    this.cut(medium.fork(), steps, (index, sector, left) => {
      for (const [how, one] of left) {
        this.tally.recoveries++;
        const cut = `${what}, recovery cut at step ${index}, sector ${sector} (${how})`;
        this.expectSound(one, [state], cut, false);
      }
    });
  }

  /** What a reader and the checker find, the journal taken into account. */
  private look(medium: Overlay, what: string): Look {
    const { view, replayed } = this.view(medium, what);
    const known = remembered(this.looks, view);
    if (known !== undefined) {
      this.seen.addAll(known.reads);
      return known.look;
    }
    this.tally.media++;
    const reads = new ReadSet(view.blocks);
    view.reads = reads;
    const look = lookAt(view, this.resident);
    view.reads = undefined;
    this.seen.addAll(reads);
    if (replayed) {
      medium.reads = this.seen;
      const raw = lookAt(medium, this.resident);
      medium.reads = undefined;
      if (raw.findings !== look.findings || raw.state !== look.state) {
        throw new Error(`${what}: with its journal in place the volume looks different`);
      }
    }
    this.looks.unshift({ medium: view, reads, look });
    if (this.looks.length > REMEMBERED) this.looks.pop();
    return look;
  }

  /** The medium with what its journals hold in place, and nothing in them. */
  private view(medium: Overlay, what: string): { view: Overlay; replayed: boolean } {
    try {
      const { steps, replayed } = this.replay(medium);
      const view = medium.fork();
      for (const step of steps) view.apply(step);
      return { view, replayed };
    } catch (error) {
      throw new Error(`${what}: the volume does not open: ${(error as Error).message}`);
    }
  }

  private replay(medium: Overlay): Replay {
    const known = remembered(this.replays, medium);
    if (known !== undefined) {
      this.seen.addAll(known.reads);
      return known;
    }
    const work = medium.fork();
    work.reads = new ReadSet(work.blocks);
    Volume.open([work], { seconds: SECONDS + 6 });
    work.steps = [];
    const volume = LogicalVolume.open([work]);
    const live = liveSlots(new Core(volume, SECONDS));
    for (const { journal } of live) {
      for (const [sector, bytes] of journal?.load() ?? []) volume.write(sector * 512, bytes);
    }
    const replayed = work.steps.length > 0;
    for (const { journal } of live) journal?.clear();
    const replay = { medium, reads: work.reads, steps: work.steps, replayed };
    this.seen.addAll(replay.reads);
    this.replays.unshift(replay);
    if (this.replays.length > REMEMBERED) this.replays.pop();
    return replay;
  }

  /** What opening the volume for writing and closing it writes. */
  private recover(medium: Overlay): Step[] {
    const known = remembered(this.repairs, medium);
    if (known !== undefined) {
      this.seen.addAll(known.reads);
      return known.steps;
    }
    const work = medium.fork();
    work.reads = new ReadSet(work.blocks);
    work.steps = [];
    Volume.open([work], { seconds: SECONDS + 7, host: HOST, resident: this.resident }).close();
    this.seen.addAll(work.reads);
    this.repairs.unshift({ medium, reads: work.reads, steps: work.steps });
    if (this.repairs.length > REMEMBERED) this.repairs.pop();
    return work.steps;
  }
}

export function campaignOf({ base, resident, asHost }: Part): Campaign {
  return new Campaign(base(), resident, asHost ? driveHost : driveVolume);
}

function lookAt(medium: Overlay, resident: boolean): Look {
  const { findings } = checkVolume([medium]);
  const told = (traces: boolean): string =>
    findings.list
      .filter(({ kind }) => TRACES.includes(kind) === traces)
      .map(({ kind, place, detail }) => `${kind} ${place} ${detail}`)
      .join('; ');
  return {
    findings: told(false),
    traces: told(true),
    state: stateOf(Volume.open([medium], { seconds: SECONDS + 6, resident })),
  };
}

function remembered<T extends Known>(list: T[], medium: Overlay): T | undefined {
  const at = list.findIndex((one) => one.medium.agrees(medium, one.reads));
  if (at < 0) return undefined;
  const [found] = list.splice(at, 1);
  list.unshift(found);
  return found;
}

/** The state acknowledged before a step, and the one that comes next. */
function allowedAt({ marks }: Run, step: number): string[] {
  let last = 0;
  while (last + 1 < marks.length && marks[last + 1].step <= step) last++;
  return marks.slice(last, last + 2).map(({ state }) => state);
}

type Survivor = readonly [how: string, medium: Overlay];

/** What may be left when the power goes behind so many sectors of a step. */
function* survivors(
  flushed: Overlay,
  since: readonly Step[],
  { lba, sectors }: Step,
  count: number,
): Generator<Survivor> {
  const before = flushed.fork();
  for (const step of since) before.apply(step);
  const torn = (first: number): Overlay => {
    const medium = before.fork();
    medium.apply({ lba: lba + first, sectors: sectors.slice(first, first + count) });
    return medium;
  };
  yield ['front', torn(0)];
  if (sectors.length > 1) yield ['back', torn(sectors.length - count)];
  if (since.length === 0 && sectors.length === 1) return;
  if (count > 0) {
    const alone = flushed.fork();
    alone.changed.set(lba + count - 1, sectors[count - 1]);
    yield ['alone', alone];
  }
  const written = [...since, { lba, sectors: sectors.slice(0, count) }];
  for (let draw = 0; draw < DRAWS; draw++) {
    const next = sequence(lba * DRAWS + count * 31 + draw);
    const any = flushed.fork();
    for (const step of written) {
      step.sectors.forEach((bytes, index) => {
        if (next() % 2 === 0) any.changed.set(step.lba + index, bytes);
      });
    }
    yield [`any ${draw}`, any];
  }
}

function digest(steps: readonly Step[]): string {
  let sum = 0;
  for (const { lba, sectors } of steps) {
    for (const bytes of sectors) {
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      for (const word of words) sum = Math.imul(sum ^ word, 0x01000193) ^ (sum >>> 15);
    }
    sum = Math.imul(sum ^ lba ^ sectors.length, 0x01000193);
  }
  return `${steps.length} ${sum}`;
}

function expectIn(look: Look, allowed: readonly string[], what: string): void {
  if (look.findings !== '') throw new Error(`${what}: ${look.findings}`);
  if (allowed.includes(look.state)) return;
  const found = look.state.split('\n');
  const told = allowed.map((state) => {
    const lines = state.split('\n');
    const gone = lines.filter((line) => !found.includes(line));
    const more = found.filter((line) => !lines.includes(line));
    return `has ${more.join(', ') || 'nothing more'} but not ${gone.join(', ')}`;
  });
  throw new Error(`${what}: neither old nor new:\n${told.join('\n')}`);
}
