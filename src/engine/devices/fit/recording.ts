import type { TraceTable } from '../../plan/plan.js';

/** Requests to one disk, one at a time, with what each took on the real one; ns and 512-byte blocks. */
export interface Recording {
  readonly count: number;
  readonly op: Uint8Array;
  readonly lba: Float64Array;
  readonly blocks: Int32Array;
  readonly serviceNs: Float64Array;
  /** From the end of each request to the arrival of the next; below 0 where they overlapped. */
  readonly thinkNs: Float64Array;
}

/** A trace with measured service times as a recording; undefined when it has none. */
export function recordingOf(table: TraceTable): Recording | undefined {
  const { count, op, lba, blocks, at, serviceNs } = table;
  if (serviceNs === undefined) return undefined;
  const thinkNs = new Float64Array(count);
  for (let index = 0; index + 1 < count; index++) {
    thinkNs[index] = at[index + 1] - at[index] - serviceNs[index];
  }
  return { count, op, lba, blocks, serviceNs, thinkNs };
}

/** The requests from `first` up to, not including, `end`. */
export function part(recording: Recording, first: number, end: number): Recording {
  const { op, lba, blocks, serviceNs, thinkNs } = recording;
  return {
    count: end - first,
    op: op.slice(first, end),
    lba: lba.slice(first, end),
    blocks: blocks.slice(first, end),
    serviceNs: serviceNs.slice(first, end),
    thinkNs: thinkNs.slice(first, end),
  };
}

/** First block after the highest one touched. */
export function reachBlocks(recording: Recording): number {
  let end = 1;
  for (let index = 0; index < recording.count; index++) {
    end = Math.max(end, recording.lba[index] + recording.blocks[index]);
  }
  return end;
}
