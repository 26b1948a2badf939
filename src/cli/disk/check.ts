import { basename, dirname } from 'node:path';
import { formatSize } from '../../engine/core/units.js';
import { checkDisk, type DiskReport } from '../../engine/formats/vmdk/check/check.js';
import { KINDS } from '../../engine/formats/vmdk/check/findings.js';
import { SECTOR } from '../../engine/formats/vmdk/medium.js';
import { zlibCodec } from '../../input/image/zlib-codec.js';
import { PartProgress } from '../../output/part-progress.js';
import { groupDigits } from '../../output/table.js';
import { EXIT_FAILED } from '../exit-codes.js';
import { printable } from '../volume/printable.js';
import { withFiles } from './source.js';

/** Findings of one kind that are printed. */
const SHOWN = 10;

/** `vmtop disk check`: exit code 1 when there is damage. */
export async function checkFile(path: string, outside: boolean): Promise<void> {
  await withFiles(path, outside, (files) => {
    const progress = new PartProgress(process.stderr, `checking ${path}`);
    let report: DiskReport;
    try {
      const folder = files.folder(dirname(path));
      report = checkDisk(folder, basename(path), zlibCodec, (part) => progress.update(part));
    } finally {
      progress.clear();
    }
    process.stdout.write(`${describe(report)}\n`);
    if (report.findings.of('error') > 0) process.exitCode = EXIT_FAILED;
  });
}

function describe({ findings, files, sectors }: DiskReport): string {
  const lines: string[] = [];
  for (const [kind, count] of findings.totals()) {
    const { severity, title, meaning } = KINDS[kind];
    const found = findings.list.filter((finding) => finding.kind === kind).slice(0, SHOWN);
    lines.push(`${severity}: ${title} (${groupDigits(count)})`);
    for (const { place, detail } of found) {
      lines.push(printable(`  ${detail.startsWith(place) ? detail : `${place}: ${detail}`}`));
    }
    if (count > found.length) lines.push(`  ... and ${groupDigits(count - found.length)} more`);
    lines.push(`  ${meaning}`, '');
  }
  const size = formatSize(sectors * SECTOR);
  lines.push(`checked a disk of ${size} in ${groupDigits(files)} files`);
  const [errors, warnings] = [findings.of('error'), findings.of('warning')];
  lines.push(`${groupDigits(errors)} errors, ${groupDigits(warnings)} warnings`);
  return lines.join('\n');
}
