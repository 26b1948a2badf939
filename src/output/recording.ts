/** What a recorded batch file holds, in words. */
import { formatStamp } from '../engine/formats/pdh/stamp.js';
import { BATCH_OBJECTS } from '../engine/views/batch/objects.js';
import type { Recording } from '../input/read-batch.js';
import { formatTable } from './table.js';

/** One sentence: whose it is, from when to when, how much of it is about storage. */
export function describeRecording(recording: Recording): string {
  const { layout, samples, times, firstStamp, cutShort } = recording;
  const last = firstStamp + (times.at(-1) ?? 0) - (times[0] ?? 0);
  const columns = [...layout.objects.values()].reduce((sum, { columns: own }) => sum + own, 0);
  const counters =
    layout.width > 0
      ? `${layout.width} of ${columns} counters are about storage`
      : `none of its ${columns} counters is about storage (${[...layout.objects.keys()].join(', ')})`;
  return (
    `recorded on ${layout.hosts.join(', ')} from ${formatStamp(firstStamp)} to ` +
    `${formatStamp(last)}: ${samples.length} samples; ${counters}` +
    (cutShort ? '; the last line was cut short and left out' : '')
  );
}

/** The sentence and a line per object of the file. */
export function formatRecording(recording: Recording): string {
  const known = new Set(BATCH_OBJECTS.map(({ name }) => name));
  const table = formatTable(
    [...recording.layout.objects],
    [
      { title: 'object', align: 'left', text: ([name]) => name },
      { title: 'counters', text: ([, { columns }]) => String(columns) },
      { title: 'shown', text: ([, { kept }]) => String(kept) },
      { title: '', align: 'left', text: ([name]) => (known.has(name) ? '' : 'not about storage') },
    ],
  );
  return `${describeRecording(recording)}\n${table}`;
}
