import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';

export type VmState = 'on' | 'stunned' | 'off';

/** The two answers to the question of a stunned virtual machine. */
export type Reply = 'retry' | 'cancel';

/** What a stunned virtual machine waits for. */
export interface Question {
  /** Message id as the vSphere client shows it. */
  readonly id: string;
  readonly text: string;
}

/** Something with commands that wait until the question is answered: a virtual disk. */
export interface Holder {
  /** Sends every held command down again, in the order in which they came back. */
  resubmit(): void;
  /** Fails every held command: the machine is gone. */
  abort(): void;
}

export interface VmOptions {
  readonly name: string;
  readonly host: string;
  /** World index, from 1. */
  readonly world: number;
}

/**
 * A virtual machine: on, stunned with a question, or off. While it is stunned or off its guests
 * issue nothing; what is already in flight below goes on.
 */
export class Vm {
  readonly name: string;
  readonly host: string;
  readonly world: number;
  readonly entity: Entity;
  /** True while no guest instruction runs: stunned, frozen or powered off. */
  stunned = false;
  state: VmState = 'on';
  /** Stopped for an instant by an operation, whatever its state. */
  frozen = false;
  question: Question | undefined;

  private readonly holders: Holder[] = [];
  private readonly resumeListeners: (() => void)[] = [];

  constructor(
    private readonly sim: Sim,
    { name, host, world }: VmOptions,
  ) {
    this.name = name;
    this.host = host;
    this.world = world;
    this.entity = sim.meters.define('vm', name, { host }, ['stunned']);
  }

  /** Calls `listener` each time the machine runs again. */
  onResume(listener: () => void): void {
    this.resumeListeners.push(listener);
  }

  /** `holder` takes part in the answers to this machine's questions. */
  attach(holder: Holder): void {
    this.holders.push(holder);
  }

  /** Stops the virtual processors for an operation, until `thaw`; a question may wait meanwhile. */
  freeze(): void {
    this.frozen = true;
    this.publish();
  }

  /** The operation lets the machine go on; a question it waits for still stands. */
  thaw(): void {
    this.frozen = false;
    this.publish();
    if (!this.stunned) for (const listener of this.resumeListeners) listener();
  }

  /** Stops the virtual processors until the question is answered; the first question stands. */
  stun(question: Question, why: string): void {
    if (this.state !== 'on') return;
    this.setState('stunned');
    this.question = question;
    this.sim.log.note('vm.question', this.name, `${question.id}: ${question.text}`, why);
  }

  /** Answers the pending question; false when there is none. */
  answer(reply: Reply, why = 'answered by the operator'): boolean {
    if (this.state !== 'stunned') return false;
    this.question = undefined;
    if (reply === 'cancel') {
      this.setState('off');
      this.sim.log.note('vm.poweredOff', this.name, 'powered off by Cancel', why);
      for (const holder of this.holders) holder.abort();
      return true;
    }
    this.setState('on');
    this.sim.log.note('vm.resumed', this.name, 'running again after Retry', why);
    // Held commands first: they were issued before anything the guest issues now.
    for (const holder of this.holders) holder.resubmit();
    if (!this.stunned) for (const listener of this.resumeListeners) listener();
    return true;
  }

  private setState(state: VmState): void {
    this.state = state;
    this.publish();
  }

  private publish(): void {
    this.stunned = this.state !== 'on' || this.frozen;
    this.entity.values[0] = this.stunned ? 1 : 0;
  }
}
