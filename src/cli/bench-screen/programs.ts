/** What is measured: vmtop on two scenarios at several speeds, and tools people know. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../scenario/bundled.js';

export interface Program {
  readonly name: string;
  readonly file: string;
  /** With a little over ten frames a second, or as many as the program can be asked for. */
  readonly args: readonly string[];
  /** For keys, where only an answer changes the screen; without it `args`. */
  readonly quietArgs?: readonly string[];
  readonly frameEnd?: string;
  /** What is on the screen once it is complete. */
  readonly ready: RegExp;
  /** Before anything is measured. */
  readonly first: string;
  /** Goes to another screen, where frames are measured too. */
  readonly other?: string;
  /** Keys whose answers are timed. */
  readonly keys: readonly string[];
  /** The part of a screen that only keys change; without it any change is the answer. */
  readonly watch?: (rows: readonly string[]) => string;
  /** Holds everything, and lets it go on. */
  readonly pause?: string;
  readonly quit: string;
}

const UP = '\u001B[A';
const DOWN = '\u001B[B';
const SYNC_OFF = '\u001B[?2026l';
const FASTER = '+++++';
/** VMs, disks, devices, adapters, paths, datastores, QoS: none has fewer than four rows here. */
const TABLES = ['V', 'v', 'u', 'd', 'P', 'D', 'Q'];
const TABLE_KEYS = TABLES.flatMap((key) => [key, DOWN, DOWN, DOWN, UP, UP, UP]);
const POINTERS = ['▸', '>'];
/** Columns of a row that hold nothing but its name, at any width. */
const NAME = 12;
const TABS_ROW = 1;
const TABLE_FROM = 3;

/** The tab of the screen, the row the pointer is at, and its name. */
function tabAndPointer(rows: readonly string[]): string {
  const at = rows.findIndex(
    (row, y) => y >= TABLE_FROM && POINTERS.some((pointer) => row.startsWith(pointer)),
  );
  return `${rows[TABS_ROW]}\n${at} ${rows[at]?.slice(0, NAME) ?? ''}`;
}

function vmtop(name: string, scenario: string, fastest: boolean): Program {
  return {
    name: `vmtop, ${name}, ${fastest ? 'max' : '1x'}`,
    file: process.execPath,
    args: [join(packageFolder(), 'dist', 'vmtop.js'), scenario, '--delay', '0.08'],
    frameEnd: SYNC_OFF,
    ready: /LAYER/,
    first: fastest ? FASTER : '',
    other: 'V',
    keys: ['O', ...TABLE_KEYS],
    watch: tabAndPointer,
    pause: ' ',
    quit: 'q',
  };
}

/** @param folder where scenarios that have to be written are put */
export function vmtops(folder: string): Program[] {
  const fixtures = join(packageFolder(), 'fixtures');
  const steady = join(folder, 'default.yaml');
  const text = readFileSync(join(fixtures, 'scenarios', 'default.yaml'), 'utf8');
  // At the fastest speed its ten minutes would be over before everything is measured.
  writeFileSync(steady, text.replace(/^duration:.*$/m, 'duration: 1000h'));
  const many = join(fixtures, 'bench-512.yaml');
  return [
    vmtop('12 VMs', steady, false),
    vmtop('12 VMs', steady, true),
    vmtop('512 VMs', many, false),
    vmtop('512 VMs', many, true),
  ];
}

const TOOLS: readonly Program[] = [
  {
    name: 'top',
    file: 'top',
    args: ['-d', '0.1'],
    quietArgs: ['-d', '60'],
    ready: /PID/,
    first: '',
    keys: Array.from({ length: 5 }, () => [DOWN, UP, 't', 'm']).flat(),
    quit: 'q',
  },
  {
    name: 'htop',
    file: 'htop',
    // Tenths of a second.
    args: ['-d', '1'],
    quietArgs: ['-d', '100'],
    ready: /PID/,
    first: '',
    keys: Array.from({ length: 5 }, () => [DOWN, DOWN, UP, UP]).flat(),
    quit: 'q',
  },
  {
    name: 'atop',
    file: 'atop',
    // Whole seconds are its shortest interval.
    args: ['1'],
    quietArgs: ['60'],
    ready: /PID/,
    first: '',
    keys: Array.from({ length: 5 }, () => ['m', 'd', 'c', 'g']).flat(),
    quit: 'q',
  },
];

export interface Tools {
  readonly present: readonly Program[];
  readonly missing: readonly string[];
}

export function tools(): Tools {
  const isThere = ({ file }: Program): boolean =>
    spawnSync('sh', ['-c', `command -v ${file}`], { stdio: 'ignore' }).status === 0;
  return {
    present: TOOLS.filter(isThere),
    missing: TOOLS.filter((tool) => !isThere(tool)).map(({ name }) => name),
  };
}
