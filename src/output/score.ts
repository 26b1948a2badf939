/**
 * What an operator's part in a drill was worth. *Model*: the weights are our choice; the README
 * states them. Goals kept count most, then how soon trouble was noticed and how little harm came of
 * it; a flurry of actions costs.
 */
import type { Goal } from './goals.js';

/** What is counted while a drill runs. */
export interface Deeds {
  /** From the first trouble to the first action after it, s; null when there was no action. */
  readonly noticeSeconds: number | null;
  /** Something broke that the operator did not break. */
  readonly trouble: boolean;
  readonly actions: number;
  /** I/Os that came back to a guest with an error. */
  readonly errors: number;
  /** Simulated seconds in which some VM's mean latency was above the goal, or it got nothing. */
  readonly slowSeconds: number;
  /** The latency that was the goal, ms. */
  readonly goalMs: number;
}

export interface Score extends Deeds {
  /** 0 to 100. */
  readonly points: number;
  readonly goals: { readonly met: number; readonly of: number; readonly points: number };
  readonly noticePoints: number;
  readonly harmPoints: number;
  /** Taken off for more actions than a few. */
  readonly hastePoints: number;
}

const GOALS_WORTH = 60;
const NOTICE_WORTH = 20;
const HARM_WORTH = 20;
/** Whoever needs longer has noticed nothing, s. */
const NOTICE_LIMIT = 60;
/** Actions that cost nothing. */
const ACTIONS_FREE = 5;

export function scoreOf(goals: readonly Goal[], deeds: Deeds): Score {
  const met = goals.filter(({ state }) => state === 'met').length;
  const goalPoints = goals.length === 0 ? GOALS_WORTH : (GOALS_WORTH * met) / goals.length;
  const noticePoints = NOTICE_WORTH * noticed(deeds);
  const harmPoints = Math.max(0, HARM_WORTH - deeds.errors - deeds.slowSeconds);
  const hastePoints = Math.max(0, deeds.actions - ACTIONS_FREE);
  const sum = goalPoints + noticePoints + harmPoints - hastePoints;
  return {
    points: Math.max(0, Math.round(sum)),
    goals: { met, of: goals.length, points: Math.round(goalPoints) },
    noticePoints: Math.round(noticePoints),
    harmPoints,
    hastePoints,
    ...deeds,
  };
}

/** 1 at once, 0 after a minute or never; where nothing broke there was nothing to notice. */
function noticed({ trouble, noticeSeconds }: Deeds): number {
  if (!trouble) return 1;
  if (noticeSeconds === null) return 0;
  return Math.max(0, 1 - noticeSeconds / NOTICE_LIMIT);
}

/** For people, a line each. */
export function scoreLines(score: Score): string[] {
  const { goals, noticeSeconds, trouble, actions, errors, slowSeconds, goalMs } = score;
  const notice = !trouble
    ? 'nothing broke by itself'
    : noticeSeconds === null
      ? 'no action after the first trouble'
      : `first action ${noticeSeconds.toFixed(1)} s after the first trouble`;
  const line = (points: number, worth: string, what: string): string =>
    `  ${String(points).padStart(3)} ${worth.padEnd(6)} ${what}`;
  return [
    `score ${score.points} of 100`,
    line(goals.points, `of ${GOALS_WORTH}`, `${goals.met} of ${goals.of} goals met`),
    line(score.noticePoints, `of ${NOTICE_WORTH}`, notice),
    line(
      score.harmPoints,
      `of ${HARM_WORTH}`,
      `${errors} I/O errors, ${slowSeconds} s with a VM above ${goalMs} ms`,
    ),
    line(-score.hastePoints, '', `${actions} actions, ${ACTIONS_FREE} are free`),
  ];
}
