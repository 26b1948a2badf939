import { DATA_BLOCKS } from '../../engine/core/data-arena.js';
import { BLOCK_BYTES } from '../../engine/core/io.js';
import { STAMP_BLOCKS, STAMP_GUESTS } from '../../engine/core/stamp.js';
import { formatSize } from '../../engine/core/units.js';
import type { JobPlan } from '../../engine/plan/plan.js';
import type { Path } from '../source.js';
import type { Context } from './context.js';

/** A job and where it stands in the scenario. */
export interface PlannedJob {
  readonly job: JobPlan;
  readonly path: Path;
}

const UNIT = DATA_BLOCKS * BLOCK_BYTES;
const LARGEST = STAMP_BLOCKS * UNIT;

/** Jobs that verify what they read: whole 4 KiB blocks, in a part of the disk nobody else writes. */
export function checkVerified(context: Context, planned: readonly PlannedJob[]): void {
  const verified = planned.filter(({ job }) => job.verify);
  for (const { job, path } of verified) {
    const { offsetBytes, sizeBytes, bs, rw } = job;
    if (rw === 'unmap') context.report([...path, 'rw'], 'a job that verifies reads and writes');
    if (offsetBytes % UNIT !== 0 || sizeBytes % UNIT !== 0) {
      context.report(
        [...path, offsetBytes % UNIT === 0 ? 'size' : 'offset'],
        'a job that verifies works on whole blocks of 4 KiB',
      );
    }
    if (bs.some(({ bytes }) => bytes % UNIT !== 0)) {
      context.report(
        [...path, 'bs'],
        'a job that verifies needs block sizes in multiples of 4 KiB',
      );
    }
    if (sizeBytes > LARGEST) {
      const what = `a job verifies at most ${formatSize(LARGEST)}, not ${formatSize(sizeBytes)}`;
      context.report([...path, 'size'], what, `give it "size: ${formatSize(LARGEST)}" or less`);
    }
    const other = planned.find((entry) => entry.job !== job && disturbs(entry.job, job));
    if (other !== undefined) {
      const what = `${other.job.name} writes to the part of the disk that ${job.name} verifies`;
      context.report([...path, 'verify'], what, 'keep them apart with "offset" and "size"');
    }
  }
  if (verified.length > STAMP_GUESTS) {
    const { path } = verified[STAMP_GUESTS]!;
    context.report([...path, 'verify'], `at most ${STAMP_GUESTS} jobs may verify`);
  }
}

function disturbs(other: JobPlan, { disk, offsetBytes, sizeBytes }: JobPlan): boolean {
  if (other.disk !== disk || other.rw === 'read' || other.rw === 'randread') return false;
  const start = other.offsetBytes;
  return start < offsetBytes + sizeBytes && offsetBytes < start + other.sizeBytes;
}
