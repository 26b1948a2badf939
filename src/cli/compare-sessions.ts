import { InputError } from '../engine/core/errors.js';
import type { Plan } from '../engine/plan/plan.js';
import { RecordedSimulation } from '../engine/simulation/recorded-simulation.js';
import { actionWords } from '../output/action-words.js';
import { compare, comparisonLines, type Side } from '../output/compare.js';
import { partedNs } from '../scenario/session/branches.js';
import {
  type Branch,
  branchOf,
  planStart,
  readSession,
  type SavedSession,
} from '../scenario/session/file.js';
import { readSpan } from './options.js';

/** `vmtop compare`. */
export async function compareSessions(args: {
  readonly a: string;
  readonly b: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly json: boolean;
}): Promise<void> {
  const a = open(args.a);
  const b = open(args.b);
  if (a.session.sha256 !== b.session.sha256) {
    throw InputError.of(
      args.b,
      `it is of another scenario than ${args.a}`,
      'compare like with like',
    );
  }
  const fromNs =
    args.from === '0s' ? 0 : (readSpan('--from', args.from) ?? partedNs(a.branch, b.branch));
  const toNs = readSpan('--to', args.to) ?? Math.min(a.branch.endNs, b.branch.endNs);
  if (toNs <= fromNs) {
    const [from, to] = [fromNs, toNs].map((ns) => `${ns / 1e9}s`);
    throw InputError.of(
      '--from, --to',
      `the window ends (${to}) before it begins (${from})`,
      'a branch that has hardly begun shows more with a later --to',
    );
  }
  const names = a.branch.name === b.branch.name ? ['1', '2'] : [a.branch.name, b.branch.name];
  const sides = [a, b].map((side, index) => sideOf(side, names[index] ?? '', fromNs, toNs));
  const result = compare(...(sides as [Side, Side]));
  const text = args.json
    ? JSON.stringify({ sessions: [args.a, args.b], ...result }, null, 2)
    : [`${names[0]} is ${args.a}, ${names[1]} is ${args.b}`, ...comparisonLines(result)].join('\n');
  process.stdout.write(`${text}\n`);
}

interface Opened {
  readonly session: SavedSession;
  readonly branch: Branch;
  readonly plan: Plan;
}

/** `FILE`, or `FILE:B` for another branch than the one the session goes on with. */
function open(name: string): Opened {
  const [, file = name, letter] = /^(.+):([A-Z])$/.exec(name) ?? [];
  const session = readSession(file);
  return { session, branch: branchOf(session, letter), plan: planStart(session) };
}

function sideOf({ branch, plan }: Opened, name: string, fromNs: number, toNs: number): Side {
  const simulation = new RecordedSimulation(plan, branch.commands);
  simulation.runUntil(fromNs);
  const before = simulation.sample();
  simulation.runUntil(toNs);
  const disks = plan.vms.flatMap((vm) =>
    vm.disks.map(({ index, name }) => ({ index, name, vm: vm.name })),
  );
  return {
    name,
    entities: simulation.entities,
    before,
    after: simulation.sample(),
    digest: simulation.digest(),
    actions: simulation.commands.map((timed) => actionWords(timed, disks)),
  };
}
