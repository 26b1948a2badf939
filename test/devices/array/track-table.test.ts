import { describe, expect, it } from 'vitest';
import { CLEAN, DIRTY, TrackTable } from '../../../src/engine/devices/array/track-table.js';

describe('TrackTable', () => {
  it('finds what it was given, and nothing else', () => {
    const table = new TrackTable(1024);
    const tracks = [0, 1, 5e9, 2 ** 40 + 3];
    for (const track of tracks) table.claim(track, 0, 127);
    for (const track of tracks) expect(table.trackOf(table.find(track))).toBe(track);
    expect(table.find(2)).toBe(-1);
  });

  it('replaces the way that was used least recently, as a list of four would', () => {
    const table = new TrackTable(4);
    let list: number[] = [];
    for (let step = 0; step < 2000; step++) {
      const track = (step * 7 + (step >> 3)) % 6;
      const slot = table.find(track);
      expect(slot >= 0).toBe(list.includes(track));
      if (slot >= 0) table.touch(slot);
      else table.claim(track, 0, 127);
      list = [track, ...list.filter((other) => other !== track)].slice(0, 4);
    }
  });

  it('never replaces a dirty track', () => {
    const table = new TrackTable(4);
    const slots = [0, 1, 2, 3].map((track) => table.claim(track, 0, 127));
    for (const slot of slots) table.state[slot] = DIRTY;
    expect(table.claim(9, 0, 127)).toBe(-1);
    table.state[slots[2]!] = CLEAN;
    expect(table.claim(9, 0, 127)).toBe(slots[2]);
  });

  it('spreads neighbouring tracks: as many as it has slots mostly fit', () => {
    const table = new TrackTable(4096);
    for (let track = 0; track < 4096; track++) table.claim(track + 12345, 0, 127);
    let kept = 0;
    for (let track = 0; track < 4096; track++) if (table.find(track + 12345) >= 0) kept++;
    expect(kept).toBeGreaterThan(4096 * 0.95);
  });
});
