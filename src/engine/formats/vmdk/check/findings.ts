/** What a check of a disk can find: how bad it is, and what it means. */

import { FindingList, type FindingOf, type FindingKind as Kind, kind } from '../../findings.js';

export type { Severity } from '../../findings.js';

export const KINDS = {
  unreadable: kind('error', 'it cannot be read', 'nothing further was checked there'),
  missing: kind('error', 'a file of the disk is missing', 'what is in it cannot be read'),
  newline: kind(
    'error',
    'the header was changed as text',
    'a transfer in text mode replaced line ends: everything behind is damaged; copy it again as binary',
  ),
  unclean: kind(
    'warning',
    'it was not closed',
    'a program writes to it, or stopped doing so: the last writes may be missing',
  ),
  capacity: kind(
    'error',
    'extent and descriptor differ in size',
    'programs believe one or the other: the end of the disk is read differently, or not at all',
  ),
  'create-type': kind('error', 'an unknown createType', 'other programs refuse the disk'),
  'key-twice': kind('warning', 'a key is there twice', 'only the first counts'),
  'content-id': kind(
    'warning',
    'content id and long content id differ',
    'the last eight digits of the long one are the content id; a program changed one of them only',
  ),
  directory: kind(
    'error',
    'a directory entry names no table',
    'a whole table of grains is lost there; up to 32 MiB read wrongly',
  ),
  redundant: kind(
    'error',
    'the two copies of a table differ',
    'one of them is wrong, or a write was cut short; programs differ in which they believe',
  ),
  outside: kind('error', 'a grain beyond the end of the file', 'the file was cut short'),
  metadata: kind('error', 'a grain inside headers or tables', 'what is read there is no data'),
  unaligned: kind(
    'error',
    'a grain at an odd place',
    'writers put grains at multiples of their size: the table is damaged',
  ),
  shared: kind(
    'error',
    'two places of the disk are one grain',
    'what is written to one of them appears in the other',
  ),
  lost: kind(
    'warning',
    'a grain no table names',
    'space that is not used, or data whose table entry was lost',
  ),
  entry: kind('error', 'a damaged table entry', 'its grain cannot be read'),
  compressed: kind('error', 'a compressed grain is damaged', 'its data is lost'),
  'end-marker': kind(
    'error',
    'the stream does not end as it should',
    'the file was cut short, or its writer stopped early',
  ),
  journal: kind(
    'error',
    'a journal waits to be replayed',
    'the tables are older than the data; let the host that wrote it open it first',
  ),
  file: kind('error', 'a flat extent of the wrong length', 'the end of the disk is missing'),
  'file-long': kind(
    'warning',
    'a flat extent is longer than the descriptor says',
    'what is behind is not part of the disk; growing may have been cut short',
  ),
  chain: kind(
    'error',
    'the chain of parents is broken',
    'what the disk does not have itself cannot be read, or is not what it was',
  ),
  device: kind('note', 'a map of a raw device', 'its data is on a LUN and was not checked'),
} as const satisfies Readonly<Record<string, Kind>>;

export type FindingKind = keyof typeof KINDS;

export type Finding = FindingOf<FindingKind>;

export class Findings extends FindingList<FindingKind> {
  constructor() {
    super(KINDS);
  }
}
