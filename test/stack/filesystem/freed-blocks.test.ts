import { describe, expect, it } from 'vitest';
import { UNMAP, ZERO } from '../../../src/engine/core/io.js';
import { CHECK, SENSE_MEDIUM_ERROR } from '../../../src/engine/core/status.js';
import { FB, MB, READ, Rig, WRITE } from './vmfs-rig.js';

/** What one file leaves in a block no other file may ever see (stack-upper reference, 22). */

function setUp() {
  const rig = new Rig(200);
  const host = rig.host();
  const file = rig.volume.createFile('disk', 16 * MB, 'thin', 6 * MB);
  rig.open(host, file);
  return { rig, host, file };
}

describe('blocks given back', () => {
  it('have no other owner while a command sent before may still reach them', () => {
    const { rig, host, file } = setUp();
    const block = file.map[1] as number;
    rig.device.silent = true;
    host.guest.issue(WRITE, file.index, FB + 64, 8);
    rig.device.silent = false;
    host.guest.issue(UNMAP, file.index, FB, FB);
    rig.run(300);
    expect(host.guest.done).toHaveLength(1);
    expect(rig.volume.space.isUsed(block)).toBe(true);
    // The write is to the block that was: what is sent from now on is of no concern to it.
    rig.device.speak();
    rig.run(1);
    rig.device.silent = true;
    host.guest.issue(WRITE, file.index, 2 * FB, 8);
    rig.run(200);
    expect(rig.volume.space.isUsed(block)).toBe(false);
  });

  it('are free at once when nothing is in flight', () => {
    const { rig, host, file } = setUp();
    const block = file.map[1] as number;
    host.guest.issue(UNMAP, file.index, FB, FB);
    rig.run(1);
    expect(rig.volume.space.isUsed(block)).toBe(false);
  });
});

describe('a first write of a whole block', () => {
  it('lets nobody read the block before it has ended', () => {
    const { rig, host, file } = setUp();
    host.guest.issue(WRITE, file.index, 8 * FB, FB);
    rig.run(0.05);
    host.guest.issue(READ, file.index, 8 * FB, 8);
    rig.run(10);
    const ends = host.guest.done.map(({ at }) => at);
    expect(ends).toHaveLength(2);
    // The device takes 0.1 ms for each: one after the other.
    expect((ends[1] as number) - (ends[0] as number)).toBeGreaterThanOrEqual(100_000);
    expect(rig.device.drain().filter(({ op }) => op === ZERO)).toEqual([]);
  });

  it('that fails leaves zeros', () => {
    const { rig, host, file } = setUp();
    host.guest.issue(WRITE, file.index, 8 * FB, FB);
    // Lock, bitmap and pointer are written first; the guest's write is the long one.
    while (!rig.device.seen.some(({ blocks }) => blocks === FB)) rig.run(0.01);
    rig.device.failures.set(WRITE, [CHECK, SENSE_MEDIUM_ERROR]);
    rig.run(0.2);
    rig.device.failures.clear();
    rig.run(10);
    expect(host.guest.done).toMatchObject([{ status: CHECK, sense: SENSE_MEDIUM_ERROR }]);
    const place = (file.map[8] as number) * FB;
    expect(rig.device.drain()).toContainEqual(
      expect.objectContaining({ op: ZERO, lba: place, blocks: FB }),
    );
  });
});
