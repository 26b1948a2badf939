import { FormatError, InputError } from '../core/errors.js';
import { BLOCK_BYTES } from '../core/io.js';
import type { Stream } from '../core/random.js';
import { lvmLayout } from '../formats/vmfs/extent-places.js';
import { SUPERBLOCK_AT } from '../formats/vmfs/generation.js';
import { LVM_DATA_AT, LVM_HEADER_AT } from '../formats/vmfs/lvm-records.js';
import type { BlockMedium } from '../formats/vmfs/medium.js';
import { resignature } from '../formats/vmfs/resignature.js';
import { makeUuid } from '../formats/vmfs/uuid.js';
import type { LvmWrite } from '../stack/block/lvm-records.js';
import type { VmfsVersion } from '../stack/filesystem/vmfs/layout.js';
import { StagedMedia } from '../stack/filesystem/vmfs/on-disk/staged-media.js';
import { EPOCH_SECONDS } from '../stack/filesystem/vmfs/on-disk/volume-bytes.js';
import { named } from './volume-admin.js';

/** What makes a copy of a volume a volume of its own. */
export interface NewSignature {
  readonly name: string;
  /** One phase after the other. */
  readonly phases: readonly (readonly LvmWrite[])[];
}

/**
 * Where bytes are not kept: the sectors a resignature writes, one after the other. Each device is marked,
 * gets its names, the head the label, and each mark goes (vmfs-ondisk reference, section 3.6).
 */
export function signatureWrites(
  uids: readonly string[],
  label: string,
  major: VmfsVersion,
  random: Stream,
): NewSignature {
  const { volumeAt } = lvmLayout(major);
  const head = uids[0] as string;
  const at = (uid: string, byte: number): LvmWrite[] => [
    { uid, lba: byte / BLOCK_BYTES, blocks: 1 },
  ];
  const marks = uids.map((uid) => at(uid, volumeAt));
  const names = uids.flatMap((uid) => [at(uid, LVM_HEADER_AT), at(uid, volumeAt)]);
  const word = random.next() >>> 0;
  return {
    name: `snap-${word.toString(16).padStart(8, '0')}-${label}`,
    phases: [...marks, ...names, at(head, LVM_DATA_AT + SUPERBLOCK_AT), ...marks],
  };
}

/**
 * The same where they are: what the volume library writes, for the devices to carry out.
 * @param images of the devices
 * @throws InputError where a device is missing, or this is no volume
 */
export function signatureBytes(
  uids: readonly string[],
  images: readonly BlockMedium[],
  random: Stream,
): NewSignature {
  const staged = new StagedMedia(images);
  const next = (): number => random.next();
  const uuid = () => makeUuid(EPOCH_SECONDS, [next(), next(), next()]);
  let name = '';
  const phases = staged.stage(() => {
    try {
      name = resignature(staged.views, { uuid, random: next });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw InputError.of(staged.views[0].name, error.message, 'take another snapshot of the LUN');
    }
  });
  return { name, phases: named(phases, uids) };
}
