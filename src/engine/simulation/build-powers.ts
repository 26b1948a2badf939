import { READ, WRITE } from '../core/io.js';
import type { Sim } from '../core/sim.js';
import type { DataMover } from '../operations/data-mover.js';
import { FileJob } from '../operations/file-job.js';
import type { FileHandle } from '../stack/files.js';
import type { Home, HomeFile } from '../stack/vmfiles/home.js';
import { type MemoryMover, Power } from '../stack/vmfiles/power.js';
import type { HostFileSystems } from './build-datastores.js';
import type { BuiltVms } from './build-vms.js';

/** First and longest pause between two looks whether a file is at rest (model). */
const LOOK_NS = 1_000_000;
const LOOK_NS_MAX = 1_000_000_000;

/** Power operations of each machine, by its name; their images go by way of the host's data mover. */
export function buildPowers(
  sim: Sim,
  { vms, homes }: BuiltVms,
  fileSystems: ReadonlyMap<string, HostFileSystems>,
  moverOf: (host: string) => DataMover,
): ReadonlyMap<string, Power> {
  const powers = new Map<string, Power>();
  for (const [name, vm] of vms) {
    const { fileSystemSwitch: lower, stores } = fileSystems.get(vm.host) as HostFileSystems;
    const mover = moverOf(vm.host);
    const home = homes.get(name) as Home;
    const isChanging = (image: FileHandle): boolean => {
      const { datastore } = home.files.find(({ handle }) => handle === image) as HomeFile;
      return stores.get(datastore)?.datastore.isChanging(image) === true;
    };
    const memory: MemoryMover = {
      move: (what, handle, ended) => {
        const files = [{ handle, blocks: handle.sizeBlocks }];
        const job = new FileJob(
          sim,
          mover,
          lower,
          what === 'load' ? READ : WRITE,
          files,
          (problem) =>
            whenAtRest(
              sim,
              () => isChanging(handle),
              () => ended(problem),
            ),
        );
        return () => job.stop('given up');
      },
    };
    powers.set(name, new Power(sim, vm, home, memory));
  }
  return powers;
}

/** Space may still be found for a write that has failed. */
function whenAtRest(sim: Sim, isChanging: () => boolean, then: () => void, ns = LOOK_NS): void {
  if (!isChanging()) then();
  else sim.timers.delay(ns, () => whenAtRest(sim, isChanging, then, Math.min(2 * ns, LOOK_NS_MAX)));
}
