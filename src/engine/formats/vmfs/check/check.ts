import { FormatError } from '../../../core/errors.js';
import { showAddress } from '../address.js';
import { Core } from '../core.js';
import { LogicalVolume } from '../logical-volume.js';
import type { BlockMedium } from '../medium.js';
import type { Resource } from '../resource.js';
import { liveSlots, replayInMemory } from '../session.js';
import { Tree } from '../tree.js';
import { FileCheck } from './files.js';
import { Findings } from './findings.js';
import { checkHeartbeats, countJournals } from './heartbeats.js';
import { checkLvm } from './lvm.js';
import { checkClusters } from './resources.js';
import { checkSuperblock } from './superblock.js';
import { checkTree } from './tree.js';
import type { UseMap } from './use-map.js';

export interface CheckReport {
  readonly findings: Findings;
  /** What was looked at; zeros where the volume could not be read. */
  readonly files: number;
  readonly used: readonly {
    readonly name: string;
    readonly used: number;
    readonly total: number;
  }[];
}

/**
 * Checks a volume without changing it: logical volume manager, heartbeats, resource clusters, file
 * descriptors and what they refer to, directories. What `fsck.vmfs` and `check_vol_bitmaps` find
 * (reference, section 16) and what they do not look at; blocks to be zeroed, files inside descriptors
 * and doubly indirect ones are understood.
 */
export function checkVolume(
  media: readonly BlockMedium[],
  progress: (part: number) => void = () => undefined,
): CheckReport {
  const findings = new Findings();
  try {
    return checkOpened(LogicalVolume.open(media), findings, progress);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    findings.add('unreadable', media[0]?.name ?? 'volume', error.message);
    return { findings, files: 0, used: [] };
  }
}

function checkOpened(
  volume: LogicalVolume,
  findings: Findings,
  progress: (part: number) => void,
): CheckReport {
  checkLvm(volume, findings);
  const core = new Core(volume, 0);
  replayInMemory(core);
  if (liveSlots(core).some(({ journal }) => journal !== undefined)) core.reopen();
  checkSuperblock(core, findings);
  const uses = new Map<Resource, UseMap>();
  core.resources.list.forEach((resource, index) => {
    uses.set(resource, checkClusters(core, resource, findings));
    progress((0.3 * (index + 1)) / core.resources.list.length);
  });
  const live = checkHeartbeats(core, findings);
  const files = new FileCheck(core, findings, uses);
  files.run((part) => progress(0.3 + 0.5 * part));
  countJournals(core, findings, live, uses.get(core.require(core.resources.blocks)));
  checkTree(core, new Tree(core, false), files.known, findings);
  const paths = new Map(
    [...files.known.values()].map(({ address, path }) => [showAddress(address), path]),
  );
  findings.name((place) => paths.get(place));
  progress(0.9);
  for (const map of uses.values()) {
    // Journals of live hosts on VMFS 6 are named by their heartbeats only.
    const skipped = [core.resources.files, core.resources.journals].includes(map.resource);
    if (skipped) continue;
    for (const address of map.lost()) {
      findings.add('lost', showAddress(address), `in the bitmap of ${map.resource.name}`);
    }
  }
  // Whatever is damaged shows here a second time.
  if (findings.errors + findings.warnings === 0) files.affinity.report(findings);
  progress(1);
  return {
    findings,
    files: files.known.size,
    used: [...uses.values()].map((map) => ({
      name: map.resource.name,
      used: map.usedCount,
      total: map.resource.layout.total,
    })),
  };
}
