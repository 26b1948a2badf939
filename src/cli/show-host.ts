import { setTimeout as wait } from 'node:timers/promises';
import type { Recorder } from '../host/recorder.js';
import type { HostSource } from '../host/source.js';
import type { Moment } from '../host/watch.js';
import { groupDigits } from '../output/table.js';
import type { ScreenArguments } from './commands/define.js';
import { readDelay, readInteger } from './options.js';

export interface HostArguments extends ScreenArguments {
  readonly record?: string | undefined;
  readonly headless: boolean;
  readonly json: boolean;
  readonly iterations?: string | undefined;
}

/** `vmtop host`. */
export async function showHost(args: HostArguments): Promise<void> {
  const delayMs = readDelay(args.delay);
  const iterations = readInteger('--iterations', args.iterations, 1, 1e9);
  const headless = args.headless || args.json;
  const { openHost } = await import('../host/source.js');
  const source = await openHost();
  if (!headless) {
    const { requireTerminal } = await import('./dashboard.js');
    requireTerminal('vmtop host --headless');
  }
  const recorder = await openRecorder(args.record, source);
  const onReading = (before: Moment, after: Moment): void =>
    recorder?.add(before.reading, after.reading, before.at, after.at);
  try {
    if (headless) {
      const count = iterations ?? Number.POSITIVE_INFINITY;
      await printUpdates(source, args.json, delayMs ?? 1_000, count, onReading);
    } else {
      const { openHostDashboard } = await import('./dashboard.js');
      await openHostDashboard(args, { source, onReading });
    }
  } finally {
    recorder?.close();
    if (recorder !== undefined) process.stderr.write(`${report(recorder)}\n`);
  }
}

async function openRecorder(
  file: string | undefined,
  source: HostSource,
): Promise<Recorder | undefined> {
  if (file === undefined) return undefined;
  const { Recorder } = await import('../host/recorder.js');
  return new Recorder(file, source, Date.now());
}

async function printUpdates(
  source: HostSource,
  json: boolean,
  delayMs: number,
  count: number,
  onReading: (before: Moment, after: Moment) => void,
): Promise<void> {
  const { HostSamples } = await import('../host/samples.js');
  const { Watch } = await import('../host/watch.js');
  const { formatUpdate } = await import('../output/host.js');
  const watch = await Watch.start(source);
  const samples = new HostSamples(source, watch.last.reading);
  for (let update = 0; update < count; update++) {
    await wait(delayMs);
    const { before, after } = await watch.next();
    onReading(before, after);
    const [one, other] = [before, after].map(({ at, reading }) => samples.sample(at, reading));
    if (one === undefined || other === undefined) return;
    process.stdout.write(`${formatUpdate(source.host, samples.entities, one, other, json)}\n`);
  }
}

function report({ file, intervals, reads, writes }: Recorder): string {
  const counted = `${groupDigits(reads)} reads and ${groupDigits(writes)} writes`;
  const head = `${file}: ${counted} in ${groupDigits(intervals)} intervals`;
  if (reads + writes === 0) return `${head}: the disks were idle, there is nothing to replay`;
  return (
    `${head}. Their numbers, bytes and mean times are exact; ` +
    `their instants within an interval and their addresses are made up.\n` +
    `  play it: vmtop replay ${file}`
  );
}
