import { choice, count, duration, type Param, size, type Values } from '../../core/params.js';
import { LOOK_AHEAD, REREADS } from './look-ahead.js';

/** Words of a switch, and the place of "on". */
const SWITCH = ['off', 'on'] as const;
export const ON = SWITCH.indexOf('on');

/** What sets one spinning disk apart from another; texts carry their unit. */
export interface DriveFigures {
  readonly rpm: number;
  readonly heads: number;
  readonly zones: number;
  readonly rateOuter: string;
  readonly rateInner: string;
  readonly seekTrack: string;
  readonly seekAverage: string;
  readonly seekFull: string;
  readonly headSwitch: string;
  readonly writeSettle: string;
  readonly commandRead: string;
  readonly commandMiss: string;
  readonly commandWrite: string;
  readonly interfaceRate: string;
  readonly segments: number;
  readonly segmentSize: string;
  readonly queueDepth: number;
}

const RATE_MIN = '100000B';
const RATE_MAX = '10000000000B';
const rate = (initial: string, help: string): Param => size(initial, RATE_MIN, RATE_MAX, help);

/** The settings of a spinning disk, with one disk's figures as defaults. */
export function driveParams(figures: DriveFigures) {
  const seek = (initial: string, help: string): Param => duration(initial, '0ns', '100ms', help);
  const spent = (initial: string, help: string): Param => duration(initial, '0ns', '50ms', help);
  return {
    rpm: count(figures.rpm, 1_000, 20_000, 'revolutions per minute'),
    heads: count(figures.heads, 1, 64, 'recording surfaces'),
    zones: count(figures.zones, 1, 64, 'zones of the same number of cylinders'),
    rateOuter: rate(figures.rateOuter, 'bytes per second sustained in the outermost zone'),
    rateInner: rate(figures.rateInner, 'bytes per second sustained in the innermost zone'),
    seekTrack: seek(figures.seekTrack, 'seek to the next cylinder'),
    seekAverage: seek(figures.seekAverage, 'average seek of random reads'),
    seekFull: seek(figures.seekFull, 'seek over the full stroke'),
    headSwitch: seek(figures.headSwitch, 'change to another surface of the same cylinder'),
    writeSettle: seek(figures.writeSettle, 'longer seek of writes'),
    commandRead: spent(figures.commandRead, 'overhead of a read from the buffer'),
    commandMiss: spent(figures.commandMiss, 'overhead of a read from the platters'),
    commandWrite: spent(figures.commandWrite, 'overhead of a write'),
    interfaceRate: rate(figures.interfaceRate, 'bytes per second of the interface'),
    segments: count(figures.segments, 0, 256, 'segments of the buffer'),
    segmentSize: size(figures.segmentSize, '512B', '1GiB', 'size of a segment'),
    lookAhead: choice(LOOK_AHEAD, 'reads on until its segment is full, for a track, or not'),
    rereads: choice(REREADS, 'blocks that have been sent to the host stay in the buffer or not'),
    queueDepth: count(figures.queueDepth, 1, 256, 'commands among which the disk chooses the next'),
    writeCache: choice(SWITCH, 'answers writes once they are in the buffer'),
  };
}

export type DriveValues = Values<ReturnType<typeof driveParams>>;
