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
    const part = Math.min(1, this.endNs > 0 ? atNs / this.endNs : 1);
    const full = Math.floor(part * BAR);
    const bar = `${'='.repeat(full)}${' '.repeat(BAR - full)}`;
    const percent = `${Math.floor(part * 100)}%`.padStart(4);
    const commands = groupDigits(reads + writes + others);
    this.stream.write(
      `${CLEAR_LINE}[${bar}]${percent}  ${(atNs / 1e9).toFixed(1)} s simulated, ${commands} I/Os`,
    );
    this.shown = true;
  }

  clear(): void {
    if (this.shown) this.stream.write(CLEAR_LINE);
    this.shown = false;
  }
}
