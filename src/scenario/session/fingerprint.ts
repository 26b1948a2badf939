import { createHash } from 'node:crypto';
import { readBytes } from '../../input/read-bytes.js';
import { findScenario, REPLAY_SCENARIO } from '../bundled.js';
import { openScenario } from '../load.js';
import { readRegistered } from '../registered.js';
import type { SessionStart } from './file.js';

/** What a Node buffer of today can hold with room to spare; larger traces cannot be read anyway. */
const BYTES_MAX = 2 ** 32;

/**
 * SHA-256, hexadecimal, of everything a run is made from besides seed and commands: the scenario's
 * text and, in the order they are named, the machines it registers and the traces it plays.
 * @throws InputError for files that cannot be read
 */
export function fingerprint({ scenario, replay }: SessionStart): string {
  const hash = createHash('sha256');
  const name = replay === undefined ? scenario : (replay.scenario ?? REPLAY_SCENARIO);
  const add = (path: string): void => {
    hash.update(readBytes(path, BYTES_MAX));
  };
  add(findScenario(name));
  const { source, text } = openScenario(name);
  for (const { vmx, replay: own } of text.vms) {
    if (vmx !== undefined) hash.update(JSON.stringify(readRegistered(source.beside(vmx))));
    if (own !== undefined) add(source.beside(own.trace));
  }
  if (replay !== undefined) add(replay.trace);
  return hash.digest('hex');
}
