const CLEAR_LINE = '\r\u001b[2K';
const BAR = 24;
/** Shortest time between two drawings. */
const PAUSE_MS = 100;

/** A line on a terminal that says how much of a piece of work is done; nothing on anything else. */
export class PartProgress {
  private shown = false;
  private last = 0;

  constructor(
    private readonly stream: { readonly isTTY?: boolean; write(text: string): unknown },
    private readonly what: string,
  ) {}

  /** @param part 0 to 1 */
  update(part: number): void {
    if (this.stream.isTTY !== true) return;
    const now = Date.now();
    if (now - this.last < PAUSE_MS) return;
    this.last = now;
    const full = Math.floor(Math.max(0, Math.min(1, part)) * BAR);
    const bar = `${'='.repeat(full)}${' '.repeat(BAR - full)}`;
    const percent = `${Math.floor(part * 100)}%`.padStart(4);
    this.stream.write(`${CLEAR_LINE}[${bar}]${percent}  ${this.what}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) this.stream.write(CLEAR_LINE);
    this.shown = false;
  }
}
