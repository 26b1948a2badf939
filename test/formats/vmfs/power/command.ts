/**
 * `npm run power [-- PART [SEQUENCE]]`: loses power at every sector that every sequence of one and two
 * operations writes, and of recovery from it. A part is a kind of volume (`operations.ts`); a sequence,
 * `create,rename` for example, is one that failed and is tried again.
 */
import { campaignOf } from './campaign.js';
import { type Operation, PARTS, type Part } from './operations.js';

const PROGRESS_MS = 5000;

function main([name, sequence]: readonly string[]): number {
  const parts = PARTS.filter((part) => name === undefined || part.name === name);
  if (parts.length === 0) throw new Error(`no part ${name}: ${PARTS.map((part) => part.name)}`);
  let failures = 0;
  for (const part of parts) failures += play(part, sequence);
  return failures === 0 ? 0 : 1;
}

function play(part: Part, only: string | undefined): number {
  const campaign = campaignOf(part);
  const sequences = sequencesOf(part.operations).filter(
    (operations) => only === undefined || operations.map(({ name }) => name).join(',') === only,
  );
  if (sequences.length === 0) throw new Error(`${part.name} has no sequence ${only}`);
  let failures = 0;
  let toldAt = Date.now();
  sequences.forEach((operations, index) => {
    try {
      campaign.lose(operations);
    } catch (error) {
      failures++;
      console.log(`${part.name}: ${(error as Error).message}`);
    }
    if (Date.now() - toldAt < PROGRESS_MS) return;
    toldAt = Date.now();
    console.error(`${part.name}: ${index + 1} of ${sequences.length} sequences`);
  });
  const { cuts, media, recoveries } = campaign.tally;
  console.log(
    `${part.name}: ${sequences.length} sequences, ${cuts} cuts and ${recoveries} of recoveries, ` +
      `${media} different media, ${failures} failures`,
  );
  return failures;
}

/** Those of one operation first. */
function sequencesOf(operations: readonly Operation[]): (readonly Operation[])[] {
  const pairs = operations.flatMap((one) => operations.map((other) => [one, other]));
  return [...operations.map((one) => [one]), ...pairs];
}

process.exitCode = main(process.argv.slice(2));
