import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';

export type VmState = 'on' | 'stunned' | 'suspended' | 'off';

/** Values of the gauge `power`; 3 is a template. */
const POWER: Readonly<Record<VmState, number>> = { on: 0, stunned: 0, suspended: 1, off: 2 };
const TEMPLATE = 3;

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
  /** Fails every held command: the machine is gone, in order or (`isCrash`) with its host. */
  abort(isCrash: boolean): void;
}

export interface VmOptions {
  readonly name: string;
  readonly host: string;
  /** World index, from 1. */
  readonly world: number;
  /** It is off until it is powered on. */
  readonly isOff?: boolean;
}

/**
 * A virtual machine: on, stunned with a question, suspended, or off. Unless it is on its guests
 * issue nothing; what is already in flight below goes on.
 */
export class Vm {
  readonly name: string;
  readonly host: string;
  readonly world: number;
  readonly entity: Entity;
  /** True while no guest instruction runs: stunned, frozen, suspended or powered off. */
  stunned = false;
  state: VmState = 'on';
  /** What brings it into another state just now. */
  transition: string | undefined;
  question: Question | undefined;

  /** Operations that have stopped it for an instant, whatever its state. */
  private freezes = 0;
  private readonly holders: Holder[] = [];
  private readonly resumeListeners: (() => void)[] = [];
  private readonly offListeners: (() => void)[] = [];

  constructor(
    private readonly sim: Sim,
    { name, host, world, isOff = false }: VmOptions,
  ) {
    this.name = name;
    this.host = host;
    this.world = world;
    this.entity = sim.meters.define('vm', name, { host }, ['stunned', 'power']);
    if (isOff) this.setState('off');
  }

  /** Calls `listener` each time the machine runs again. */
  onResume(listener: () => void): void {
    this.resumeListeners.push(listener);
  }

  /** Calls `listener` when the machine is powered off in order, not when its host dies. */
  onPowerOff(listener: () => void): void {
    this.offListeners.push(listener);
  }

  /** `holder` takes part in the answers to this machine's questions. */
  attach(holder: Holder): void {
    this.holders.push(holder);
  }

  /** Stops the virtual processors for an operation, until `thaw`; a question may wait meanwhile. */
  freeze(): void {
    this.freezes++;
    this.publish();
  }

  /** The operation lets the machine go on; a question it waits for still stands. */
  thaw(): void {
    this.freezes--;
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
    if (reply === 'cancel') {
      this.powerOff('powered off by Cancel', why);
      return true;
    }
    this.resume('running again after Retry', why);
    return true;
  }

  /** Ends the machine as pulling its plug would: held commands fail, nothing is flushed. */
  powerOff(what: string, why: string): void {
    this.setState('off');
    this.sim.log.note('vm.poweredOff', this.name, what, why);
    for (const holder of this.holders) holder.abort(false);
    for (const listener of this.offListeners) listener();
  }

  /** Stops the machine with its memory kept; commands that wait go on when it runs again. */
  suspend(what: string, why: string): void {
    this.setState('suspended');
    this.sim.log.note('vm.suspended', this.name, what, why);
  }

  /** A machine that is off and cannot be powered on, or one that can again. */
  setTemplate(on: boolean): void {
    this.entity.values[1] = on ? TEMPLATE : POWER[this.state];
  }

  powerOn(why: string): void {
    this.setState('on');
    this.sim.log.note('vm.poweredOn', this.name, 'powered on', why);
    this.goOn();
  }

  /** The machine runs on, after a question or a suspension. */
  resume(what: string, why: string): void {
    this.setState('on');
    this.sim.log.note('vm.resumed', this.name, what, why);
    this.goOn();
  }

  private goOn(): void {
    // Held commands first: they were issued before anything the guest issues now.
    for (const holder of this.holders) holder.resubmit();
    if (!this.stunned) for (const listener of this.resumeListeners) listener();
  }

  /** Its host is dead, and the machine with it. */
  crash(why: string): void {
    if (this.state === 'off') return;
    this.question = undefined;
    this.setState('off');
    this.sim.log.note('vm.poweredOff', this.name, 'stopped in the middle of its work', why);
    for (const holder of this.holders) holder.abort(true);
  }

  private setState(state: VmState): void {
    this.state = state;
    this.question = undefined;
    this.publish();
  }

  private publish(): void {
    const { values } = this.entity;
    const isFrozen = this.freezes > 0;
    this.stunned = this.state !== 'on' || isFrozen;
    values[0] = this.state === 'stunned' || isFrozen ? 1 : 0;
    values[1] = POWER[this.state];
  }
}
