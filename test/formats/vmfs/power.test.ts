/**
 * Power lost at every sector of what operations write: the volume is sound afterwards. All sequences of two
 * take an hour (`npm run power`); here is a slice of them.
 */
import { describe, expect, it } from 'vitest';
import { VMFS5 } from '../../../src/engine/formats/vmfs/generation.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { FaultyImage, PowerLoss, type Survival } from './faulty-image.js';
import {
  formatted,
  HOST,
  MIB,
  openToRead,
  openToWrite,
  pattern,
  readAll,
  SECONDS,
} from './model.js';
import { Campaign, campaignOf } from './power/campaign.js';
import { Overlay } from './power/medium.js';
import { type Operation, PARTS } from './power/operations.js';

const SURVIVALS: readonly Survival[] = ['front', 'any', 'back'];

/** What the suite plays of each part; of pairs, a cut in three. */
const SLICE: Readonly<Record<string, readonly string[]>> = {
  'VMFS-5': ['mkdir', 'replace', 'leave-direct', 'leave-descriptor,leave-sub-block'],
  'VMFS-6': ['mkdir', 'create-full,remove-full'],
  'VMFS-3': ['replace', 'create-full,remove-full'],
  'VMFS-6-large': ['cut-large', 'remove-cut-up,make-large'],
  'VMFS-5-host': ['replace'],
  'VMFS-6-host': ['move,remove-small'],
};

describe.each(PARTS.filter(({ name }) => name in SLICE))('power lost on $name', (part) => {
  it('leaves the old state or the new one, also when it is lost during recovery', () => {
    const campaign = campaignOf(part);
    for (const sequence of SLICE[part.name]) {
      const operations = sequence
        .split(',')
        .flatMap((wanted) => part.operations.filter(({ name }) => name === wanted));
      campaign.lose(operations, operations.length === 1 ? 1 : 3);
    }
    const { cuts, media, recoveries } = campaign.tally;
    expect(cuts).toBeGreaterThan(10);
    expect(media).toBeGreaterThan(10);
    expect(recoveries).toBeGreaterThan(20);
  }, 120_000);
});

describe('the campaign', () => {
  const [part] = PARTS;
  const [mkdir] = part.operations.filter(({ name }) => name === 'mkdir');

  /** A session whose changes go to their places at once. */
  const unsafe: Operation = {
    name: 'unsafe',
    run(volume) {
      (volume as Volume).core.store.journal = undefined;
      mkdir.run(volume);
    },
  };

  it('names sequence and cut where a change is not in one piece', () => {
    const campaign = new Campaign(part.base(), part.resident);
    expect(() => campaign.lose([unsafe])).toThrow(/^unsafe at step \d+, sector 1 \(front\): /);
  });

  it('sees what comes before its data', () => {
    // Written through a medium that forgets every flush: the order of writes is nobody's then.
    const image = new Overlay(part.base());
    expect(() => {
      const campaign = new Campaign(image, part.resident);
      campaign.lose([
        {
          name: 'unflushed',
          run(volume) {
            (volume as Volume).core.volume.flush = () => undefined;
            mkdir.run(volume);
          },
        },
      ]);
    }).toThrow(/^unflushed at step /);
  });
});

it('lets data that is overwritten be old or new, sector by sector', () => {
  const [base] = formatted({ generation: VMFS5, sizes: [300 * MIB] });
  const volume = openToWrite([base]);
  volume.create('/g');
  volume.write('/g', 0, pattern(3, MIB));
  volume.close();
  const fresh = pattern(9, 4096);
  const old = readAll(openToRead([base]), '/g').subarray(8192, 8192 + 4096);
  let cuts = 0;
  for (let at = 0; ; at++) {
    const image = base.copy();
    const faulty = new FaultyImage(image, at, SURVIVALS[at % 3]);
    try {
      const writer = Volume.open([faulty], { seconds: SECONDS + 5, host: HOST });
      writer.write('/g', 8192, fresh);
      writer.close();
      break;
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error;
    }
    cuts++;
    const now = readAll(openToRead([image]), '/g').subarray(8192, 8192 + 4096);
    for (let from = 0; from < 4096; from += 512) {
      const sector = Buffer.from(now.subarray(from, from + 512));
      const known = [old, fresh].some((all) => sector.equals(all.subarray(from, from + 512)));
      expect(known, `at ${at}, byte ${from}`).toBe(true);
    }
  }
  expect(cuts).toBeGreaterThan(8);
});
