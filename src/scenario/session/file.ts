/**
 * Session files: what was run, what was done when, in a small YAML text with one command per line.
 * Scenario, seed and commands with their instants are all a run depends on, so it replays exactly.
 */
import { writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { InputError, type Problem } from '../../engine/core/errors.js';
import type { Command } from '../../engine/plan/commands.js';
import type { Plan } from '../../engine/plan/plan.js';
import type { TimedCommand } from '../../engine/simulation/recorded-simulation.js';
import { readText } from '../../input/read-text.js';
import { loadScenario } from '../load.js';
import { planReplay, type ReplayOptions } from '../replay.js';
import { Source } from '../source.js';
import { suggest } from '../suggest.js';
import { fingerprint } from './fingerprint.js';
import { SESSION_VERSION, type SessionText, sessionSchema } from './schema.js';

/** One course of events: everything done from the start on. */
export interface Branch {
  /** A letter; the first one is A. */
  readonly name: string;
  readonly parent?: string | undefined;
  /** Where it left its parent, ns. */
  readonly forkNs?: number | undefined;
  /** How far it has got, ns, and the digest there. */
  readonly endNs: number;
  readonly digest: string;
  readonly commands: readonly TimedCommand[];
}

/** What is run: everything but the commands. */
export interface SessionStart {
  /** Name of a bundled scenario, or a file. */
  readonly scenario: string;
  readonly seed?: number | undefined;
  readonly replay?: ReplayOptions | undefined;
}

export interface SavedSession extends SessionStart {
  readonly sha256: string;
  readonly seed: number;
  readonly current: string;
  readonly branches: readonly Branch[];
}

/** @throws InputError for a scenario or trace that cannot be read */
export function planStart({ scenario, seed, replay }: SessionStart): Plan {
  return replay === undefined ? loadScenario(scenario, { seed }) : planReplay(replay).plan;
}

/**
 * Reads a session and looks whether what it was made with is still the same.
 * @throws InputError with everything that is wrong with the file, or when the scenario has changed
 */
export function readSession(file: string): SavedSession {
  const session = parseSession(readText(file), file);
  const found = fingerprint(session);
  if (found !== session.sha256) {
    const what = session.replay === undefined ? session.scenario : session.replay.trace;
    throw InputError.of(
      file,
      `${what} has changed since this session was saved, so it would not replay as it was`,
      `restore ${what}, or start a new session`,
    );
  }
  return session;
}

/** @param file what messages call it, and where relative paths start */
export function parseSession(yaml: string, file: string): SavedSession {
  const source = new Source(file, yaml);
  const broken = source.problems();
  if (broken.length > 0) throw new InputError(broken);
  const data = source.data() as Partial<SessionText> | null | undefined;
  const version = data?.vmtopSession;
  if (version === undefined) {
    throw InputError.of(file, 'this is no session of vmtop', 'ctrl+s in the dashboard saves one');
  }
  if (version !== SESSION_VERSION) {
    const known = `this vmtop reads version ${SESSION_VERSION}`;
    throw InputError.of(file, `a session of version ${version}; ${known}`, 'use a newer vmtop');
  }
  const result = sessionSchema.safeParse(data);
  if (!result.success) {
    throw new InputError(
      result.error.issues.map((issue): Problem => {
        const path = issue.path as (string | number)[];
        const label = source.label(path);
        return {
          place: source.place(path),
          message: label === '' ? issue.message : `${label}: ${issue.message}`,
        };
      }),
    );
  }
  return sessionOf(result.data, source);
}

function sessionOf(text: SessionText, source: Source): SavedSession {
  const folder = dirname(source.file);
  const branches = text.branches.map(
    ({ commands, ...rest }, index): Branch => ({
      ...rest,
      commands: commands.map(({ atNs, undo, ...command }, at) => {
        if (atNs < (commands[at - 1]?.atNs ?? 0)) {
          const place = source.place(['branches', index, 'commands', at]);
          throw InputError.of(place, 'it comes before the command above it', 'sort them by atNs');
        }
        // zod's optional keys may be undefined, which exact types of commands tell apart.
        return { atNs, command: command as Command, ...(undo === undefined ? {} : { undo }) };
      }),
    }),
  );
  const { scenario, sha256, seed, current, replay } = text;
  const names = branches.map(({ name }) => name);
  if (!names.includes(current)) {
    const place = source.place(['current']);
    throw InputError.of(place, `there is no branch "${current}"`, suggest(current, names));
  }
  return {
    scenario: fromFolder(folder, scenario),
    sha256,
    seed,
    current,
    branches,
    ...(replay === undefined
      ? {}
      : {
          replay: {
            ...replay,
            trace: fromFolder(folder, replay.trace),
            scenario:
              replay.scenario === undefined ? undefined : fromFolder(folder, replay.scenario),
          },
        }),
  };
}

/** Bundled names stay; paths are found from the session's folder. */
function fromFolder(folder: string, name: string): string {
  return isPath(name) && !isAbsolute(name) ? join(folder, name) : name;
}

function isPath(name: string): boolean {
  return /[/\\.]/.test(name);
}

function toFolder(folder: string, name: string): string {
  if (!isPath(name)) return name;
  const path = relative(folder, resolve(name));
  return path.startsWith('..') ? resolve(name) : `./${path}`;
}

/** @throws InputError when the file cannot be written */
export function writeSession(file: string, session: SavedSession): void {
  try {
    writeFileSync(file, formatSession(session, dirname(resolve(file))));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw InputError.of(file, `the session cannot be written (${code ?? error})`);
  }
}

/** @param folder where the file will lie: paths are written relative to it */
export function formatSession(session: SavedSession, folder: string): string {
  const { scenario, sha256, seed, replay, current, branches } = session;
  const replayed =
    replay === undefined
      ? undefined
      : {
          ...replay,
          trace: toFolder(folder, replay.trace),
          scenario: replay.scenario && toFolder(folder, replay.scenario),
        };
  const lines = [
    '# A session of vmtop. To go on with it: vmtop --session FILE',
    `vmtopSession: ${SESSION_VERSION}`,
    `scenario: ${JSON.stringify(toFolder(folder, scenario))}`,
    `sha256: ${JSON.stringify(sha256)}`,
    `seed: ${seed}`,
    ...(replayed === undefined ? [] : [`replay: ${JSON.stringify(replayed)}`]),
    `current: ${current}`,
    'branches:',
  ];
  for (const { name, parent, forkNs, endNs, digest, commands } of branches) {
    lines.push(`  - name: ${name}`);
    if (parent !== undefined) lines.push(`    parent: ${parent}`);
    if (forkNs !== undefined) lines.push(`    forkNs: ${forkNs}`);
    lines.push(`    endNs: ${endNs}`, `    digest: "${digest}"`);
    lines.push(commands.length === 0 ? '    commands: []' : '    commands:');
    // JSON is YAML too: exact numbers, one command per line.
    for (const { atNs, command, undo } of commands) {
      lines.push(`      - ${JSON.stringify({ atNs, ...command, ...(undo ? { undo } : {}) })}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** A branch by its name, or the one that is gone on with. @throws InputError when there is none */
export function branchOf(session: SavedSession, name: string = session.current): Branch {
  const found = session.branches.find((branch) => branch.name === name);
  if (found !== undefined) return found;
  const names = session.branches.map((branch) => branch.name);
  throw InputError.of('branch', `there is no branch "${name}"`, suggest(name, names));
}
