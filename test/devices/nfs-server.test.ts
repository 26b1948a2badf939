import { describe, expect, it } from 'vitest';
import { READ, TEST_UNIT_READY, WRITE } from '../../src/engine/core/io.js';
import { Sim } from '../../src/engine/core/sim.js';
import { NfsServer } from '../../src/engine/devices/index.js';
import { GIB, TestGuest } from './support.js';

function setUp(threads = 4, channels = 4) {
  const sim = new Sim(1, 256);
  const guest = new TestGuest(sim);
  const server = new NfsServer(sim, {
    name: 'nas1',
    capacityBytes: GIB,
    threads,
    disk: { model: 'constant', params: { service: 1e6, channels } },
    rttNs: 200_000,
    copyBytesPerSecond: 4e9,
    bytesPerSecond: 512e6,
  });
  return { sim, guest, server };
}

describe('NfsServer', () => {
  it('takes a round trip, the transfer and the disk', () => {
    const { sim, guest, server } = setUp();
    guest.send(server, { op: READ, blocks: 8 });
    sim.runUntil(1e9);
    expect(guest.last.at).toBe(200_000 + 1e6 + 8_000);
    guest.send(server, { op: WRITE, blocks: 8 });
    sim.runUntil(2e9);
    expect(guest.last.at).toBe(1e9 + 200_000 + 1e6 + 8_000);
    guest.send(server, { op: TEST_UNIT_READY, blocks: 0 });
    sim.runUntil(3e9);
    expect(guest.last.at).toBe(2e9 + 200_000 + 50_000);
  });

  it('serves as many at once as it has threads', () => {
    const { sim, guest, server } = setUp(2, 64);
    for (let index = 0; index < 6; index++) guest.send(server, { op: TEST_UNIT_READY, blocks: 0 });
    sim.runUntil(1e9);
    const waves = guest.outcomes.map(({ at }) => (at - 200_000) / 50_000);
    expect(waves).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('gives no answer while it is down, and every one afterwards', () => {
    const { sim, guest, server } = setUp();
    guest.send(server, { op: READ });
    sim.runUntil(500_000);
    server.setUp(false, 'reboot');
    guest.send(server, { op: WRITE });
    sim.runUntil(20e9);
    expect(guest.outcomes).toHaveLength(0);
    server.setUp(true, 'back');
    sim.runUntil(21e9);
    expect(guest.outcomes.map(({ status }) => status)).toEqual([0, 0]);
    expect(sim.log.entries.map(({ kind }) => kind)).toEqual(['port.state', 'port.state']);
  });

  it('keeps account of its room', () => {
    const { server } = setUp();
    let freed = 0;
    server.space.onSpaceFreed(() => freed++);
    expect(server.space.take(1000)).toBe(true);
    expect(server.space.fill(2 * GIB)).toBe(GIB - 512_000);
    expect(server.space.take(1)).toBe(false);
    expect(server.space.drain(GIB)).toBe(GIB - 512_000);
    server.space.give(1000);
    expect([server.space.usedBlocks, freed]).toEqual([0, 2]);
  });
});
