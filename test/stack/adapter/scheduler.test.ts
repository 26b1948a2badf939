import { describe, expect, test } from 'vitest';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { CHECK, HOST_NO_CONNECT, hostStatus } from '../../../src/engine/core/status.js';
import type { AdapterPlan } from '../../../src/engine/plan/plan.js';
import { PATH_COUNTERS } from '../../../src/engine/stack/adapter/counters.js';
import { Vmhba, type VmhbaOptions } from '../../../src/engine/stack/adapter/vmhba.js';
import { createDriver } from '../../../src/engine/stack/driver/index.js';
import { fillColumn } from '../../rows.js';
import { adapterPlan, FakeLun, FakeNexus, type Seen, Source } from '../psa/host.js';

const MS = 1e6;
const MERGE = { maxBytes: 512 * 1024, maxSegments: 128 };
const ORDERS = ['none', 'deadline', 'elevator'];
const NO_CONNECT = hostStatus(HOST_NO_CONNECT);

function build(changes: Partial<AdapterPlan> = {}, options: Partial<VmhbaOptions> = {}) {
  const sim = new Sim(1, 512);
  const lun = new FakeLun(sim, [0]);
  const seen: Seen[] = [];
  const nexus = new FakeNexus(sim, lun, 0, seen, 0);
  const adapter = adapterPlan({ aqlen: 1, ...changes });
  const driver = createDriver(sim, { host: 'esx1', adapter });
  const vmhba = new Vmhba(sim, { host: 'esx1', adapter, ...options }, driver);
  const path = sim.meters.define('path', 'p0', {}, [
    ...['reads', 'writes', 'others', '', '', '', '', '', '', 'failedReads'],
    ...['failedWrites', 'failedOthers', 'active', ...PATH_COUNTERS],
  ]);
  vmhba.watchPath(0, path);
  const source = new Source(sim, vmhba);
  const send = (lba: number, blocks = 8, op = READ, world = 1): number => {
    fillColumn(sim.requests, sim.requests.nexus, nexus.index);
    fillColumn(sim.requests, sim.requests.lun, lun.index);
    fillColumn(sim.requests, sim.requests.path, 0);
    return source.send(lba, op, world, blocks);
  };
  const field = (name: string, entity = vmhba.entity): number => {
    sim.meters.sample();
    return entity.values[entity.slot(name)];
  };
  const lbas = (): number[] => seen.map(({ lba }) => lba);
  return { sim, lun, nexus, seen, driver, vmhba, source, send, field, path, lbas };
}

