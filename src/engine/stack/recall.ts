import type { Io } from '../core/io.js';
import type { Layer } from '../core/layer.js';
import { type Requests, ROUTE_SCALE } from '../core/requests.js';

/** The row is not in this layer, nor in one below it that has not signed. */
export const NOT_HERE = 0;
/** It waited here and has been taken out: whoever signed last is to be told that it has ended. */
export const WITHDRAWN = 1;
/** A device has it: only an ABORT TASK can bring it back early. */
export const AT_DEVICE = 2;
/** It comes back by itself, soon or with its pieces, and then ends as aborted. */
export const COMES_BACK = 3;
/** It has been asked for before, and has not come back yet. */
export const ASKED = 4;

export type Recall =
  | typeof NOT_HERE
  | typeof WITHDRAWN
  | typeof AT_DEVICE
  | typeof COMES_BACK
  | typeof ASKED;

/**
 * A layer in which commands wait: gives one back that is to end before its time (stack-lower
 * reference, 4.4). `recall` is asked of the last layer that signed the row, and that layer asks the
 * ones below it that it forwards unsigned rows to. Whoever withdraws a row does its own counting,
 * takes its own signature off, if it has signed, and must not complete it.
 */
export interface Recaller {
  recall(io: Io): Recall;
}

/** A layer that is only asked by the one above it, because a row it has signed is known there too. */
export interface Giver {
  giveBack(io: Io): Recall;
}

/** A layer that shows aborts and resets of commands it has signed. */
export interface AbortCounter {
  countAborts(aborts: number, resets: number): void;
}

/** What a virtual disk asks of its host when its guest gives commands up. */
export interface TaskControl {
  /** Ends a command that waits in the VMkernel at once, and asks the device for one it has. */
  abort(io: Io): void;
  /** The same for every command of a virtual disk: a virtual reset. */
  reset(disk: number): void;
  /** Completes a withdrawn row as aborted, from an event of its own. */
  end(io: Io): void;
}

/** The state of a command whose retries have ended because it is to be aborted: in its retries. */
export const ABORTED = 255;

/** Asks a layer for a row; layers that keep no rows have nothing to give. */
export function recallFrom(layer: object, io: Io): Recall {
  if (isGiver(layer)) return layer.giveBack(io);
  return isRecaller(layer) ? layer.recall(io) : NOT_HERE;
}

export function isGiver(layer: object): layer is Giver {
  return 'giveBack' in layer;
}

export function isRecaller(layer: object): layer is Recaller {
  return 'recall' in layer;
}

export function isAbortCounter(layer: object): layer is AbortCounter {
  return 'countAborts' in layer;
}

/** True when the layer has signed the row's route and waits for it. */
export function hasSigned({ route, depth }: Requests, io: Io, layer: Layer): boolean {
  for (let place = 0; place < depth[io]; place++) {
    if (route[io * ROUTE_SCALE + place] === layer.index) return true;
  }
  return false;
}
