/**
 * The worker's side of time: rewinds, branches, comparisons and sessions. A rewind makes the run
 * once more from its start with the recorded commands; until that has caught up the old run stands
 * by, so that it can be given up at any moment.
 */
import { InputError } from '../../engine/core/errors.js';
import type { Sample } from '../../engine/core/meters.js';
import type { TimedCommand } from '../../engine/simulation/recorded-simulation.js';
import { actionWords } from '../../output/action-words.js';
import { compare, type Side } from '../../output/compare.js';
import { Branches, partedNs } from '../../scenario/session/branches.js';
import { type Branch, type SavedSession, writeSession } from '../../scenario/session/file.js';
import type { FromEngine } from '../engine.js';
import type { RepeatableMachine } from '../machine-kinds.js';
import type { ToTimeline } from './messages.js';
import { Rerun } from './rerun.js';

/** What the timeline needs of the server it belongs to. */
export interface TimelineHost {
  readonly send: (message: FromEngine) => void;
  /** Real time, ms. */
  readonly now: () => number;
  /** Another run takes the place of the one so far; frames of it follow. */
  readonly adopt: (machine: RepeatableMachine) => void;
  /** Sends a frame of the run as it is. */
  readonly frame: () => void;
}

/** What keeps the engine busy. */
interface Job {
  readonly what: string;
  readonly reruns: readonly Rerun<RepeatableMachine>[];
  readonly done: () => void;
}

/** Samples a session that is opened leaves in the history: as many as the widest chart shows. */
const SESSION_SAMPLES = 400;
const SESSION_STEP_NS = 100e6;
/** Events sent after a rewind. */
const EVENTS_MAX = 5_000;

export class Timeline {
  private readonly branches: Branches;
  private job: Job | undefined;

  /** @param saved a session to go on with: its current branch is run to its end first */
  constructor(
    private readonly host: TimelineHost,
    private machine: RepeatableMachine,
    saved: Pick<SavedSession, 'branches' | 'current'> | undefined,
  ) {
    this.branches = new Branches(saved);
    if (saved === undefined) return;
    const branch = this.branches.find(saved.current, machine);
    if (branch.endNs > 0) this.catchUp(branch);
    this.tell();
  }

  /** Something is made once more; the run itself waits. */
  get busy(): boolean {
    return this.job !== undefined;
  }

  /** Works on what is under way until `endMs` of the host's clock. */
  work(endMs: number): void {
    const { job, host } = this;
    if (job === undefined) return;
    for (const rerun of job.reruns) {
      if (!rerun.slice(host.now, endMs)) break;
    }
    const part = job.reruns.reduce((sum, rerun) => sum + rerun.part, 0) / job.reruns.length;
    if (part < 1) {
      this.progress(job.what, Math.min(part, 0.999));
      return;
    }
    this.job = undefined;
    this.progress(job.what, 1);
    job.done();
  }

  /** @throws InputError for what cannot be done */
  hear(message: ToTimeline): void {
    if (message.type === 'cancel') {
      this.cancel();
      return;
    }
    if (message.type === 'save') {
      this.save(message.file);
      return;
    }
    this.wait();
    switch (message.type) {
      case 'rewind':
        this.rewind(message.toNs, message.keep);
        break;
      case 'branch':
        this.goTo(message.name);
        break;
      case 'compare':
        this.compare(message.name);
        break;
      case 'undo':
        this.beforeCommand();
        this.host.send({ type: 'said', text: this.machine.undo() });
        this.tell();
        break;
    }
  }

  /**
   * To be called before a new command: recorded ones that are still to come stay on their own branch.
   * @throws InputError while the engine is busy
   */
  beforeCommand(): void {
    this.wait();
    const { machine } = this;
    if (machine.ahead.length === 0) return;
    this.branches.fork(machine, machine.now, machine.commands, machine.digest());
  }

  /** Says which branches there are. */
  tell(): void {
    this.host.send({
      type: 'branches',
      current: this.branches.current,
      branches: this.branches.all(this.machine).map((branch) => ({
        name: branch.name,
        parent: branch.parent,
        forkNs: branch.forkNs,
        endNs: branch.endNs,
        actions: branch.commands.map((timed) => ({ atNs: timed.atNs, text: this.words(timed) })),
      })),
    });
  }

  private wait(): void {
    if (this.job !== undefined) throw InputError.of('', `${this.job.what}: wait, or press escape`);
  }

  private progress(what: string, part: number): void {
    this.host.send({ type: 'progress', what, part });
  }