describe('merging under every order', () => {
  test.each(ORDERS)('%s: back, front and the gap between two', (order) => {
    const { sim, source, send, field, lbas, path } = build({
      merge: MERGE,
      order: { order, params: {} },
    });
    const own = new Map([0, 100, 116, 108, 92].map((lba) => [lba, send(lba)]));
    expect(field('mergedBack')).toBe(2);
    expect(field('mergedFront')).toBe(1);
    expect(field('queued', path)).toBe(1);
    sim.runUntil(1e9);
    // 108 closes the gap between 100 and 116, 92 comes in front: one command of 40 blocks.
    expect(lbas()).toEqual([0, 92]);
    expect(source.done.map(({ io, lba }) => [io, lba]).sort()).toEqual(
      [...own].map(([lba, io]) => [io, lba]).sort(),
    );
    expect(field('merged')).toBe(3);
    expect(field('issued')).toBe(2);
    expect([...PATH_COUNTERS].map((name) => field(name, path))).toEqual([0, 0, 0, 1, 2, 0]);
  });

  test('memory segments bound a merged command: 64 KB each', () => {
    const { sim, send, lbas } = build({ merge: { maxBytes: 1 << 20, maxSegments: 4 } });
    send(0);
    // 128 blocks are one segment, 136 are two.
    for (let index = 0; index < 6; index++) send(1_000 + index * 128, 128);
    for (let index = 0; index < 3; index++) send(9_000 + index * 136, 136);
    sim.runUntil(1e9);
    expect(lbas()).toEqual([0, 1_000, 1_000 + 4 * 128, 9_000, 9_000 + 2 * 136]);
  });

  test('other directions, and the VMkernel among guests, stay apart', () => {
    const { sim, send, lbas } = build({ merge: MERGE });
    send(0);
    send(100);
    send(108, 8, WRITE);
    send(116, 8, READ, 0);
    sim.runUntil(1e9);
    expect(lbas()).toHaveLength(4);
  });

  test('front merges can be switched off', () => {
    const params = { frontMerges: 0 };
    const { sim, send, field } = build({ merge: MERGE, order: { order: 'deadline', params } });
    for (const lba of [0, 100, 92, 108]) send(lba);
    sim.runUntil(1e9);
    expect([field('mergedFront'), field('mergedBack')]).toEqual([0, 1]);
  });

  test('a merged command keeps the earlier deadline of the two', () => {
    const params = { readExpire: 10 * MS, fifoBatch: 1 };
    const { sim, lun, send, lbas } = build({ merge: MERGE, order: { order: 'deadline', params } });
    lun.serviceNs = 12 * MS;
    send(500);
    send(116); // expires at 10 ms
    sim.runUntil(5 * MS);
    send(600);
    send(100);
    send(108); // 100 to 124 become one command, with the deadline of 116
    sim.runUntil(1e9);
    expect(lbas()).toEqual([500, 100, 600]);
  });

  test('rows of a merged command that failed do not merge again', () => {
    const { sim, lun, send, lbas, source } = build({ merge: MERGE });
    lun.reply = (io) => (sim.requests.blocks[io] > 8 ? [CHECK, 0x031100] : undefined);
    for (const lba of [0, 100, 108, 116]) send(lba);
    sim.runUntil(1e9);
    expect(lbas()).toEqual([0, 100, 100, 116, 108]);
    expect(source.done.every(({ status }) => status === 0)).toBe(true);
  });
});

describe('the priority queue', () => {
  test('gets four of five dispatches while both hold commands', () => {
    const { sim, send, seen } = build({ aqlen: 1 });
    send(0);
    for (let index = 0; index < 20; index++) send(1_000 + index * 100);
    for (let index = 0; index < 12; index++) send(50_000 + index * 100, 8, READ, 0);
    sim.runUntil(1e9);
    const order = seen.slice(1).map(({ lba }) => (lba >= 50_000 ? 'P' : 'n'));
    expect(order.slice(0, 15).join('')).toBe('PnPPPPnPPPPnPPP');
    expect(order.slice(15).every((which) => which === 'n')).toBe(true);
  });

  test('gets everything at 100 percent', () => {
    const { sim, send, seen } = build({ aqlen: 1 }, { prioritySharePercent: 100 });
    send(0);
    for (let index = 0; index < 4; index++) send(1_000 + index * 100);
    for (let index = 0; index < 4; index++) send(50_000 + index * 100, 8, READ, 0);
    sim.runUntil(1e9);
    expect(seen.slice(1, 5).every(({ lba }) => lba >= 50_000)).toBe(true);
  });
});

describe('a driver that takes no command', () => {
  const legacy = { driver: 'qla2xxx', family: 'vmklinux', aqlen: 64, lunQueueDepth: 2 } as const;

  test('turns away what is beyond queue_depth; the adapter sends it when one comes back', () => {
    const { sim, vmhba, source, send, field } = build(legacy);
    for (let lba = 0; lba < 5; lba++) send(lba * 100);
    expect([vmhba.active, vmhba.queued]).toEqual([2, 3]);
    expect(field('blocked')).toBeGreaterThan(0);
    sim.runUntil(1e9);
    expect(source.done.map(({ lba }) => lba)).toEqual([0, 100, 200, 300, 400]);
    expect(field('restarts')).toBe(0);
  });

  test('is asked again every 500 ms when nothing else sets the queue going', () => {
    const { sim, driver, source, send, field } = build({ aqlen: 64 });
    driver.quiesce('test', () => undefined);
    send(0);
    sim.runUntil(1_200 * MS);
    expect(source.done).toEqual([]);
    expect([field('restarts'), field('queued')]).toEqual([2, 1]);
    driver.resume('test');
    sim.runUntil(1_300 * MS);
    expect(source.done.map(({ status }) => status)).toEqual([0]);
  });
});

