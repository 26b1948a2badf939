import { existsSync, rmSync, statSync } from 'node:fs';
import { InputError } from '../engine/core/errors.js';
import type { OpenImage } from '../engine/devices/content.js';
import type { FileContentPlan, Plan } from '../engine/plan/plan.js';
import { Simulation } from '../engine/simulation/simulation.js';
import { FileImage } from '../input/image/file-image.js';

/** Simulated time guests are given at the end for what they have in flight; *model*. */
const REST_NS = 60e9;
const LOOK_NS = 1e9;

/** The image files in which LUNs of a run keep what is written to them. */
export class RunImages {
  private readonly images: FileImage[] = [];
  /** Those that were not there before. */
  private readonly made: string[] = [];

  /**
   * Builds the run over its files.
   * @throws InputError when one exists and the scenario does not say what becomes of it, or the plan
   * cannot be built; new files are then removed again
   */
  simulate(plan: Plan): Simulation {
    try {
      return new Simulation(plan, true, this.open);
    } catch (error) {
      for (const path of this.made) rmSync(path);
      throw error;
    }
  }

  /**
   * The run is over: guests stop, what they have in flight comes back, hosts unmount. Says on standard
   * error which files there are now.
   */
  finish(simulation: Simulation): void {
    if (this.images.length === 0) return;
    simulation.stopJobs();
    const until = simulation.now + REST_NS;
    do simulation.runUntil(simulation.now + LOOK_NS);
    while (simulation.inFlight > 0 && simulation.now < until);
    const left = simulation.unmount();
    const names = this.images.map(({ name }) => name).join(', ');
    process.stderr.write(`images: ${names}\n`);
    for (const datastore of left) {
      process.stderr.write(
        `${datastore}: something was still on its way; its images are as after a loss of power\n`,
      );
    }
  }

  close(): void {
    for (const image of this.images) image.close();
  }

  private readonly open: OpenImage = ({ file, ifExists }, bytes) => {
    const image = this.openFile({ file, ifExists }, bytes);
    this.images.push(image);
    return image;
  };

  private openFile({ file, ifExists }: FileContentPlan, bytes: number): FileImage {
    const exists = existsSync(file);
    if (!exists) {
      const image = FileImage.create(file, bytes, false);
      this.made.push(file);
      return image;
    }
    if (ifExists === 'fail') {
      const hint =
        'in the scenario "ifExists: open" goes on with what it holds, "ifExists: replace" begins anew';
      throw InputError.of(file, 'the file exists', hint);
    }
    if (ifExists === 'replace') return FileImage.create(file, bytes, true);
    const { size } = statSync(file);
    if (size !== bytes) {
      throw InputError.of(file, `it has ${size} bytes, the LUN of the scenario ${bytes}`);
    }
    return FileImage.open(file, true);
  }
}
