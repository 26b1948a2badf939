/** A world as the screen knows it, fed by a real simulation. */
import { Simulation } from '../../src/engine/simulation/simulation.js';
import { loadScenario } from '../../src/scenario/load.js';
import { World } from '../../src/tui/world.js';
import { PLAN } from './fake-engine.js';

export class SimulatedWorld {
  readonly world = new World();
  readonly simulation: Simulation;
  private version = 0;

  constructor(scenario: string, breakdown = false) {
    const plan = loadScenario(scenario);
    this.simulation = new Simulation(plan);
    if (breakdown) this.simulation.setBreakdown(true);
    this.layout();
    this.frame();
  }

  /** Runs on, one frame for each of these instants. */
  at(...seconds: readonly number[]): this {
    for (const second of seconds) {
      this.simulation.runUntil(second * 1e9);
      this.frame();
    }
    return this;
  }

  private layout(): void {
    const { plan, entities } = this.simulation;
    const datastores = plan.datastores.map(({ name, type, extents }) => ({
      name,
      type,
      devices: extents,
    }));
    const vms = plan.vms.map(({ name, host }) => ({ name, host }));
    const summary = { ...PLAN, name: plan.name, datastores, vms, disks: [] };
    this.version++;
    this.world.hear({ type: 'layout', version: this.version, entities, plan: summary, faults: [] });
  }

  private frame(): void {
    const sample = this.simulation.sample();
    const layoutVersion = this.version;
    this.world.hear({
      type: 'frame',
      layoutVersion,
      ...sample,
      speed: 1,
      ioPerSecond: 0,
      done: false,
    });
  }
}
