import type { Plan } from '../engine/plan/plan.js';
import { actionWords } from '../output/action-words.js';
import type { SessionDocument } from '../output/document.js';
import { scoreLines } from '../output/score.js';
import { WatchedSimulation } from '../output/watched-simulation.js';
import type { Branch } from '../scenario/session/file.js';

/** A branch of a session, run without a screen. */
export class SessionRun {
  readonly simulation: WatchedSimulation;
  /** Where the digest of the branch is known, ns. */
  readonly endNs: number;
  /** Undefined until that instant has been passed. */
  private same: boolean | undefined;

  constructor(
    private readonly plan: Plan,
    private readonly branch: Branch,
  ) {
    this.simulation = new WatchedSimulation(plan, branch.commands);
    this.endNs = branch.endNs;
  }

  /** To be called at `endNs`. */
  check(): void {
    this.same = this.simulation.digest() === this.branch.digest;
  }

  /** True when it did not run as it was saved. */
  get different(): boolean {
    return this.same === false;
  }

  document(): SessionDocument {
    const { watch, commands } = this.simulation;
    const isDrill = this.plan.expectations.length > 0 || this.plan.narrative.length > 0;
    return {
      branch: this.branch.name,
      savedSeconds: this.endNs / 1e9,
      asSaved: this.same ?? null,
      actions: commands.map((timed) => ({ atSeconds: timed.atNs / 1e9, what: this.words(timed) })),
      score: isDrill ? watch.score(watch.standing(true)) : null,
    };
  }

  /** For the summary: what was done, and the score. */
  lines(): string[] {
    const { branch, actions, score } = this.document();
    const title = `branch ${branch}: ${actions.length === 0 ? 'nothing was done' : 'what was done'}`;
    return [
      title,
      ...actions.map(({ atSeconds, what }) => `  ${atSeconds.toFixed(3)} s  ${what}`),
      ...(score === null ? [] : scoreLines(score)),
    ];
  }

  private words(timed: Branch['commands'][number]): string {
    const disks = this.plan.vms.flatMap((vm) =>
      vm.disks.map(({ index, name }) => ({ index, name, vm: vm.name })),
    );
    return actionWords(timed, disks);
  }
}
