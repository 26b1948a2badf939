import { ROW_STRIDE } from '../../core/requests.js';
import type { Sim } from '../../core/sim.js';
import type { DiskChain } from '../../stack/vmfiles/chain/disk-chain.js';
import type { Vm } from '../../stack/vmfiles/vm.js';

/** First and longest pause between two looks whether commands have come back (model). */
const LOOK_NS = 1_000_000;
const LOOK_NS_MAX = 16_000_000;
/** A machine is not held longer for commands that do not come back: model. */
export const SETTLE_NS_MAX = 30e9;
/** Guests hold their file systems still for so long at most (VSS; from memory). */
export const QUIESCE_NS_MAX = 10e9;

/** A disk of the machine, and its number in the plan. */
export interface ChainedDisk {
  readonly index: number;
  readonly chain: DiskChain;
}

/**
 * Stuns a machine and waits until nothing of its disks is under way below them, so that their
 * chains can be changed. Commands that come meanwhile wait, and go on with `thaw`.
 */
export class Freezer {
  private frozenAt = 0;

  constructor(
    private readonly sim: Sim,
    private readonly vm: Vm,
    private readonly disks: readonly ChainedDisk[],
  ) {}

  /** How long the machine has been stunned, ns. */
  get stunNs(): number {
    return this.sim.now - this.frozenAt;
  }

  /**
   * @param quiesce first waits until the guest has every command back: its file systems are at rest
   * @param then told from an event of its own; with a problem the machine runs again
   */
  freeze(quiesce: boolean, then: (problem?: string) => void): void {
    this.frozenAt = this.sim.now;
    this.vm.freeze();
    if (!quiesce) this.pause();
    this.look(LOOK_NS, quiesce, then);
  }

  thaw(): void {
    this.vm.thaw();
    for (const { chain } of this.disks) chain.backing.unpause();
  }

  private pause(): void {
    for (const { chain } of this.disks) chain.backing.pause();
  }

  private look(pauseNs: number, quiesce: boolean, then: (problem?: string) => void): void {
    this.sim.timers.delay(pauseNs, () => {
      if (quiesce && !this.isQuiet) {
        this.waitOn(pauseNs, quiesce, QUIESCE_NS_MAX, 'the guest could not be quiesced', then);
        return;
      }
      if (quiesce) this.pause();
      const settled = this.disks.every(
        ({ chain }) => chain.backing.isSettled && chain.guest.isIdle,
      );
      if (settled) then();
      else
        this.waitOn(pauseNs, false, SETTLE_NS_MAX, 'commands of its disks do not come back', then);
    });
  }

  private waitOn(
    pauseNs: number,
    quiesce: boolean,
    mostNs: number,
    problem: string,
    then: (problem?: string) => void,
  ): void {
    if (this.stunNs < mostNs) {
      this.look(Math.min(2 * pauseNs, LOOK_NS_MAX), quiesce, then);
      return;
    }
    this.thaw();
    then(problem);
  }

  /** No command of the disks is anywhere between the guest and the devices. */
  private get isQuiet(): boolean {
    const { requests } = this.sim;
    const numbers = this.disks.map(({ index }) => index);
    let left = requests.inFlight;
    for (let io = 0; left > 0 && io < requests.handleLimit; io += ROW_STRIDE) {
      if (!requests.live(io)) continue;
      left--;
      if (numbers.includes(requests.disk[io])) return false;
    }
    return true;
  }
}
