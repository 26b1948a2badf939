/** Who does the operations that power is lost in: a volume's only user, or one of its hosts. */
import { InputError } from '../../../../src/engine/core/errors.js';
import {
  type Access,
  type Answer,
  HostStopped,
  type Steps,
} from '../../../../src/engine/formats/vmfs/hosts/access.js';
import { ClusterHost } from '../../../../src/engine/formats/vmfs/hosts/cluster-host.js';
import { LogicalVolume } from '../../../../src/engine/formats/vmfs/logical-volume.js';
import { type CreateOptions, Volume } from '../../../../src/engine/formats/vmfs/volume.js';
import { HOST, SECONDS, sequence } from '../model.js';
import type { Overlay, Step } from './medium.js';
import type { Actor, Operation } from './operations.js';
import { stateOf } from './state.js';

export interface Run {
  readonly steps: readonly Step[];
  /** From which step on a state is there whatever happens. */
  readonly marks: readonly Mark[];
  /** Step where the last operation began. */
  readonly from: number;
}

interface Mark {
  readonly step: number;
  readonly state: string;
}

/** What the operations write, from the medium as it was until nobody uses it any more. */
export type Driver = (medium: Overlay, operations: readonly Operation[], resident: boolean) => Run;

/** Notes the state after each transaction that changes it. */
class Marks {
  readonly list: Mark[];

  constructor(
    private readonly steps: readonly Step[],
    private readonly state: () => string,
  ) {
    this.list = [{ step: 0, state: state() }];
  }

  look(): void {
    const state = this.state();
    const last = this.list[this.list.length - 1];
    if (state !== last.state) this.list.push({ step: this.steps.length, state });
  }
}

function perform(
  actor: Actor,
  operations: readonly Operation[],
  steps: Step[],
  marks: Marks,
): number {
  let from = 0;
  for (const { name, run, steps: several } of operations) {
    // What was written before, the sequence without this operation has lost already.
    from = operations.length === 1 ? 0 : steps.length;
    const before = marks.list.length;
    try {
      run(actor);
    } catch (error) {
      // The second operation may be impossible after the first.
      if (!(error instanceof InputError) || operations.length === 1) throw error;
    }
    marks.look();
    if (operations.length === 1 && marks.list.length === before) {
      throw new Error(`${name} changes nothing that is seen`);
    }
    if (several !== true && marks.list.length > before + 1) {
      const all = operations.map((one) => one.name).join(',');
      throw new Error(`${all}: ${name} is seen half done`);
    }
  }
  return from;
}

export function driveVolume(
  medium: Overlay,
  operations: readonly Operation[],
  resident: boolean,
): Run {
  const steps: Step[] = [];
  medium.steps = steps;
  const volume = Volume.open([medium], { seconds: SECONDS + 5, host: HOST, resident });
  const marks = new Marks(steps, () => stateOf(volume));
  const { core } = volume;
  const transaction = core.transaction.bind(core);
  core.transaction = (change) => {
    const result = transaction(change);
    marks.look();
    return result;
  };
  const from = perform(volume, operations, steps, marks);
  volume.close();
  return { steps, marks: marks.list, from };
}

/** Each access is on the medium before the next begins. */
export function driveHost(
  medium: Overlay,
  operations: readonly Operation[],
  resident: boolean,
): Run {
  const steps: Step[] = [];
  medium.steps = steps;
  const marks = new Marks(steps, () =>
    stateOf(Volume.open([medium], { seconds: SECONDS + 5, resident })),
  );
  const actor = new HostActor(medium, resident, () => marks.look());
  const from = perform(actor, operations, steps, marks);
  actor.unmount();
  return { steps, marks: marks.list, from };
}

/** Drives a host through whole operations, on a medium of its own. */
class HostActor implements Actor {
  private readonly volume: LogicalVolume;
  private readonly host: ClusterHost;
  private now = 0;

  constructor(
    medium: Overlay,
    resident: boolean,
    private readonly committed: () => void,
  ) {
    this.volume = LogicalVolume.open([medium]);
    this.host = this.drive(
      ClusterHost.mount(this.volume, {
        host: HOST,
        seconds: SECONDS + 5,
        resident,
        locking: this.volume.major === 3 ? 'reservation' : 'ats',
        now: () => this.now,
        random: sequence(3),
      }),
    );
  }

  private drive<T>(operation: Steps<T>): T {
    let next = operation.next();
    while (next.done !== true) {
      const access = next.value;
      this.now += access.kind === 'wait' ? access.ns : 1e6;
      next = operation.next(this.answer(access));
    }
    return next.value;
  }

  private answer(access: Access): Answer {
    if (access.kind === 'read') {
      const bytes = new Uint8Array(access.length);
      this.volume.read(access.at, bytes);
      return { outcome: 'done', bytes };
    }
    if (access.kind !== 'write' && access.kind !== 'ats') return { outcome: 'done' };
    if (access.kind === 'ats') {
      const found = new Uint8Array(access.expected.length);
      this.volume.read(access.at, found);
      // Nobody else is there.
      if (Buffer.compare(found, access.expected) !== 0) throw new HostStopped('an ATS differs');
    }
    this.volume.write(access.at, access.bytes);
    this.volume.flush();
    if (access.kind === 'write' && access.commits) this.committed();
    return { outcome: 'done' };
  }

  create(path: string, options: CreateOptions = {}): void {
    this.drive(this.host.createFile(path));
    if (options.length !== undefined) this.resize(path, options.length, options.provisioning);
  }

  makeDirectory(path: string): void {
    this.drive(this.host.makeDirectory(path));
  }

  write(path: string, offset: number, bytes: Uint8Array): void {
    this.drive(this.host.write(path, offset, bytes));
  }

  resize(path: string, length: number, how: CreateOptions['provisioning'] = 'thin'): void {
    if (how === 'thin') this.drive(this.host.resize(path, length));
    else this.drive(this.host.allocate(path, length, how));
  }

  rename(from: string, to: string, replace?: boolean): void {
    this.drive(this.host.rename(from, to, replace));
  }

  remove(path: string): void {
    this.drive(this.host.remove(path));
  }

  stat(path: string): { length: number } {
    return { length: this.drive(this.host.lengthOf(path)) };
  }

  unmount(): void {
    this.drive(this.host.unmount());
  }
}
