import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import {
  CHECK,
  HOST_NO_CONNECT,
  HOST_RESET,
  hostStatus,
  SENSE_MEDIUM_ERROR,
} from '../../../src/engine/core/status.js';
import type { AdapterPlan } from '../../../src/engine/plan/plan.js';
import { Vmhba } from '../../../src/engine/stack/adapter/vmhba.js';
import { Driver } from '../../../src/engine/stack/driver/driver.js';
import { fillColumn } from '../../rows.js';
import { adapterPlan, FakeLun, FakeNexus, type Seen, Source } from '../psa/host.js';

function build(changes: Partial<AdapterPlan> = {}, maxTransferBytes = 1 << 20, rows = 256) {
  const sim = new Sim(1, rows);
  const lun = new FakeLun(sim, [0]);
  const seen: Seen[] = [];
  const nexus = new FakeNexus(sim, lun, 0, seen, 0);
  const adapter = adapterPlan(changes);
  const driver = new Driver(sim, { host: 'esx1', adapter });
  const vmhba = new Vmhba(sim, { host: 'esx1', adapter, maxTransferBytes }, driver);
  const source = new Source(sim, vmhba);
  const send = (lba: number, blocks = 8, op = READ): number => {
    fillColumn(sim.requests, sim.requests.nexus, nexus.index);
    fillColumn(sim.requests, sim.requests.lun, lun.index);
    return source.send(lba, op, 1, blocks);
  };
  const field = (name: string): number => {
    sim.meters.sample();
    return vmhba.entity.values[vmhba.entity.slot(name)];
  };
  return { sim, lun, seen, nexus, vmhba, source, send, field };
}

/** 512 KiB and 128 scatter/gather entries. */
const MERGE = { maxBytes: 512 * 1024, maxSegments: 128 };

/** Time of a command through driver and device, without waiting. */
const TIME = 1_000 + 100_000 + 1_000;

describe('an adapter', () => {
  test('hands over as many commands as AQLEN allows, the rest wait', () => {
    const { sim, vmhba, source, send, field } = build({ aqlen: 2 });
    for (let lba = 0; lba < 5; lba++) send(lba * 100);
    expect([vmhba.active, vmhba.queued]).toEqual([2, 3]);
    sim.runUntil(1e9);
    expect(source.done.map(({ at }) => at / TIME)).toEqual([1, 1, 2, 2, 3]);
    expect(field('finished')).toBe(5);
    expect(field('waitNs')).toBe((1 + 1 + 2) * TIME);
    expect(field('readNs')).toBe((1 + 1 + 2 + 2 + 3) * TIME);
  });

  test('device time counts from the hand-over to the driver, waiting does not', () => {
    const { sim, source, send } = build({ aqlen: 1 });
    const times: number[] = [];
    source.onDone = (io) => times.push(sim.requests.deviceNs[io]);
    send(0);
    send(100);
    sim.runUntil(1e9);
    expect(times).toEqual([TIME, TIME]);
  });

  test('a longer transfer than the adapter takes is split and ends with its last piece', () => {
    const { sim, seen, source, send, field } = build({ aqlen: 2 }, 32 * 512);
    send(1000, 70);
    sim.runUntil(1e9);
    expect(seen.map(({ lba }) => lba)).toEqual([1000, 1032, 1064]);
    expect(source.done.map(({ lba, at }) => [lba, at])).toEqual([[1000, 2 * TIME]]);
    expect(field('split')).toBe(1);
    expect(sim.requests.inFlight).toBe(0);
  });

  test('splitting waits for free rows', () => {
    const { sim, source, send } = build({}, 8 * 512, 4);
    send(0, 80);
    sim.runUntil(1e9);
    expect(source.done.length).toBe(1);
    expect(sim.requests.inFlight).toBe(0);
  });

  test('device time of a split command adds up over attempts', () => {
    const { sim, source, send } = build({}, 8 * 512);
    const io = send(0, 16);
    sim.requests.deviceNs[io] = 0;
    let spent = 0;
    source.onDone = (row) => {
      spent = sim.requests.deviceNs[row];
    };
    sim.runUntil(1e9);
    expect(spent).toBe(TIME);
  });

  test('without link commands end with NO_CONNECT, those below too', () => {
    const { sim, vmhba, source, send } = build({ aqlen: 1 });
    let told = 0;
    vmhba.onLinkChange(() => told++);
    send(0);
    send(100);
    sim.runUntil(10_000);
    vmhba.setLinkUp(false, 'cable pulled');
    sim.runUntil(1e6);
    expect(source.done.map(({ status }) => status)).toEqual([
      hostStatus(HOST_NO_CONNECT),
      hostStatus(HOST_NO_CONNECT),
    ]);
    vmhba.setLinkUp(true, 'cable back');
    send(200);
    sim.runUntil(2e6);
    expect(source.done[2].status).toBe(0);
    expect(told).toBe(2);
  });

  test('a reset turns what is below back with RESET, not what comes later', () => {
    const { sim, vmhba, source, send } = build();
    send(0);
    sim.runUntil(10_000);
    vmhba.reset('test');
    sim.runUntil(20_000);
    send(100);
    sim.runUntil(1e9);
    expect(source.done.map(({ status }) => status)).toEqual([hostStatus(HOST_RESET), 0]);
  });
});

