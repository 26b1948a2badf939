/** What a check can find: how bad it is, and what it means. */

import { FindingList, type FindingOf, type FindingKind as Kind, kind } from '../../findings.js';

export type { Severity } from '../../findings.js';

export const KINDS = {
  unreadable: kind(
    'error',
    'the volume cannot be read',
    'nothing further was checked; every tool will refuse the volume',
  ),
  'device-missing': kind(
    'error',
    'a device of the volume is missing',
    'files with blocks on it cannot be read; give all images of the volume',
  ),
  'partition-table': kind(
    'warning',
    'the partition table is damaged',
    'the volume was found all the same; other tools and hosts may not find it',
  ),
  'lvm-header': kind(
    'error',
    'a header of the logical volume manager is damaged',
    'the volume was read all the same; a host may refuse it',
  ),
  superblock: kind(
    'error',
    'the file system descriptor is damaged',
    'the volume was read all the same; a host may refuse it or misjudge where things are',
  ),
  resignature: kind(
    'warning',
    'a resignature of the volume was cut off',
    'the volume was read all the same; hosts finish the resignature before they mount it',
  ),
  unfamiliar: kind(
    'warning',
    'a field has a value not seen on other volumes',
    'damage, or a volume of a kind vmtop does not know; nothing that was read depends on it',
  ),
  'extent-table': kind(
    'error',
    'the table of physical extents is wrong',
    'the logical volume manager would map the volume differently from what was read here',
  ),
  affinity: kind(
    'note',
    'clusters say otherwise for whom their blocks were taken',
    'hosts may choose blocks that lie less well; nothing that is read depends on it',
  ),
  heartbeat: kind(
    'error',
    'a heartbeat slot is damaged',
    'a host cannot take the slot, and may take one in use for free',
  ),
  'host-active': kind(
    'note',
    'a host uses the volume, or crashed doing so',
    'what it changes while the check runs looks like damage; its journal may hold changes to come',
  ),
  'journal-replayed': kind(
    'note',
    'a session of vmtop ended early',
    'its journal was taken into account; the next writer puts it into place',
  ),
  'cluster-header': kind(
    'error',
    'the header of a resource cluster is damaged',
    'what is free in this cluster is not known; hosts stop allocating from it',
  ),
  'cluster-count': kind(
    'error',
    'a resource cluster counts wrongly',
    'its bitmap and its counters contradict each other; free space is misjudged',
  ),
  unallocated: kind(
    'error',
    'in use but marked free',
    'the next file that grows may be given this block and overwrite what is there',
  ),
  lost: kind(
    'error',
    'marked in use but no file has it',
    'space that cannot be used; left behind when a change was cut short',
  ),
  shared: kind(
    'error',
    'two files have the same block',
    'what is written to one of them appears in the other',
  ),
  outside: kind(
    'error',
    'an address beyond what there is',
    'the file cannot be read at this place',
  ),
  'wrong-kind': kind(
    'error',
    'an address of the wrong kind',
    'the file cannot be read at this place',
  ),
  'without-kind': kind(
    'error',
    'an address without a kind',
    'the file reads as zeros at this place, where data may have been',
  ),
  'behind-end': kind(
    'warning',
    'a file has blocks behind its end',
    'its length is damaged, or space was left behind; fsck.vmfs calls these blocks lost',
  ),
  descriptor: kind(
    'error',
    'a file descriptor is damaged',
    'the file it describes is lost, wholly or in part',
  ),
  'descriptor-free': kind(
    'error',
    'a file whose descriptor is marked free',
    'the next new file may take its descriptor, and this one is gone',
  ),
  'descriptor-lost': kind(
    'error',
    'a descriptor marked in use holds no file',
    'one file fewer can be created; left behind when a change was cut short',
  ),
  'descriptor-counters': kind(
    'warning',
    'a file counts its blocks wrongly',
    'usage that is shown is wrong; the content is not affected',
  ),
  'lock-held': kind('note', 'a file is locked', 'a host has it open, or had when it stopped'),
  orphan: kind('error', 'a file no directory names', 'it takes space but cannot be reached'),
  undefined: kind(
    'error',
    'a name of no file',
    'the file was removed but its name stayed, or its descriptor is damaged',
  ),
  stale: kind(
    'error',
    'a name of a file that is gone',
    'its descriptor now belongs to another file, which this name does not mean',
  ),
  'record-type': kind(
    'error',
    'a name and its file disagree about the kind of file',
    'a directory taken for a file, or the other way round',
  ),
  dots: kind(
    'error',
    'a directory does not know itself or its parent',
    'paths through its "." or ".." lead elsewhere',
  ),
  directory: kind('error', 'a directory is damaged', 'names in it may be missing'),
  name: kind('error', 'a name no file can have', 'the file cannot be reached by it'),
  'name-twice': kind(
    'error',
    'a name twice in one directory',
    'only the first of them can be reached',
  ),
  'linked-twice': kind(
    'error',
    'a file with two names',
    'VMFS has no hard links; removing one name breaks the other',
  ),
  links: kind('warning', 'a wrong link count', 'shown wrongly; nothing else depends on it'),
  'system-file': kind(
    'error',
    'a system file is missing in the root directory',
    'tools find the resource files by their names there',
  ),
} as const satisfies Readonly<Record<string, Kind>>;

export type FindingKind = keyof typeof KINDS;

export type Finding = FindingOf<FindingKind>;

export class Findings extends FindingList<FindingKind> {
  constructor() {
    super(KINDS);
  }

  /** Adds paths to what was found before they were known. */
  name(pathOf: (place: string) => string | undefined): void {
    for (const finding of this.list) {
      const path =
        pathOf(finding.place) ??
        pathOf(/^used by (.*?)(?: and |$)/.exec(finding.detail)?.[1] ?? '');
      if (path !== undefined) finding.path = path;
    }
  }

  get errors(): number {
    return this.of('error');
  }

  get warnings(): number {
    return this.of('warning');
  }
}
