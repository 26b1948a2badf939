import { appendFileSync, closeSync, openSync } from 'node:fs';
import { InputError } from '../engine/core/errors.js';
import type { LogEntry } from '../engine/core/event-log.js';

/** Text kept back until it is worth a write. */
const BUFFERED = 1 << 16;

/** One line of JSON per event: t (simulated seconds), kind, object, what, why. */
export function formatEvent({ at, kind, object, what, why }: LogEntry): string {
  return JSON.stringify({ t: at / 1e9, kind, object, what, why });
}

/** Writes the event log to a file as it comes. */
export class EventFile {
  private readonly file: number;
  private text = '';

  /** @throws InputError when the file cannot be written */
  constructor(path: string) {
    try {
      this.file = openSync(path, 'w');
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      throw InputError.of(
        path,
        `cannot be written (${String(code)})`,
        'give --events another file',
      );
    }
  }

  write(entry: LogEntry): void {
    this.text += `${formatEvent(entry)}\n`;
    if (this.text.length >= BUFFERED) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private flush(): void {
    appendFileSync(this.file, this.text);
    this.text = '';
  }
}
