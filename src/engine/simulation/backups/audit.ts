import { DATA_BLOCKS } from '../../core/data-arena.js';
import type { Verifier } from '../../workloads/verifier.js';
import type { BackupService } from './service.js';
import { witnessed } from './service.js';

/**
 * Backups against what guests know that their disks held at the snapshots. Of writes under way or that
 * failed then, either outcome is right.
 * @returns a line for each backup that is wrong
 */
export function wrongBackupsOf(
  backups: BackupService,
  verifiersOf: (disk: number) => readonly Verifier[],
): string[] {
  return backups.backedUp.flatMap((disk) =>
    backups.pointsOf(disk).flatMap(({ name }) => {
      const point = backups.restorePoint(disk, name);
      const wrong = verifiersOf(disk).flatMap((verifier) =>
        wrongBlocks(verifier, (lba) => point.stampAt(lba), witnessed(name)),
      );
      const [first] = wrong;
      if (first === undefined) return [];
      return [
        `${name} of disk ${disk}: ${wrong.length} blocks are not as they were, from ${first}`,
      ];
    }),
  );
}

function wrongBlocks(
  verifier: Verifier,
  stampAt: (lba: number) => number,
  snapshot: string,
): number[] {
  const wrong: number[] = [];
  for (let lba = verifier.startBlock; lba < verifier.endBlock; lba += DATA_BLOCKS) {
    if (!verifier.stampsAt(lba, snapshot).includes(stampAt(lba))) wrong.push(lba);
  }
  return wrong;
}
