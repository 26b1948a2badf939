import { InputError } from '../../engine/core/errors.js';
import { parseSize } from '../../engine/core/units.js';
import { formatVolume } from '../../engine/formats/vmfs/format.js';
import { type Generation, VMFS3, VMFS5, VMFS6 } from '../../engine/formats/vmfs/generation.js';
import { Volume } from '../../engine/formats/vmfs/volume.js';
import { FileImage } from '../../input/image/file-image.js';
import { PartProgress } from '../../output/part-progress.js';
import { newUuid, now, randomWord, withImages } from './images.js';
import { describeSpace } from './read.js';

interface FormatArguments {
  readonly images: readonly string[];
  readonly size: string | undefined;
  readonly vmfs: string;
  readonly label: string;
  readonly block: string;
  readonly force: boolean;
  readonly device: string | undefined;
}

/** `vmtop volume format`. */
export function formatImages(args: FormatArguments): void {
  const generation = readGeneration(args.vmfs);
  const blockBytes = readSize('--block', args.block);
  const bytes = args.size === undefined ? undefined : readSize('--size', args.size);
  if (bytes === undefined && !args.force) {
    throw InputError.of(
      args.images[0] ?? '',
      'formatting an image loses what it holds',
      '--size SIZE makes a new image, --force formats the one there is',
    );
  }
  if (bytes !== undefined) {
    for (const path of args.images) FileImage.create(path, bytes, args.force).close();
  }
  withImages(
    args.images,
    true,
    (images) => {
      const progress = new PartProgress(process.stderr, `formatting ${args.images.join(' ')}`);
      try {
        formatVolume(images, {
          generation,
          label: args.label,
          blockBytes,
          seconds: now(),
          random: randomWord,
          host: newUuid(),
          progress: (part) => progress.update(part),
        });
      } finally {
        progress.clear();
      }
      process.stdout.write(`${describeSpace(Volume.open(images, { seconds: now() }))}\n`);
    },
    args.device,
  );
}

function readGeneration(text: string): Generation {
  const known: Readonly<Record<string, Generation>> = { 3: VMFS3, 5: VMFS5, 6: VMFS6 };
  const generation = known[text];
  if (generation !== undefined) return generation;
  throw InputError.of('--vmfs', `expected 3, 5 or 6, found "${text}"`);
}

/** @throws InputError where it is no size above zero */
export function readSize(option: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw InputError.of(
    option,
    `expected a size with its unit, found "${text}"`,
    'for example 20GiB',
  );
}