  private begin(job: Job): void {
    this.job = job;
    this.progress(job.what, 0);
  }

  private cancel(): void {
    const { job } = this;
    if (job === undefined) return;
    this.job = undefined;
    this.progress(job.what, 1);
    this.host.send({ type: 'said', text: `${job.what}: given up` });
    this.host.frame();
  }

  private rewind(toNs: number, keep: number | undefined): void {
    const { machine } = this;
    const all = machine.commands;
    const kept = all.filter(({ atNs }, index) =>
      keep === undefined ? atNs <= toNs : index < keep,
    );
    const again = machine.again(kept);
    this.begin({
      what: 'rewinding',
      reruns: [new Rerun(again, Math.min(toNs, machine.plan.durationNs))],
      done: () => {
        this.branches.fork(machine, again.now, again.commands, again.digest());
        this.takeOver(again);
      },
    });
  }

  private goTo(name: string): void {
    const { machine } = this;
    const branch = this.branches.find(name, machine);
    if (name === this.branches.current) throw InputError.of('', `this is branch ${name}`);
    const again = machine.again(branch.commands);
    this.begin({
      what: `going to branch ${name}`,
      reruns: [new Rerun(again, branch.endNs)],
      done: () => {
        this.branches.goTo(name, machine);
        this.takeOver(again);
      },
    });
  }

  private takeOver(machine: RepeatableMachine): void {
    this.machine = machine;
    const entries = machine.takeEvents().slice(-EVENTS_MAX);
    this.host.send({ type: 'rewound', atNs: machine.now, entries });
    this.host.adopt(machine);
    this.tell();
  }

  /** Runs a session to where it was left; what passes on the way becomes history. */
  private catchUp({ endNs, digest }: Branch): void {
    const step = Math.max(SESSION_STEP_NS, Math.floor(endNs / SESSION_SAMPLES));
    const marks: number[] = [];
    for (let at = step; at < endNs; at += step) marks.push(at);
    const { machine } = this;
    this.begin({
      what: 'replaying the session',
      reruns: [new Rerun(machine, endNs, marks, () => this.host.frame())],
      done: () => {
        const same = machine.digest() === digest;
        this.host.send({
          type: 'said',
          text: same
            ? 'the session has been replayed, to the last completion'
            : 'this is not what was saved: another version of vmtop made this session',
        });
        this.host.frame();
      },
    });
  }

  private compare(name: string): void {
    const other = this.branches.find(name, this.machine);
    const own = this.branches.find(this.branches.current, this.machine);
    if (other === own) throw InputError.of('', 'a branch differs in nothing from itself');
    const fromNs = partedNs(other, own);
    const toNs = Math.min(other.endNs, own.endNs);
    if (toNs <= fromNs) {
      const short = own.endNs <= fromNs ? own.name : other.name;
      throw InputError.of('', `branch ${short} has only just begun: let it run, then compare`);
    }
    const [first, second] = other.name < own.name ? [other, own] : [own, other];
    const sides = [first, second].map((branch) => this.side(branch, fromNs, toNs));
    this.begin({
      what: `comparing ${first.name} and ${second.name}`,
      reruns: sides.map(({ rerun }) => rerun),
      done: () => {
        const [a, b] = sides.map(({ result }) => result());
        if (a === undefined || b === undefined) return;
        this.host.send({ type: 'comparison', comparison: compare(a, b) });
      },
    });
  }

  private side(
    { name, commands }: Branch,
    fromNs: number,
    toNs: number,
  ): { rerun: Rerun<RepeatableMachine>; result: () => Side } {
    const machine = this.machine.again(commands);
    const samples: Sample[] = [];
    const rerun = new Rerun(machine, toNs, [fromNs, toNs], () => samples.push(machine.sample()));
    const result = (): Side => {
      const [before, after] = samples as [Sample, Sample];
      const actions = machine.commands.map((timed) => this.words(timed));
      const { entities } = machine;
      return { name, entities, before, after, digest: machine.digest(), actions };
    };
    return { rerun, result };
  }

  private save(file: string): void {
    const { machine } = this;
    writeSession(file, {
      ...machine.origin,
      current: this.branches.current,
      branches: this.branches.all(machine),
    });
    this.host.send({ type: 'saved', file });
  }

  private words(timed: TimedCommand): string {
    return actionWords(timed, this.machine.plan.disks);
  }
}

/** Whether a message is about time. */
export function isAboutTime(message: { readonly type: string }): message is ToTimeline {
  return ['rewind', 'branch', 'compare', 'cancel', 'undo', 'save'].includes(message.type);
}
