import type { Plan } from '../engine/plan/plan.js';
import { intervalDocument, runDocument, type SessionDocument } from './document.js';
import type { Interval, RunResult } from './run.js';

/**
 * Writes the JSON document of a run while it goes on: its intervals first, a line each, so that a
 * long run with many of them keeps none; then what is known at the end.
 */
export class DocumentWriter {
  private intervals = 0;

  constructor(private readonly write: (text: string) => unknown) {}

  interval(interval: Interval): void {
    this.write(this.intervals++ === 0 ? '{\n  "intervals": [\n    ' : ',\n    ');
    this.write(JSON.stringify(intervalDocument(interval)));
  }

  /** @param result without the intervals that were written */
  end(
    plan: Plan,
    result: RunResult,
    trace?: Readonly<Record<string, unknown>>,
    session?: SessionDocument,
  ): void {
    const rest = JSON.stringify(runDocument(plan, result, trace, session), null, 2);
    this.write(this.intervals === 0 ? `${rest}\n` : `\n  ],${rest.slice(1)}\n`);
  }
}
