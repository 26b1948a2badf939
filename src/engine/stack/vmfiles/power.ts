import { InputError } from '../../core/errors.js';
import type { Sim } from '../../core/sim.js';
import { formatDuration, formatSize } from '../../core/units.js';
import type { PowerState } from '../../plan/commands.js';
import type { FileHandle } from '../files.js';
import type { Home } from './home.js';
import type { Vm } from './vm.js';

/** State of the devices of a suspended machine: model, video memory most of all. */
const DEVICE_STATE_BYTES = 16 * 1024 * 1024;

/** Writes the image of a machine from end to end, or reads it. */
export interface MemoryMover {
  /**
   * @param ended told when all has been moved, or what went wrong
   * @returns gives up: `ended` is told when what is under way has come to its end
   */
  move(what: 'save' | 'load', file: FileHandle, ended: (problem?: string) => void): () => void;
}

/** A machine on its way from one state to another. */
interface Transition {
  readonly name: 'suspended' | 'resumed';
  readonly giveUp: () => void;
  /** It has been powered off meanwhile; not so when its host has died. */
  isOff: boolean;
  /** Asked for meanwhile: done when it is over. */
  next: { readonly state: PowerState; readonly why: string } | undefined;
}

/**
 * Power operations of a machine, and what they do to its files (stack-upper 16): swap, lock and log
 * of a machine that runs, the image of one that is suspended. The image, memory and devices, is written
 * while the machine is stunned, and read before it goes on (model: all of it, at the pace of its host's
 * data mover).
 */
export class Power {
  private isTemplate = false;
  private transition: Transition | undefined;

  constructor(
    private readonly sim: Sim,
    private readonly vm: Vm,
    private readonly home: Home,
    private readonly memory: MemoryMover,
  ) {
    vm.onPowerOff(() => {
      if (this.transition !== undefined) {
        this.transition.isOff = true;
        this.transition.giveUp();
      }
      this.removeRuntimeFiles();
      this.home.setLocked(false);
    });
  }

  /** What the machine is now. */
  get state(): PowerState {
    const { state } = this.vm;
    if (this.isTemplate) return 'template';
    return state === 'stunned' ? 'on' : state;
  }

  /**
   * Brings the machine into another state, at once or, where its memory has to be moved, in a while.
   * @throws InputError when it cannot get there from where it is, or there is no space for its files
   */
  to(wanted: PowerState, why: string): void {
    const { vm, state, transition } = this;
    if (wanted === 'off' && (state === 'on' || state === 'suspended')) {
      vm.powerOff('powered off', why);
    } else if (transition !== undefined) {
      const { name } = transition;
      const mayBeOn = wanted === 'on' && (name === 'suspended' || state === 'off');
      if (!mayBeOn && !(wanted === 'suspended' && name === 'resumed' && state !== 'off')) {
        throw this.refusal(`is being ${name}`);
      }
      transition.next = { state: wanted, why };
    } else if (wanted === state) {
      throw this.refusal(`is ${nameOf(state)} already`);
    } else if (wanted === 'on') {
      this.powerOn(why);
    } else if (wanted === 'suspended') {
      this.suspend(why);
    } else if (wanted === 'template') {
      if (state !== 'off') throw this.refusal('is not powered off', 'power it off first');
      this.setTemplate(true);
    } else {
      this.setTemplate(false);
    }
  }

  /** What only a machine that runs, or is suspended, has; an image that is being moved goes later. */
  private removeRuntimeFiles(): void {
    this.home.removeRoles('swap', 'vmxSwap', 'lock');
    if (this.transition === undefined) this.home.removeRoles('suspendState');
  }

  private setTemplate(on: boolean): void {
    this.isTemplate = on;
    this.vm.setTemplate(on);
    this.home.renameConfig(on);
  }

  private powerOn(why: string): void {
    const { vm, home, state } = this;
    if (state === 'template') {
      throw this.refusal('is a template and cannot be powered on', 'make it a machine again (off)');
    }
    const taken = home.lockedElsewhere;
    if (taken !== undefined) {
      throw this.refusal(`another host has the lock of ${taken.path}`, 'power it on there');
    }
    home.setLocked(true);
    // A host that died has left them.
    home.removeRoles('swap', 'vmxSwap', 'lock');
    home.addSwap();
    home.setLock(true);
    if (state === 'suspended') {
      this.resume(why);
    } else {
      home.removeRoles('suspendState');
      home.rotateLogs();
      vm.powerOn(why);
    }
  }

  private resume(why: string): void {
    const { vm, home } = this;
    this.move('resumed', (problem, span) => {
      if (problem === undefined) {
        home.removeRoles('suspendState');
        vm.resume(`resumed from its suspend file in ${span}`, why);
        return;
      }
      home.removeRoles('swap', 'vmxSwap', 'lock');
      home.setLocked(false);
      this.sim.log.note('vm.resume.failed', vm.name, 'it stays suspended', problem);
    });
  }

  private suspend(why: string): void {
    const { vm, home } = this;
    if (vm.state !== 'on') {
      throw this.refusal(
        vm.state === 'stunned' ? 'waits for an answer' : 'is not powered on',
        'only a machine that runs can be suspended',
      );
    }
    home.addSuspendState(DEVICE_STATE_BYTES);
    const [image] = home.ofRole('suspendState');
    vm.freeze();
    this.move('suspended', (problem, span) => {
      if (problem === undefined) {
        home.removeRoles('swap', 'vmxSwap', 'lock');
        home.setLocked(false);
        const size = formatSize(image.sizeBlocks * 512);
        vm.suspend(`suspended to ${image.path}, ${size} in ${span}`, why);
      } else {
        home.removeRoles('suspendState');
        this.sim.log.note('vm.suspend.failed', vm.name, 'it runs on', problem);
      }
      vm.thaw();
    });
  }

  /** Writes or reads the image. @param then not told when the machine is off meanwhile */
  private move(
    name: Transition['name'],
    then: (problem: string | undefined, span: string) => void,
  ): void {
    const { vm, home, memory } = this;
    const beganAt = this.sim.now;
    const [image] = home.ofRole('suspendState');
    vm.transition = name;
    const what = name === 'suspended' ? 'save' : 'load';
    const giveUp = memory.move(what, image, (problem) => {
      const { next, isOff } = this.transition as Transition;
      this.transition = undefined;
      vm.transition = undefined;
      if (vm.state !== 'off') then(problem, formatDuration(this.sim.now - beganAt));
      else if (name === 'suspended') vm.thaw();
      if (isOff) home.removeRoles('suspendState');
      if (isOff || vm.state !== 'off') this.doNext(next);
    });
    this.transition = { name, giveUp, isOff: false, next: undefined };
  }

  private doNext(next: Transition['next']): void {
    if (next === undefined || next.state === this.state) return;
    try {
      this.to(next.state, next.why);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const [{ message }] = error.problems;
      this.sim.log.note('command.refused', this.vm.name, message, 'power, asked for before');
    }
  }

  private refusal(what: string, hint?: string): InputError {
    return InputError.of(`VM ${this.vm.name}`, what, hint);
  }
}

function nameOf(state: PowerState): string {
  if (state === 'template') return 'a template';
  return state === 'suspended' ? state : `powered ${state}`;
}
