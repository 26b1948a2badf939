/** The engine's thread gives way to the screen's: with too little processor for both, keys come first. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Nice value: a third of the weight of a thread at 0 (sched(7): a factor of 1.25 per step). */
export const BACKGROUND = 5;

/**
 * Lowers the priority of the thread that calls. Linux keeps one per thread and takes a thread's
 * number where others want a process (setpriority(2), "C library/kernel differences"); elsewhere
 * nothing happens.
 */
export function giveWay(): void {
  try {
    // `PID/task/TID`; read on the calling thread itself.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, BACKGROUND);
  } catch {
    // Not Linux, or not allowed: both threads share as equals.
  }
}
