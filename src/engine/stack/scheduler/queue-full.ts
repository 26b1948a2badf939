import type { SchedulerSettings } from './settings.js';

/**
 * Adaptive queue depth (stack-lower 5.3): a device that turns commands away gets fewer at once.
 *
 * By count, as the knowledge base tells it: after `fullSample` refusals the depth is halved, and
 * after every `fullThreshold` good answers it grows by one until it is what it was. By window, as
 * the options are described: the depth is halved when at least `fullThreshold` of `fullSample`
 * answers were refusals; how it grows is the same.
 */
export class QueueFullControl {
  /** Commands the device may have now. */
  depth: number;
  /** Answers have to be told to `answered`: the depth is reduced, or windows are counted. */
  watching = false;
  /** The last change is worth a line in the event log: a cut, or the way back all done. */
  isNews = false;
  /** Why the depth has changed last. */
  reason = '';

  private refusals = 0;
  private good = 0;
  private answers = 0;

  constructor(
    private full: number,
    private readonly settings: SchedulerSettings,
  ) {
    this.depth = full;
    this.watch();
  }

  /** Changes the device's own depth; the controller starts over. */
  setFull(full: number): void {
    this.full = full;
    this.depth = full;
    this.refusals = 0;
    this.good = 0;
    this.answers = 0;
    this.watch();
  }

  /** TASK SET FULL or BUSY; true when the depth has changed. */
  refused(): boolean {
    const { fullSample, fullByWindow } = this.settings;
    if (fullSample === 0) return false;
    this.refusals++;
    if (fullByWindow) return this.closeWindow();
    return this.refusals >= fullSample && this.halve(`${fullSample} TASK SET FULL or BUSY`);
  }

  /** A command is done, well or not; true when the depth has changed. */
  answered(well: boolean): boolean {
    const { fullThreshold, fullByWindow } = this.settings;
    if (fullByWindow && this.closeWindow()) return true;
    if (!well || this.depth >= this.full) return false;
    this.good++;
    if (this.good < fullThreshold) return false;
    this.good = 0;
    this.depth++;
    this.isNews = this.depth === this.full;
    this.reason = `${fullThreshold} good answers for each more`;
    this.watch();
    return true;
  }

  /** Counts one answer of the window; the last one decides. */
  private closeWindow(): boolean {
    const { fullSample, fullThreshold } = this.settings;
    this.answers++;
    if (this.answers < fullSample) return false;
    const refused = this.refusals;
    this.answers = 0;
    this.refusals = 0;
    return refused >= fullThreshold && this.halve(`${refused} of ${fullSample} answers were full`);
  }

  private halve(reason: string): boolean {
    const before = this.depth;
    this.refusals = 0;
    this.good = 0;
    this.depth = Math.max(1, Math.floor(before / 2));
    this.isNews = true;
    this.reason = `${reason}: halved from ${before}`;
    this.watch();
    return this.depth < before;
  }

  private watch(): void {
    const { fullSample, fullByWindow } = this.settings;
    this.watching = fullSample > 0 && (fullByWindow || this.depth < this.full);
  }
}
