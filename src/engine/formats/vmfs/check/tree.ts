import { FormatError } from '../../../core/errors.js';
import { type Address, showAddress } from '../address.js';
import type { Core } from '../core.js';
import { DIRECTORY, SYSTEM } from '../descriptor.js';
import { type Entry, isName } from '../directory.js';
import { SYSTEM_FILES, systemAddress } from '../open-resources.js';
import { ROOT } from '../root.js';
import type { Tree } from '../tree.js';
import type { KnownFile, KnownFiles } from './files.js';
import type { Findings } from './findings.js';

interface Waiting {
  readonly address: Address;
  readonly parent: Address;
  readonly path: string;
}

/** Walks the directories from the root: every name means a file, every file has one name. */
export function checkTree(core: Core, tree: Tree, known: KnownFiles, findings: Findings): void {
  const root = known.get(ROOT);
  if (root === undefined) {
    findings.add('directory', '/', 'the root directory is not there');
    return;
  }
  if (root.type !== DIRECTORY) {
    findings.add('directory', '/', `the root is a file of type ${root.type}`);
  }
  root.path = '/';
  root.names = 1;
  const waiting: Waiting[] = [{ address: ROOT, parent: ROOT, path: '' }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    checkDirectory(core, tree, known, findings, next, waiting);
  }
  for (const file of known.values()) {
    if (file.names === 0) {
      const what = file.directory ? 'directory' : `type ${file.type}`;
      findings.add('orphan', showAddress(file.address), `a file without a name (${what})`);
    }
  }
}

function checkDirectory(
  core: Core,
  tree: Tree,
  known: KnownFiles,
  findings: Findings,
  at: Waiting,
  waiting: Waiting[],
): void {
  const here = at.path === '' ? '/' : at.path;
  let entries: Entry[];
  try {
    const dir = core.readDescriptor(at.address);
    entries = tree.format.entries(dir);
    const { wrong, unfamiliar } = tree.format.problems(dir, entries);
    for (const problem of wrong) findings.add('directory', here, problem);
    for (const problem of unfamiliar) findings.add('unfamiliar', here, problem);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    findings.add('directory', here, error.message);
    return;
  }
  checkDots(entries, at, here, known, findings);
  const seen = new Set<string>();
  let directories = 0;
  for (const entry of entries) {
    if (entry.name === '.' || entry.name === '..') continue;
    const path = `${at.path}/${entry.name}`;
    if (!isName(entry.name)) findings.add('name', here, JSON.stringify(entry.name));
    if (seen.has(entry.name)) findings.add('name-twice', path, `in ${here}`);
    seen.add(entry.name);
    const file = resolve(known, entry, path, findings);
    if (file === undefined) continue;
    file.names++;
    if (file.names > 1) {
      findings.add('linked-twice', path, `the same file as ${file.path}`);
      continue;
    }
    file.path = path;
    // Hard links do not exist.
    if (!file.directory && file.links !== 1) findings.add('links', path, `${file.links} links`);
    if (!file.directory) continue;
    directories++;
    waiting.push({ address: file.address, parent: at.address, path });
  }
  // What hosts count on VMFS 3 is not known (reference, section 12).
  const own = known.get(at.address);
  if (own !== undefined && own.links !== directories + 2 && core.generation.product !== 3) {
    findings.add('links', here, `${own.links} links, ${directories} directories are in it`);
  }
  if (at.address === ROOT) checkSystemFiles(core, entries, known, findings);
}

function resolve(
  known: KnownFiles,
  entry: Entry,
  path: string,
  findings: Findings,
): KnownFile | undefined {
  const file = known.get(entry.address);
  const place = showAddress(entry.address);
  if (file === undefined) {
    findings.add('undefined', path, `its record says ${place}, which holds no file`);
    return undefined;
  }
  if (file.incarnation !== entry.incarnation) {
    const detail = `its record says generation ${entry.incarnation}, ${place} has ${file.incarnation}`;
    findings.add('stale', path, detail);
    return undefined;
  }
  // The hidden directory is a system file here and a directory there.
  const same = file.type === entry.type || (file.directory && entry.type === DIRECTORY);
  if (!same && !(file.type === DIRECTORY && entry.type === SYSTEM)) {
    findings.add('record-type', path, `type ${entry.type}, its descriptor says ${file.type}`);
  }
  return file;
}

function checkDots(
  entries: readonly Entry[],
  at: Waiting,
  here: string,
  known: KnownFiles,
  findings: Findings,
): void {
  for (const [name, address] of [
    ['.', at.address],
    ['..', at.parent],
  ] as const) {
    const entry = entries.find((candidate) => candidate.name === name);
    if (entry === undefined) findings.add('dots', here, `no record "${name}"`);
    else if (entry.address !== address) {
      const detail = `"${name}" is ${showAddress(entry.address)}, expected ${showAddress(address)}`;
      findings.add('dots', here, detail);
    } else if (known.get(address)?.incarnation !== entry.incarnation) {
      findings.add('dots', here, `"${name}" says generation ${entry.incarnation}`);
    }
  }
}

function checkSystemFiles(
  core: Core,
  entries: readonly Entry[],
  known: KnownFiles,
  findings: Findings,
): void {
  for (const name of SYSTEM_FILES) {
    const address = systemAddress(core, name);
    if (known.get(address)?.type !== SYSTEM) continue;
    const entry = entries.find((candidate) => candidate.name === name);
    if (entry?.address === address) continue;
    findings.add('system-file', `/${name}`, `expected ${showAddress(address)} under this name`);
  }
}
