import { describe, expect, it } from 'vitest';
import { READ, TEST_UNIT_READY, WRITE } from '../../../src/engine/core/io.js';
import {
  deviceStatus,
  HOST_ERROR,
  HOST_NO_CONNECT,
  hostOf,
  hostStatus,
  TASK_SET_FULL,
} from '../../../src/engine/core/status.js';
import { LATENCY_NS, lunPlan, poolPlan, rig } from '../support.js';

const NO_CONNECT = hostStatus(HOST_NO_CONNECT);
/** 512 MB/s: a block takes 1,000 ns. */
const BLOCK_NS = 1_000;
/** A local disk of 1 ms: what is left of the time is the fabric's. */
const local = {
  kind: 'jbod' as const,
  controllers: 1,
  pools: [poolPlan({ disk: { model: 'constant', params: { service: 1e6, channels: 64 } } })],
};
/** Turn of the controller on the way back (LUN's constant). */
const CONTROLLER_NS = 2_000;

describe('Nexus', () => {
  it('costs latency both ways, and the transfer in the direction of the data', () => {
    const { run, sim } = rig(local);
    const read = run({ op: READ, blocks: 8 });
    expect(read.at).toBe(LATENCY_NS + 1e6);
    expect(read.readyAt).toBe(read.at + CONTROLLER_NS + 8 * BLOCK_NS + LATENCY_NS);
    const start = sim.now;
    const write = run({ op: WRITE, blocks: 8 });
    expect(write.at).toBe(start + 8 * BLOCK_NS + LATENCY_NS + 1e6);
    expect(write.readyAt).toBe(write.at + CONTROLLER_NS + LATENCY_NS);
  });

  it('sends one transfer after another', () => {
    const { send, sim, guest } = rig(local);
    for (let index = 0; index < 3; index++) send({ op: WRITE, lba: index * 8, blocks: 100 });
    sim.runUntil(10e6);
    expect(guest.outcomes.map(({ at }) => at - LATENCY_NS - 1e6)).toEqual([1e5, 2e5, 3e5]);
  });

  it('counts what passes', () => {
    const { run, nexuses } = rig(local);
    run({ op: READ, blocks: 8 });
    run({ op: WRITE, blocks: 16 });
    run({ op: TEST_UNIT_READY, blocks: 0 });
    const { entity } = nexuses[0]!;
    const get = (field: string) => entity.values[entity.slot(field)];
    expect([get('bytesIn'), get('bytesOut'), get('commands')]).toEqual([4096, 8192, 3]);
  });

  it('answers NO_CONNECT at once while down, and for what was under way', () => {
    const { run, send, sim, guest, nexuses } = rig(local);
    send({ op: READ });
    sim.runUntil(5e5);
    nexuses[0]!.setUp(false, 'cable pulled');
    sim.runUntil(5e6);
    expect(guest.last.status).toBe(NO_CONNECT);
    const down = run({ op: READ });
    expect([down.status, down.at]).toEqual([NO_CONNECT, 5e6]);
    nexuses[0]!.setUp(true, 'cable back');
    expect(run({ op: READ }).status).toBe(0);
    expect(sim.log.entries.map(({ kind, what }) => `${kind} ${what}`)).toEqual([
      'nexus.state down',
      'nexus.state up',
    ]);
  });

  it('goes down with its port and tells listeners once', () => {
    const { nexuses, array } = rig();
    const seen: boolean[] = [];
    const nexus = nexuses[1]!;
    nexus.onChange(() => seen.push(nexus.up));
    array.port(1, 0).setUp(false, 'drill');
    array.port(1, 0).setUp(false, 'drill');
    nexus.setUp(false, 'drill');
    nexus.setUp(true, 'drill');
    array.port(1, 0).setUp(true, 'drill');
    expect(seen).toEqual([false, true]);
  });

  it('can hide one LUN only', () => {
    const luns = [lunPlan(), lunPlan({ name: 'lun1', uid: 'naa.6001', number: 1 })];
    const { run, nexuses, luns: built } = rig({ luns });
    nexuses[0]!.setLunReachable(built[0]!.index, false, 'masked');
    expect(run({ to: 0 }).status).toBe(NO_CONNECT);
    expect(run({ to: 1 }).status).toBe(0);
    expect(run({ to: 0, over: 1 }).status).toBe(0);
    nexuses[0]!.setLunReachable(built[0]!.index, true, 'unmasked');
    expect(run({ to: 0 }).status).toBe(0);
  });

  it('adds a delay each way', () => {
    const { run, nexuses, sim } = rig(local);
    const before = run({});
    nexuses[0]!.setExtraDelay(1e6, 'congestion');
    const start = sim.now;
    const after = run({});
    expect(after.readyAt - start).toBe(before.readyAt + 2e6);
  });

  it('loses the share of commands it is told to', () => {
    const { send, sim, guest, nexuses } = rig(local);
    nexuses[0]!.setErrorRate(0.1, 'bad cable');
    for (let index = 0; index < 4000; index++) send({ blocks: 1 });
    sim.runUntil(1e9);
    const failed = guest.outcomes.filter(({ status }) => hostOf(status) === HOST_ERROR).length;
    expect(guest.outcomes).toHaveLength(4000);
    // Binomial: 400 expected, standard deviation 19.
    expect(Math.abs(failed - 400)).toBeLessThan(80);
  });
});

describe('TargetPort', () => {
  it('turns commands away beyond its queue depth', () => {
    const { send, sim, guest, array } = rig({ ...local, portQueueDepth: 4 });
    for (let index = 0; index < 6; index++) send({ lba: index * 8 });
    sim.runUntil(10e6);
    const full = guest.outcomes.filter(({ status }) => status === deviceStatus(TASK_SET_FULL));
    expect(full.map(({ lba }) => lba)).toEqual([32, 40]);
    const { entity } = array.port(0, 0);
    expect(entity.values[entity.slot('queueFull')]).toBe(2);
    expect(entity.values[entity.slot('reads')]).toBe(4);
  });
});
