import { InputError } from '../../core/errors.js';
import { formatSize } from '../../core/units.js';
import type { PowerState } from '../../plan/commands.js';
import type { Home } from './home.js';
import type { Vm } from './vm.js';

/** State of the devices of a suspended machine: model, video memory most of all. */
const DEVICE_STATE_BYTES = 16 * 1024 * 1024;

/**
 * Power operations of a machine, and what they do to its files (stack-upper 16): swap, lock and log
 * of a machine that runs, the image of one that is suspended. How long the image takes to write is
 * not modelled.
 */
export class Power {
  private isTemplate = false;

  constructor(
    private readonly vm: Vm,
    private readonly home: Home,
  ) {
    vm.onPowerOff(() => {
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
   * Brings the machine into another state.
   * @throws InputError when it cannot get there from where it is, or there is no space for its files
   */
  to(wanted: PowerState, why: string): void {
    const { vm, state } = this;
    if (wanted === state) throw this.refusal(`is ${nameOf(state)} already`);
    if (wanted === 'on') this.powerOn(why);
    else if (wanted === 'suspended') this.suspend(why);
    else if (wanted === 'template') {
      if (state !== 'off') throw this.refusal('is not powered off', 'power it off first');
      this.setTemplate(true);
    } else if (state === 'template') {
      this.setTemplate(false);
    } else vm.powerOff('powered off', why);
  }

  /** What only a machine that runs, or is suspended, has. */
  private removeRuntimeFiles(): void {
    this.home.removeRoles('swap', 'vmxSwap', 'suspendState', 'lock');
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
      home.removeRoles('suspendState');
      vm.resume('resumed from its suspend file', why);
    } else {
      home.rotateLogs();
      vm.powerOn(why);
    }
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
    home.removeRoles('swap', 'vmxSwap', 'lock');
    home.setLocked(false);
    const [image] = home.ofRole('suspendState');
    vm.suspend(`suspended to ${image.path}, ${formatSize(image.sizeBlocks * 512)}`, why);
  }

  private refusal(what: string, hint?: string): InputError {
    return InputError.of(`VM ${this.vm.name}`, what, hint);
  }
}

function nameOf(state: PowerState): string {
  if (state === 'template') return 'a template';
  return state === 'suspended' ? state : `powered ${state}`;
}
