import type { Totals } from './engine.js';
import { groupDigits } from './table.js';

const CLEAR_LINE = '\r\u001b[2K';
const BAR = 24;

/** A line on a terminal that says how far a run has come; nothing at all on anything else. */
export class Progress {
  private shown = false;

  constructor(
    private readonly stream: { readonly isTTY?: boolean; write(text: string): unknown },
    private readonly endNs: number,
  ) {}

  get visible(): boolean {
    return this.stream.isTTY === true;
  }

  update(atNs: number, { reads, writes, others }: Totals): void {
    if (!this.visible) return;
    const commands = groupDigits(reads + writes + others);
    const part = this.endNs > 0 ? atNs / this.endNs : 1;
    this.draw(part, `${(atNs / 1e9).toFixed(1)} s simulated, ${commands} I/Os`);
  }

  /** @param part how far, 0 to 1; more counts as 1 */
  draw(part: number, text: string): void {
    if (!this.visible) return;
    const done = Math.min(1, part);
    const full = Math.floor(done * BAR);
    const bar = `${'='.repeat(full)}${' '.repeat(BAR - full)}`;
    const percent = `${Math.floor(done * 100)}%`.padStart(4);
    this.stream.write(`${CLEAR_LINE}[${bar}]${percent}  ${text}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) this.stream.write(CLEAR_LINE);
    this.shown = false;
  }
}
