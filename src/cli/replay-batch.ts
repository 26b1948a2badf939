import { readBatch } from '../input/read-batch.js';
import { formatRecording } from '../output/recording.js';
import type { ScreenArguments } from './commands/define.js';
import { openRecording } from './dashboard.js';

/** `vmtop replay-batch`. */
export async function replayBatchFile(
  args: ScreenArguments & { readonly file: string; readonly headless: boolean },
): Promise<void> {
  if (args.headless) {
    process.stdout.write(`${formatRecording(await readBatch(args.file))}\n`);
  } else {
    await openRecording(args.file, args);
  }
}
