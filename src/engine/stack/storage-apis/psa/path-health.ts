import type { Sim } from '../../../core/sim.js';
import type { SettingName, Settings } from '../../settings.js';
import type { Path } from './path.js';

/** A path with fewer commands in a window is not judged (model). */
const COMMANDS_MIN = 20;
/** Probes that decide whether a degraded path has recovered (model). */
const TRIAL = 20;

/** Who manages degraded paths, and by which settings. */
export interface HealthSettings {
  readonly manage: SettingName;
  readonly threshold: SettingName;
}

export interface Judged {
  ask(path: Path, why: string): void;
  pathsChanged(why: string): void;
}

interface Record {
  /** A window is open: what the path had finished when it began, and errors since. */
  counting: boolean;
  finishedThen: number;
  errors: number;
  /** Probes of a trial still to be answered. */
  trialLeft: number;
  trialErrors: number;
}

/**
 * Paths that work but lose too many commands are degraded: used only when there is no sound path. A
 * window opens with the first transient error, so a sound path costs nothing. Every 60 s a degraded
 * path is tried with a row of probes (stack-lower reference, 3.7; how it is tried is model).
 */
export class PathHealth {
  private readonly records = new Map<Path, Record>();
  private readonly enabled: boolean;
  private readonly threshold: number;

  constructor(
    private readonly sim: Sim,
    private readonly settings: Settings,
    names: HealthSettings,
    private readonly judged: Judged,
  ) {
    this.enabled = settings.on(names.manage);
    this.threshold = settings.get(names.threshold);
  }

  /** A command on the path ended with an error that may pass. */
  failed(path: Path): void {
    if (!this.enabled || path.degraded) return;
    const record = this.recordOf(path);
    if (record.counting) {
      record.errors++;
      return;
    }
    record.counting = true;
    record.errors = 1;
    record.finishedThen = path.finished - 1;
    const windowNs = this.settings.ns('Misc.DegradedPathEvalTime');
    this.sim.timers.delay(windowNs, () => this.evaluate(path, record));
  }

  /** A probe has been answered, well or not. */
  answered(path: Path, good: boolean): void {
    const record = this.records.get(path);
    if (record === undefined || record.trialLeft === 0) return;
    record.trialLeft--;
    if (!good) record.trialErrors++;
    if (record.trialLeft > 0) this.judged.ask(path, 'trial of a degraded path');
    else this.conclude(path, record);
  }

  private recordOf(path: Path): Record {
    let record = this.records.get(path);
    if (record === undefined) {
      record = { counting: false, finishedThen: 0, errors: 0, trialLeft: 0, trialErrors: 0 };
      this.records.set(path, record);
    }
    return record;
  }

  private evaluate(path: Path, record: Record): void {
    record.counting = false;
    const commands = path.finished - record.finishedThen;
    if (!path.usable || commands < COMMANDS_MIN) return;
    if (record.errors * 100 < this.threshold * commands) return;
    path.degraded = true;
    const percent = Math.round((100 * record.errors) / commands);
    const what = `${percent} % of ${commands} commands failed`;
    path.note('path.degraded', what, `${this.threshold} % is the limit`);
    this.judged.pathsChanged('a path is degraded');
    this.tryLater(path, record);
  }

  private tryLater(path: Path, record: Record): void {
    const intervalNs = this.settings.ns('Misc.DegradedPathReEvalInterval');
    this.sim.timers.delay(intervalNs, () => {
      if (!path.usable) {
        this.tryLater(path, record);
        return;
      }
      record.trialLeft = TRIAL;
      record.trialErrors = 0;
      this.judged.ask(path, 'trial of a degraded path');
    });
  }

  private conclude(path: Path, record: Record): void {
    if (record.trialErrors * 100 >= this.threshold * TRIAL) {
      this.tryLater(path, record);
      return;
    }
    path.degraded = false;
    const why = `${record.trialErrors} of ${TRIAL} probes failed`;
    path.note('path.recovered', 'taken for sound again', why);
    this.judged.pathsChanged('a path has recovered');
  }
}
