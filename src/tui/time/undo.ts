/**
 * How the last action is taken back: by another command, which is recorded like any other. What has
 * no opposite (a rescan, an answer, a fault that was over at once) stands in the way of nothing.
 */
import { InputError } from '../../engine/core/errors.js';
import type { Sample } from '../../engine/core/meters.js';
import type {
  RecordedSimulation,
  TimedCommand,
} from '../../engine/simulation/recorded-simulation.js';
import { commandWords, type NamedDisk } from '../../output/action-words.js';
import type { Command } from '../engine.js';

interface Deed {
  readonly command: Command;
  /** Undefined: already as it was, or it cannot be taken back. */
  readonly opposite: Command | undefined;
}

/** Values of the gauge `state` of paths and devices. */
const OFF = 4;

export class Undo {
  private readonly deeds: Deed[] = [];

  constructor(
    private readonly simulation: RecordedSimulation,
    private readonly disks: readonly NamedDisk[],
  ) {
    simulation.around = (timed, apply) => this.around(timed, apply);
  }

  /** Takes the last action back; in words. @throws InputError when there is none left */
  undo(): string {
    const deed = this.deeds[this.last()];
    if (deed?.opposite === undefined) {
      throw InputError.of('', 'there is no action that could be taken back');
    }
    this.simulation.command(deed.opposite, true);
    return `taken back: ${commandWords(deed.command, this.disks)}`;
  }

  private around({ command, undo }: TimedCommand, apply: () => void): void {
    if (undo) {
      const last = this.last();
      apply();
      this.deeds.splice(last, this.deeds.length);
      return;
    }
    const known = this.active();
    const before = this.before(command);
    apply();
    const injected = this.simulation.activeFaults.find(({ id }) => !known.has(id));
    const opposite: Command | undefined =
      command.kind === 'inject' && injected !== undefined
        ? { kind: 'heal', id: injected.id }
        : before;
    this.deeds.push({ command, opposite });
  }

  /** The last deed that can be taken back; a fault that is over by itself or was healed cannot. */
  private last(): number {
    const active = this.active();
    return this.deeds.findLastIndex(({ opposite }) =>
      opposite?.kind === 'heal' ? active.has(opposite.id) : opposite !== undefined,
    );
  }

  private active(): Set<number> {
    return new Set(this.simulation.activeFaults.map(({ id }) => id));
  }

  /** What restores the state before the command. */
  private before(command: Command): Command | undefined {
    switch (command.kind) {
      case 'qos': {
        const qos = this.simulation.qosOf(command.disk);
        return qos === undefined ? undefined : { kind: 'qos', disk: command.disk, qos };
      }
      case 'path': {
        const { host, path } = command;
        const was = this.gauge('path', host, path, 'state') === OFF ? 'off' : 'on';
        return was === command.state ? undefined : { ...command, state: was };
      }
      case 'device': {
        const { host, device } = command;
        const was = this.gauge('device', host, device, 'state') === OFF ? 'off' : 'on';
        return was === command.state ? undefined : { ...command, state: was };
      }
      case 'rank': {
        const { host, path, rank } = command;
        const was = this.gauge('path', host, path, 'rank');
        return was === undefined || was === rank ? undefined : { ...command, rank: was };
      }
      default:
        return undefined;
    }
  }

  /** A device also goes by its LUN's name. */
  private gauge(scope: string, host: string, name: string, field: string): number | undefined {
    const entity = this.simulation.entities.find(
      (info) =>
        info.scope === scope &&
        info.labels.host === host &&
        (info.name === name || info.labels.lun === name),
    );
    const slot = entity?.fields.indexOf(field) ?? -1;
    if (entity === undefined || slot < 0) return undefined;
    const sample: Sample = this.simulation.sample(false);
    return sample.values[entity.base + slot];
  }
}
