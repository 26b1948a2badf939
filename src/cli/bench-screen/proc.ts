/** Processor time and memory of a process, as Linux counts them. */
import { readFileSync } from 'node:fs';

/** USER_HZ, which is 100 wherever Linux runs Node (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS_PER_S = 100;
/** Fields after the name in parentheses: the 14th and 15th of the line are utime and stime. */
const UTIME = 11;
const STIME = 12;

export interface Cpu {
  /** All threads together, s. */
  readonly all: number;
  /** The main thread, which is the one that draws, s. */
  readonly main: number;
}

function secondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_S;
}

/** Processor time so far. @throws where there is no /proc or no such process */
export function cpuOf(pid: number): Cpu {
  return {
    all: secondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8')),
    main: secondsIn(readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8')),
  };
}

/** Resident memory, MB. */
export function residentMb(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}

/**
 * Time the main thread of a process was ready to run and waited for a processor, ms: others had it
 * (second figure of schedstat, Documentation/scheduler/sched-stats). 0 where Linux does not count it.
 */
export function waitedMs(pid: number): number {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
