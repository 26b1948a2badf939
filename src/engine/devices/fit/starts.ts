import { BLOCK_BYTES } from '../../core/io.js';
import type { Params } from '../../core/params.js';
import { ON } from '../hdd/settings.js';
import type { FirstLook } from './first-look.js';
import { round, type Settings, within } from './search.js';

/** Speeds disks turn at, as data sheets state them. */
const SPEEDS = [3_600, 4_500, 5_400, 6_300, 7_200, 10_000, 12_000, 15_000] as const;
/** Blocks of a track, outermost: what a recording shows of it is found by trying. */
const TRACK_BLOCKS = [64, 128, 256, 512, 1024] as const;
/** Inner tracks are shorter by this factor (model: radii of a usual platter). */
const INNER = 0.6;
/** The overhead's share of what a request for the next place takes; the rest is the arm's (model). */
const OVERHEAD = 0.3;
const NS = 1e9;

/** Settings to start a search from: what the first look shows, and guesses for the rest. */
export function startsFrom(look: FirstLook, params: Params, given: Settings): Settings[] {
  const [track, average, full] = look.reachNs;
  const commandMiss = look.readNs + OVERHEAD * Math.max(0, track - look.readNs);
  const seekTrack = Math.max(0.1e6, track - commandMiss);
  const words = (name: string): number[] =>
    given[name] === undefined ? (params[name].words ?? []).map((_, word) => word) : [given[name]];
  const buffers = words('lookAhead').flatMap((lookAhead) =>
    words('rereads').map((rereads) => ({ lookAhead, rereads })),
  );
  const speeds = given.rpm === undefined ? speedsNear(look.turnNs) : [given.rpm];
  const shapes = speeds.flatMap((rpm) =>
    TRACK_BLOCKS.flatMap((trackBlocks) =>
      buffers.map((buffer) => ({ rpm, trackBlocks, ...buffer })),
    ),
  );
  return shapes.map(({ rpm, trackBlocks, lookAhead, rereads }) => {
    const rateOuter = (trackBlocks * BLOCK_BYTES * rpm) / 60;
    const guess: Settings = {
      rpm,
      heads: 8,
      zones: 10,
      rateOuter,
      rateInner: INNER * rateOuter,
      seekTrack,
      seekAverage: seekTrack + average - track,
      seekFull: seekTrack + full - track,
      headSwitch: seekTrack / 2,
      writeSettle: 0.5e6,
      commandRead: look.readNs,
      commandMiss,
      commandWrite: look.writeNs,
      interfaceRate: (BLOCK_BYTES * NS) / Math.max(1, look.blockNs),
      segments: 8,
      segmentSize: 128 * 1024,
      lookAhead,
      rereads,
      writeCache: look.writeCache ? ON : 0,
    };
    return Object.fromEntries(
      Object.entries(params).map(([name, param]) => [
        name,
        given[name] ?? within(param, round(guess[name] ?? param.initial)),
      ]),
    );
  });
}

/** The two speeds whose turns are nearest: what else takes time blurs the turn. */
function speedsNear(turnNs: number): number[] {
  const off = (rpm: number): number => Math.abs((rpm * turnNs) / (60 * NS) - 1);
  return [...SPEEDS].sort((one, other) => off(one) - off(other)).slice(0, 2);
}

/**
 * Whether settings are those of a disk that could be built; what a recording tells little about would
 * wander off otherwise. Settings that were given are taken as they are.
 * @returns the rule that is broken, or undefined
 */
export function brokenRule(settings: Settings): string | undefined {
  return RULES.find(([, low, high, factor]) => {
    return settings[low] > settings[high] * factor;
  })?.[0];
}

/** Inner tracks of real disks have at least this part of the outer ones' blocks: 1 / 2.5 (model). */
const RATES = 2.5;
const RULES: readonly (readonly [rule: string, low: string, high: string, factor: number])[] = [
  ['rateInner is at most rateOuter', 'rateInner', 'rateOuter', 1],
  ['rateOuter is at most 2.5 times rateInner', 'rateOuter', 'rateInner', RATES],
  ['headSwitch is at most seekTrack', 'headSwitch', 'seekTrack', 1],
  ['seekTrack is at most seekAverage', 'seekTrack', 'seekAverage', 1],
  ['seekAverage is at most seekFull', 'seekAverage', 'seekFull', 1],
  ['commandRead is at most commandMiss', 'commandRead', 'commandMiss', 1],
];
