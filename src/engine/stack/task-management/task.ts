import type { Io } from '../../core/io.js';
import type { Layer } from '../../core/layer.js';
import type { AbortCounter } from '../recall.js';

/** A command at a device that is to come back, and what has been done about it. */
export interface Task {
  readonly io: Io;
  /** The adapter whose driver has it, and when it got it: while both hold, it is the same command. */
  readonly adapter: Layer;
  readonly sentAt: number;
  readonly nexus: number;
  readonly lun: number;
  readonly counters: readonly AbortCounter[];
  readonly since: number;
  /** When ABORT TASK was sent last. */
  askedAt: number;
  /** The ABORT TASK that has no answer yet, or NO_IO. */
  asking: Io;
  wedged: boolean;
}

/** A LUN that is being reset over one connection. */
export interface LunReset {
  readonly nexus: number;
  readonly lun: number;
  readonly counters: readonly AbortCounter[];
  answered: boolean;
}

/** The connection a driver can log out of and into again: a target reset. */
export interface Session {
  readonly name: string;
  dropSession(why: string): void;
}

export function isSession(layer: object): layer is Layer & Session {
  return 'dropSession' in layer;
}