describe('merging', () => {
  test('waiting contiguous commands of one direction go down as one and end one by one', () => {
    const { sim, seen, source, send, field } = build({ aqlen: 1, merge: MERGE });
    send(0);
    send(100); // leader
    send(108); // back
    send(92); // front
    send(116, 8, WRITE); // other direction
    send(300);
    sim.runUntil(1e9);
    expect(seen.map(({ lba }) => lba)).toEqual([0, 92, 116, 300]);
    expect(field('merged')).toBe(2);
    const merged = source.done.filter(({ at }) => at === 2 * TIME);
    expect(merged.map(({ lba }) => lba).sort((a, b) => a - b)).toEqual([92, 100, 108]);
    expect(field('reads')).toBe(5);
    expect(field('readBlocks')).toBe(5 * 8);
  });

  test('without the option nothing merges', () => {
    const { sim, seen, send } = build({ aqlen: 1 });
    for (const lba of [0, 100, 108]) send(lba);
    sim.runUntil(1e9);
    expect(seen.map(({ lba }) => lba)).toEqual([0, 100, 108]);
  });

  test('a merged command is at most 512 KiB and 128 commands long', () => {
    const long = build({ aqlen: 1, merge: MERGE });
    for (const lba of [10_000, 0, 512, 1024]) long.send(lba, 512);
    long.sim.runUntil(1e9);
    expect(long.seen.map(({ lba }) => lba)).toEqual([10_000, 0, 1024]);
    const many = build({ aqlen: 1, merge: MERGE }, 1 << 20, 512);
    many.send(10_000);
    for (let lba = 0; lba < 200; lba++) many.send(lba, 1);
    many.sim.runUntil(1e9);
    expect(many.seen.map(({ lba }) => lba)).toEqual([10_000, 0, 128]);
  });

  test('a check condition is not blamed on the neighbours: they are sent again by themselves', () => {
    const { sim, lun, source, send } = build({ aqlen: 1, merge: MERGE });
    lun.reply = (io) => {
      const { lba, blocks } = sim.requests;
      const bad = lba[io] <= 109 && lba[io] + blocks[io] > 109;
      return bad ? [CHECK, SENSE_MEDIUM_ERROR] : undefined;
    };
    for (const lba of [0, 100, 108, 116]) send(lba);
    sim.runUntil(1e9);
    const failed = source.done.filter(({ status }) => status !== 0);
    expect(failed.map(({ lba, sense }) => [lba, sense])).toEqual([[108, SENSE_MEDIUM_ERROR]]);
    expect(source.done.length).toBe(4);
  });

  test('any mix of commands, link flaps and resets: each ends once with its own address', () => {
    const step = fc.record({
      kind: fc.constantFrom('send', 'send', 'send', 'send', 'link', 'reset', 'pull'),
      slot: fc.nat(12),
      write: fc.boolean(),
      waitNs: fc.nat(120_000),
    });
    const orders = fc.constantFrom('none', 'deadline', 'elevator');
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80 }),
        fc.boolean(),
        orders,
        (steps, merge, order) => {
          const { sim, vmhba, source, send } = build(
            { aqlen: 2, merge: merge && MERGE, order: { order, params: {} } },
            16 * 512,
            512,
          );
          const sent: string[] = [];
          const done: string[] = [];
          source.onDone = (io) => {
            const { lba, blocks, op } = sim.requests;
            done.push(`${lba[io]} ${blocks[io]} ${op[io]}`);
          };
          for (const { kind, slot, write, waitNs } of steps) {
            if (kind === 'send') {
              const blocks = slot === 12 ? 40 : 8;
              send(slot * 8, blocks, write ? WRITE : READ);
              sent.push(`${slot * 8} ${blocks} ${write ? WRITE : READ}`);
            } else if (kind === 'link') vmhba.setLinkUp(!vmhba.linkUp, 'test');
            else if (kind === 'reset') vmhba.reset('test');
            else if (vmhba.linkUp) vmhba.surpriseRemove('test');
            else vmhba.insert('test');
            sim.runUntil(sim.now + waitNs);
            sim.meters.sample(false);
          }
          vmhba.setLinkUp(true, 'test');
          vmhba.insert('test');
          sim.runUntil(sim.now + 1e9);
          expect(done.sort()).toEqual(sent.sort());
          expect(sim.requests.inFlight).toBe(0);
          expect([vmhba.active, vmhba.queued]).toEqual([0, 0]);
        },
      ),
      { numRuns: 300, seed: 3 },
    );
  });
});