describe('hot plug', () => {
  const states = (log: readonly { kind: string; what: string }[]): string[] =>
    log.filter(({ kind }) => kind === 'driver.state').map(({ what }) => what);

  test('orderly removal drains first; what waits fails with NO_CONNECT', () => {
    const { sim, vmhba, driver, source, send } = build({ aqlen: 2 });
    for (let lba = 0; lba < 4; lba++) send(lba * 100);
    sim.runUntil(50_000);
    expect(vmhba.detach('service')).toBeUndefined();
    expect(driver.state).toBe('quiesced');
    send(900);
    sim.runUntil(1e6);
    expect(source.done.map(({ lba, status }) => [lba, status])).toEqual([
      [0, 0],
      [100, 0],
      [200, NO_CONNECT],
      [300, NO_CONNECT],
      [900, NO_CONNECT],
    ]);
    expect(driver.state).toBe('unclaimed');
    expect(vmhba.linkUp).toBe(false);
    vmhba.insert('service done');
    send(0);
    sim.runUntil(2e6);
    expect(source.done.at(-1)!.status).toBe(0);
    expect(states(sim.log.entries)).toEqual([
      'started -> quiesced',
      'quiesced -> unclaimed',
      'unclaimed -> attached',
      'attached -> scanned',
      'scanned -> started',
    ]);
  });

  test('orderly removal is refused while a user needs the adapter', () => {
    const { vmhba, driver } = build();
    vmhba.addUser(() => 'naa.1 has no other path');
    expect(vmhba.detach('service')).toBe('naa.1 has no other path');
    expect(driver.state).toBe('started');
  });

  test('surprise removal: what is below is lost, and the device is forgotten', () => {
    const { sim, vmhba, driver, source, send } = build({ aqlen: 2 });
    let told = 0;
    vmhba.onLinkChange(() => told++);
    for (let lba = 0; lba < 4; lba++) send(lba * 100);
    sim.runUntil(50_000);
    vmhba.surpriseRemove('pulled');
    expect([driver.state, told]).toEqual(['forgotten', 1]);
    send(900);
    sim.runUntil(1e6);
    expect(source.done.map(({ status }) => status)).toEqual(Array(5).fill(NO_CONNECT));
    expect(driver.state).toBe('removed');
    vmhba.insert('put back');
    expect([driver.state, told]).toEqual(['started', 2]);
  });

  test('an adapter put back at once waits until nothing is left of the old one', () => {
    const { sim, vmhba, driver, source, send } = build({ aqlen: 2 });
    send(0);
    sim.runUntil(50_000);
    vmhba.surpriseRemove('pulled');
    vmhba.insert('put back');
    expect(driver.state).toBe('forgotten');
    send(100);
    sim.runUntil(1e6);
    expect(source.done.map(({ lba, status }) => [lba, status])).toEqual([
      [0, NO_CONNECT],
      [100, 0],
    ]);
    expect(driver.state).toBe('started');
  });
});

describe('a lost link', () => {
  test('has its commands retried until the device loss time-out, then they fail', () => {
    const { sim, vmhba, source, send } = build({}, { linkLossNs: 10e9 });
    const told: number[] = [];
    vmhba.onLinkChange(() => told.push(sim.now));
    const statusAt = (at: number): number => {
      sim.runUntil(at);
      send(0);
      sim.runUntil(at + 1e6);
      return source.done.at(-1)!.status >>> 16;
    };
    sim.runUntil(1e9);
    vmhba.setLinkUp(false, 'test');
    expect([1.1e9, 10.9e9, 11.1e9].map(statusAt)).toEqual([0xc, 0xc, 0x1]);
    vmhba.setLinkUp(true, 'test');
    expect(statusAt(12e9)).toBe(0);
    expect(told.map((at) => at / 1e9)).toEqual([1, 11, 11.101]);
  });
});
