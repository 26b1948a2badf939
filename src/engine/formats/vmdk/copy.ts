import { sameBytes } from '../vmfs/bytes.js';
import type { CopySums } from './copy-sums.js';
import { DATA, Run, type Sectors } from './extent.js';
import { SECTOR } from './medium.js';
import type { Sink } from './sink.js';

/**
 * Sectors that are copied together: 256 KiB, whole grains of every format. Larger writes make Linux look for
 * large pages: 2 GiB in writes of 1 MiB took 2.5 to 4.3 s, in writes of 256 KiB 0.5 to 2.0 (ext4, one run).
 */
export const STEP = 512;

/** Given from outside: what a machine has for it is many times faster than a loop here. */
export type SameBytes = (one: Uint8Array, other: Uint8Array) => boolean;

/** Called with the part that is done, 0 to 1. */
export type Progress = (part: number) => void;

/**
 * Copies a disk; what it does not have is left out.
 * @param sectors of the copy: what is beyond the source is zeros
 */
export function copyDisk(source: Sectors, sink: Sink, sectors: number, progress: Progress): void {
  for (const part of copySteps(source, sink, sectors)) progress(part);
}

/**
 * The same step by step, so that it can be left half way: each yields the part that is done.
 * @param sums learns what was read
 */
export function* copySteps(
  source: Sectors,
  sink: Sink,
  sectors: number,
  sums?: CopySums,
): Generator<number, void> {
  const run = new Run();
  const buffer = new Uint8Array(STEP * SECTOR);
  const end = Math.min(sectors, source.sectors);
  for (let at = 0; at < end; ) {
    if (!sink.dense) {
      const data = nextData(source, at, end, run);
      const from = data === end ? end : Math.max(at, Math.floor(data / STEP) * STEP);
      yield from / end;
      at = from;
      if (at === end) break;
    }
    const count = Math.min(STEP - (at % STEP), end - at);
    readAny(source, at, count, buffer, run);
    const bytes = buffer.subarray(0, count * SECTOR);
    sums?.add(at, bytes);
    sink.write(at, bytes);
    at += count;
    yield at / end;
  }
  if (sink.dense) yield* fillDense(sink, end, sectors, buffer);
}

/** A stretch of nothing as far as it goes; of data no more than is read at once. */
function stretch(source: Sectors, at: number, end: number, run: Run): void {
  source.probe(at, Math.min(STEP, end - at), run);
  if (run.kind !== DATA) source.probe(at, end - at, run);
}

/** Where there is data again, or the end. */
export function nextData(source: Sectors, from: number, end: number, run: Run): number {
  for (let at = from; at < end; at += run.sectors) {
    stretch(source, at, end, run);
    if (run.kind === DATA) return at;
  }
  return end;
}

function* fillDense(
  sink: Sink,
  from: number,
  to: number,
  buffer: Uint8Array,
): Generator<number, void> {
  buffer.fill(0);
  for (let at = from; at < to; at += STEP) {
    sink.write(at, buffer.subarray(0, Math.min(STEP, to - at) * SECTOR));
    yield 1;
  }
}

/** Reads a stretch whatever it is. */
export function readAny(
  source: Sectors,
  sector: number,
  count: number,
  into: Uint8Array,
  run: Run,
): void {
  for (let done = 0; done < count; done += run.sectors) {
    source.probe(sector + done, count - done, run);
    if (run.kind === DATA) source.read(sector + done, run.sectors, into, done * SECTOR);
    else into.fill(0, done * SECTOR, (done + run.sectors) * SECTOR);
  }
}

/**
 * First sector in which two disks differ, or -1. What one has beyond the end of the other must be zeros.
 */
export function compareDisks(
  one: Sectors,
  other: Sectors,
  progress: Progress,
  same: SameBytes = sameBytes,
): number {
  const steps = compareSteps(one, other, same);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    progress(value);
  }
}

/** The same step by step. */
export function* compareSteps(
  one: Sectors,
  other: Sectors,
  same: SameBytes,
): Generator<number, number> {
  const run = new Run();
  const bytes = [new Uint8Array(STEP * SECTOR), new Uint8Array(STEP * SECTOR)];
  const end = Math.max(one.sectors, other.sectors);
  for (let at = 0; at < end; ) {
    const skip = Math.min(emptyFrom(one, at, end, run), emptyFrom(other, at, end, run));
    if (skip > 0) {
      at += skip;
      continue;
    }
    const count = Math.min(STEP, end - at);
    [one, other].forEach((disk, index) => {
      const there = Math.max(0, Math.min(count, disk.sectors - at));
      readAny(disk, at, there, bytes[index], run);
      bytes[index].fill(0, there * SECTOR, count * SECTOR);
    });
    const [first, second] = bytes.map((all) => all.subarray(0, count * SECTOR));
    if (!same(first, second)) {
      return at + Math.floor(firstDifference(first, second) / SECTOR);
    }
    at += count;
    yield at / end;
  }
  return -1;
}

/** Sectors from here on that hold nothing; 0 when there is data. */
function emptyFrom(disk: Sectors, at: number, end: number, run: Run): number {
  if (at >= disk.sectors) return end - at;
  stretch(disk, at, disk.sectors, run);
  return run.kind === DATA ? 0 : run.sectors;
}

function firstDifference(one: Uint8Array, other: Uint8Array): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}
