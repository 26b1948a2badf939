/** What a rule is, and the figures several rules ask for. */
import { COMMANDS, DEVICE_NS, QUEUE_NS, TOTAL_NS } from '../../engine/views/kit/fields.js';
import { perCommandMs, type Row } from '../../engine/views/kit/row.js';

/** One anomaly: when it is there, and what an administrator would say about it. */
export interface Rule {
  /** Unique. */
  readonly name: string;
  /** Scope of the objects it looks at. */
  readonly scope: string;
  /** 2 is trouble, 1 is worth knowing. */
  readonly level: 1 | 2;
  /** Where the reading comes from. */
  readonly source: string;
  readonly when: (row: Row) => boolean;
  /** Without the object's name: what it means, then what to do. */
  readonly words: (row: Row) => string;
}

/** DAVG, KAVG and QAVG of a device, ms; all 0 when nothing ended. */
export function averages(row: Row): { davg: number; kavg: number; qavg: number } {
  const commands = row.sum(COMMANDS);
  const below = row.sum(DEVICE_NS);
  return {
    davg: perCommandMs(below, commands),
    kavg: perCommandMs(row.sum(TOTAL_NS) - below, commands),
    qavg: perCommandMs(row.sum(QUEUE_NS), commands),
  };
}

/** A gauge at the beginning of the window. */
export function was(row: Row, field: string): number {
  const slot = row.info.fields.indexOf(field);
  return slot < 0 ? Number.NaN : (row.window.before.values[row.info.base + slot] ?? 0);
}

/** Commands are inside since before the window, and none has left in it. */
export function isStuck(row: Row): boolean {
  const seconds = row.seconds;
  if (seconds < STUCK_SECONDS) return false;
  return row.now('active') > 0 && was(row, 'active') > 0 && row.grown('finished') === 0;
}

/** Shorter windows say little: a single slow command would do (model). */
const STUCK_SECONDS = 0.5;

export function count(number: number, noun: string): string {
  return `${Math.round(number)} ${noun}${Math.round(number) === 1 ? '' : 's'}`;
}
