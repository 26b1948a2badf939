import { formatDuration } from '../engine/core/units.js';
import type { Trace } from '../input/read-trace.js';
import { groupDigits } from '../output/table.js';
import { planReplay } from '../scenario/replay.js';
import type { ScreenArguments } from './commands/define.js';
import { runHeadless } from './headless.js';
import { readInteger, readSeed, readSpan, readTimingOption } from './options.js';

export interface ReplayArguments extends ScreenArguments {
  readonly trace: string;
  readonly headless: boolean;
  readonly json: boolean;
  readonly timing?: string | undefined;
  readonly iodepth?: string | undefined;
  readonly disks?: string | undefined;
  readonly scenario?: string | undefined;
  readonly seed?: string | undefined;
  readonly duration?: string | undefined;
  readonly events?: string | undefined;
  readonly 'save-session'?: string | undefined;
}

/** Virtual disks of one VM. */
const DISKS_MAX = 60;

/** `vmtop replay`. */
export async function replayTrace(args: ReplayArguments): Promise<void> {
  const options = {
    trace: args.trace,
    scenario: args.scenario,
    scale: readTimingOption(args.timing),
    iodepth: readInteger('--iodepth', args.iodepth, 1, 4096),
    disks: readInteger('--disks', args.disks, 1, DISKS_MAX),
    seed: readSeed(args.seed),
    durationNs: readSpan('--duration', args.duration),
  };
  if (!args.headless && !args.json) {
    const { openReplay } = await import('./dashboard.js');
    await openReplay(options, args);
    return;
  }
  const { plan, trace } = planReplay(options);
  runHeadless(plan, {
    json: args.json,
    events: args.events,
    untilFinished: options.durationNs === undefined,
    trace: { file: args.trace, format: trace.format, ...trace.summary },
    notes: [describeTrace(args.trace, trace)],
  });
}

function describeTrace(file: string, { format, summary }: Trace): string {
  const { records, reads, writes, others, skipped, spanNs } = summary;
  return (
    `trace ${file} (${format}): ${groupDigits(records)} records over ${formatDuration(spanNs)}: ` +
    `${groupDigits(reads)} reads, ${groupDigits(writes)} writes, ${groupDigits(others)} others, ` +
    `${groupDigits(skipped)} not for a disk`
  );
}
