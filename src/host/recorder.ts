/**
 * Records disks' activity as a trace that can be replayed, in the format of the MSR Cambridge traces
 * (trace-format reference, section 2).
 *
 * Exact for every interval and disk: the number of reads and of writes, the bytes of each, and the
 * mean response time. The system tells no more without privileges, so the rest is made up: commands of
 * an interval are spread evenly over it, are of one size, and lie all over the disk as random access
 * does. Discards and flushes are left out, as the format has none.
 */
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { InputError } from '../engine/core/errors.js';
import type { DiskCounters } from './diskstats.js';
import type { HostSource, Reading } from './source.js';

const BLOCK_BYTES = 512;
const TICK_NS = 100;
/** 1 January 1970 in ticks since 1601. */
const UNIX_EPOCH = 116_444_736_000_000_000n;
const TICKS_PER_MS = 10_000n;
/** Addresses on a disk of unknown size: 64 GiB. */
const SIZE_UNKNOWN = 2 ** 27;
const ALIGNMENT = 8;
/** Multiples of it, modulo 1, are spread evenly however many there are. */
const GOLDEN = 0.6180339887498949;

interface Command {
  /** Part of the interval that has passed, 0..1. */
  readonly at: number;
  readonly text: string;
}

function unwritable(file: string, error: unknown): InputError {
  const code = String((error as { code?: unknown }).code);
  return InputError.of(file, `cannot be written (${code})`, 'give --record another file');
}

export class Recorder {
  reads = 0;
  writes = 0;
  intervals = 0;
  private readonly fd: number;
  private readonly placed = new Map<string, number>();

  /**
   * @param startMs real time of the first reading, ms since 1970
   * @throws InputError when the file cannot be written
   */
  constructor(
    readonly file: string,
    private readonly source: HostSource,
    private readonly startMs: number,
  ) {
    try {
      this.fd = openSync(file, 'w');
    } catch (error) {
      throw unwritable(file, error);
    }
    this.write('Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime\n');
  }

  /** What happened between two readings; times in ns since the first. */
  add(before: Reading, after: Reading, fromNs: number, toNs: number): void {
    const commands = this.source.disks.flatMap(({ name, sizeBlocks }, number) => {
      const [then, now] = [before.disks.get(name), after.disks.get(name)];
      if (then === undefined || now === undefined) return [];
      const size = sizeBlocks > 0 ? sizeBlocks : SIZE_UNKNOWN;
      const grown = (field: keyof DiskCounters): number => (now[field] ?? 0) - (then[field] ?? 0);
      const of = (type: string, kind: 'read' | 'write'): Command[] =>
        this.spread(`${this.source.host},${number},${type}`, name, size, {
          count: grown(`${kind}s`),
          blocks: grown(`${kind}Blocks`),
          ns: grown(`${kind}Ns`),
        });
      const [reads, writes] = [of('Read', 'read'), of('Write', 'write')];
      this.reads += reads.length;
      this.writes += writes.length;
      return [...reads, ...writes];
    });
    commands.sort((a, b) => a.at - b.at);
    const start = UNIX_EPOCH + BigInt(Math.round(this.startMs)) * TICKS_PER_MS;
    const lines = commands.map(({ at, text }) => {
      const ticks = Math.round((fromNs + at * (toNs - fromNs)) / TICK_NS);
      return `${start + BigInt(ticks)},${text}\n`;
    });
    this.intervals++;
    this.write(lines.join(''));
  }

  close(): void {
    closeSync(this.fd);
  }

  private write(text: string): void {
    try {
      appendFileSync(this.fd, text);
    } catch (error) {
      throw unwritable(this.file, error);
    }
  }

  /** One kind of command of one disk over one interval. */
  private spread(
    head: string,
    disk: string,
    sizeBlocks: number,
    { count, blocks, ns }: { count: number; blocks: number; ns: number },
  ): Command[] {
    // A command moves at least a block; a counter that went back is a disk that was exchanged.
    const commands = Math.min(count, blocks);
    if (!(commands > 0)) return [];
    const least = Math.floor(blocks / commands);
    const larger = blocks - least * commands;
    const response = Math.round(ns / count / TICK_NS);
    return Array.from({ length: commands }, (_, index) => {
      const length = index < larger ? least + 1 : least;
      const offset = this.place(disk, Math.max(0, sizeBlocks - length)) * BLOCK_BYTES;
      return {
        at: (index + 0.5) / commands,
        text: `${head},${offset},${length * BLOCK_BYTES},${response}`,
      };
    });
  }

  private place(disk: string, room: number): number {
    const number = (this.placed.get(disk) ?? 0) + 1;
    this.placed.set(disk, number);
    return Math.floor((((number * GOLDEN) % 1) * room) / ALIGNMENT) * ALIGNMENT;
  }
}
