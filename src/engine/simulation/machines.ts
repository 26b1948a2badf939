import { InputError } from '../core/errors.js';
import type { Command } from '../plan/commands.js';
import type { Power } from '../stack/vmfiles/power.js';
import type { Vm } from '../stack/vmfiles/vm.js';

type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>;

/** What an operator does to virtual machines as such. */
export class Machines {
  constructor(
    private readonly vms: ReadonlyMap<string, Vm>,
    private readonly powers: ReadonlyMap<string, Power>,
    /** The operation under way on a VM's snapshots. */
    private readonly taskOf: (vm: string) => string | undefined,
    /** Why files of a VM cannot be opened now; nothing when they can. */
    private readonly refusalOf: (vm: string) => string | undefined,
  ) {}

  /** A machine without a question is left alone. */
  answer({ vm, answer }: CommandOf<'answer'>): void {
    this.vms.get(vm)?.answer(answer);
  }

  /** @throws InputError when there is no such VM, it cannot get into that state, or is busy */
  power({ vm, state }: CommandOf<'power'>, why: string): void {
    const power = this.powers.get(vm);
    if (power !== undefined) {
      const task = this.taskOf(vm);
      if (task !== undefined) {
        throw InputError.of(`VM ${vm}`, `${task} is still under way`, 'wait until it is done');
      }
      const refusal = state === 'on' ? this.refusalOf(vm) : undefined;
      if (refusal !== undefined)
        throw InputError.of(`VM ${vm}`, `cannot be powered on: ${refusal}`);
      power.to(state, why);
      return;
    }
    const known = [...this.powers.keys()].slice(0, 12).join(', ') || 'none';
    throw InputError.of('VM', `there is no VM ${vm}`, `known: ${known}`);
  }
}
