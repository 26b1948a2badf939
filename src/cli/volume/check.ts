import { type CheckReport, checkVolume } from '../../engine/formats/vmfs/check/check.js';
import { type Finding, type FindingKind, KINDS } from '../../engine/formats/vmfs/check/findings.js';
import { PartProgress } from '../../output/part-progress.js';
import { groupDigits } from '../../output/table.js';
import { EXIT_FAILED } from '../exit-codes.js';
import { withImages } from './images.js';
import { printable } from './printable.js';

/** Findings of one kind that are printed. */
const SHOWN = 10;

/** `vmtop volume check`: exit code 1 when there is damage. */
export function checkImages(images: readonly string[]): void {
  withImages(images, false, (media) => {
    const progress = new PartProgress(process.stderr, 'checking');
    let report: CheckReport;
    try {
      report = checkVolume(media, (part) => progress.update(part));
    } finally {
      progress.clear();
    }
    process.stdout.write(`${describeReport(report)}\n`);
    if (report.findings.errors > 0) process.exitCode = EXIT_FAILED;
  });
}

function describeReport({ findings, files, used }: CheckReport): string {
  const lines: string[] = [];
  for (const [kind, count] of findings.totals()) {
    lines.push(...describeKind(kind, count, findings.list), '');
  }
  if (files > 0) {
    const uses = used
      .filter(({ total }) => total > 0)
      .map((use) => `${use.name} ${groupDigits(use.used)} of ${groupDigits(use.total)}`);
    lines.push(`checked ${groupDigits(files)} files; in use: ${uses.join(', ')}`);
  }
  const { errors, warnings } = findings;
  lines.push(`${groupDigits(errors)} errors, ${groupDigits(warnings)} warnings`);
  return lines.join('\n');
}

function describeKind(kind: FindingKind, count: number, all: readonly Finding[]): string[] {
  const { severity, title, meaning } = KINDS[kind];
  const found = all.filter((finding) => finding.kind === kind).slice(0, SHOWN);
  return [
    `${severity}: ${title} (${groupDigits(count)})`,
    ...found.map(({ place, detail, path }) =>
      printable(`  ${place}: ${detail}${path === undefined ? '' : ` (${path})`}`),
    ),
    ...(count > found.length ? [`  ... and ${groupDigits(count - found.length)} more`] : []),
    `  ${meaning}`,
  ];
}
