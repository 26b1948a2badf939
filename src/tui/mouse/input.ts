/**
 * Takes the mouse's reports out of what a terminal sends, before Ink sees it: a report that arrives
 * in two pieces would be typed text there (tui reference, section 3.4).
 */
import { Transform, type TransformCallback } from 'node:stream';

/** Presses and turns of the wheel are reported, moves are not; numbers may be of any size. */
export const MOUSE_ON = '\u001B[?1000h\u001B[?1006h';
export const MOUSE_OFF = '\u001B[?1006l\u001B[?1000l';

export interface MouseReport {
  readonly what: 'press' | 'wheel-up' | 'wheel-down';
  /** Column and row of the screen, from 0. */
  readonly x: number;
  readonly y: number;
}

const REPORT = /\u001B\[<(\d+);(\d+);(\d+)([Mm])/g;
/** The beginning of a report at the end of a chunk; Escape alone is a key. */
const BEGUN = /\u001B\[(<[\d;]*)?$/;
/** A report has at most this many characters; what is longer is something else. */
const LENGTH_MAX = 24;

/** Bits of the button's number (xterm control sequences, "Extended coordinates", SGR 1006). */
const MODIFIERS = 4 | 8 | 16;
const WHEEL_UP = 64;
const WHEEL_DOWN = 65;

/** The left button and the wheel; undefined for what means nothing here. */
function readReport(button: number, x: number, y: number, end: string): MouseReport | undefined {
  const what = { 0: 'press', [WHEEL_UP]: 'wheel-up', [WHEEL_DOWN]: 'wheel-down' } as const;
  const known = what[(button & ~MODIFIERS) as keyof typeof what];
  return known === undefined || end === 'm' ? undefined : { what: known, x: x - 1, y: y - 1 };
}

/** The keyboard without the mouse: what Ink takes for its standard input. */
export class KeyboardInput extends Transform {
  readonly isTTY = true;
  private begun = '';

  /** @param source the terminal, whose modes Ink still sets */
  constructor(
    private readonly source: NodeJS.ReadStream,
    private readonly onReport: (report: MouseReport) => void,
  ) {
    super({ decodeStrings: false });
    source.setEncoding('utf8');
    source.pipe(this);
  }

  override _transform(chunk: string | Buffer, _encoding: string, done: TransformCallback): void {
    const text = this.begun + String(chunk);
    const tail = BEGUN.exec(text)?.[0] ?? '';
    this.begun = tail.length > LENGTH_MAX ? '' : tail;
    const keys = text
      .slice(0, text.length - this.begun.length)
      .replace(REPORT, (_all, button: string, x: string, y: string, end: string) => {
        const report = readReport(Number(button), Number(x), Number(y), end);
        if (report !== undefined) this.onReport(report);
        return '';
      });
    done(null, keys === '' ? undefined : keys);
  }

  setRawMode(on: boolean): this {
    this.source.setRawMode(on);
    return this;
  }

  ref(): this {
    this.source.ref();
    return this;
  }

  unref(): this {
    this.source.unref();
    return this;
  }
}
