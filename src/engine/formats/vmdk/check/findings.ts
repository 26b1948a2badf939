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
  rounded: kind(
    'warning',
    'the header counts the last grain whole',
    'the size in the descriptor is taken here; other programs take that in the header',
  ),
  header: kind(
    'error',
    'fields of a header contradict each other',
    'programs that go by the other one read the disk differently, or refuse it',
  ),
  odd: kind(
    'warning',
    'a field of a header is not as programs write it',
    'nothing here goes by it, other programs may; the header was damaged, or written by something unusual',
  ),
  'create-type': kind('error', 'an unknown createType', 'other programs refuse the disk'),
  'extent-type': kind(
    'error',
    'an extent is not what the descriptor says',
    'programs go by createType, by the extent line or by the file: they read the disk differently, or refuse it',
  ),
  'extent-twice': kind(
    'error',
    'a file is part of the disk twice',
    'a line of the descriptor was copied: what is written to one place appears in the other',
  ),
  incomplete: kind(
    'error',
    'the descriptor lacks a line',
    'other programs refuse the disk, or take it for something else',
  ),
  'key-twice': kind('warning', 'a key is there twice', 'only the first counts'),
  line: kind(
    'warning',
    'a line of the descriptor means nothing',
    'it was changed by hand, or is cut short',
  ),
  database: kind(
    'warning',
    'an entry of the disk database does not fit the disk',
    'an extent line may be missing or wrong, or the entry was changed by hand',
  ),
  hint: kind(
    'error',
    'a parent is named, but the content id of the parent says none',
    'some programs read what the disk does not have from that parent, others read zeros',
  ),
  tracking: kind(
    'warning',
    'the file of changed blocks is missing',
    'hosts do not open the disk; take changeTrackPath out of the descriptor',
  ),
  'no-access': kind(
    'warning',
    'an extent is marked as not accessible',
    'it reads as zeros here, whatever its file has',
  ),
  renamed: kind(
    'note',
    'the descriptor inside calls the file by another name',
    'it was renamed or copied; some programs look for the old name',
  ),
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
  overlap: kind(
    'error',
    'a table lies over something else',
    'the directory is damaged: what is written to one of them destroys the other',
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
  'lost-record': kind(
    'error',
    'a record of the stream no table names',
    'programs that read the stream in order find it, others read zeros: entries of a table were lost',
  ),
  unnamed: kind(
    'note',
    'grains no table names',
    'a guest gave them back and they were not reclaimed, or their entries were lost',
  ),
  cursor: kind(
    'error',
    'what is in use counts as free',
    'the next write of a host goes over it: do not write to the disk, convert it',
  ),
  behind: kind(
    'warning',
    'a table names grains behind the end of the disk',
    'nobody reads them: the disk was cut, or an entry is damaged',
  ),
  many: kind(
    'error',
    'more damage than can be told one by one',
    'the rest of the tables was not looked at',
  ),
  entry: kind('error', 'a damaged table entry', 'its grain cannot be read'),
  compressed: kind('error', 'a compressed grain is damaged', 'its data is lost'),
  'packed-length': kind(
    'warning',
    'a compressed grain is shorter than its marker says',
    'its data is whole; the marker was damaged, or written by something unusual',
  ),
  marker: kind(
    'error',
    'a marker of the stream is damaged',
    'programs that read the stream in order lose their way there',
  ),
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
  'other-folder': kind(
    'warning',
    'a file in another folder was not looked at',
    '--outside follows parents and links there, when you trust the disk',
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
