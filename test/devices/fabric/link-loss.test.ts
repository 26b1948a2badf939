import { describe, expect, it } from 'vitest';
import { READ } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { hostOf } from '../../../src/engine/core/status.js';
import { DiskArray } from '../../../src/engine/devices/array/disk-array.js';
import { Nexus } from '../../../src/engine/devices/fabric/nexus.js';
import {
  hostLinkLossNs,
  linkLossOf,
  PROTOCOLS,
  type Protocol,
} from '../../../src/engine/devices/fabric/protocols.js';
import { arrayPlan, TestGuest } from '../support.js';

const S = 1e9;
const OK = 0;
const NO_CONNECT = 1;
const RETRY = 0xc;

function build(protocol: Protocol, timers: Record<string, number> = {}) {
  const sim = new Sim(1, 256);
  const guest = new TestGuest(sim);
  const array = new DiskArray(sim, arrayPlan());
  const nexus = new Nexus(
    sim,
    {
      host: 'esx1',
      adapter: 'vmhba1',
      array: array.name,
      latencyNs: 10_000,
      bytesPerSecond: 1e9,
      loss: linkLossOf(protocol, timers),
    },
    array.ports[0]!,
  );
  const lun = [...array.luns.values()][0]!;
  const told: number[] = [];
  nexus.onChange(() => told.push(sim.now / S));
  const send = () => guest.send(nexus, { op: READ, nexus, lun });
  /** Sends a command at `at` (s); host status and time of each that came back by then and since. */
  const sendAt = (at: number) => {
    sim.runUntil(at * S);
    send();
  };
  const outcomes = () =>
    guest.outcomes.map(({ status, at }) => [hostOf(status), Math.round(at / 1e7) / 100]);
  return { sim, guest, nexus, lun, told, send, sendAt, outcomes };
}

describe('a connection that breaks', () => {
  it('FC: commands come back with RETRY until devloss, then with NO_CONNECT', () => {
    const { sim, nexus, told, sendAt, outcomes } = build('fc');
    sendAt(0.99999);
    sim.runUntil(S);
    nexus.setUp(false, 'test');
    for (const at of [1.5, 10.9, 11.1]) sendAt(at);
    sim.runUntil(12 * S);
    nexus.setUp(true, 'test');
    sendAt(12);
    sim.runUntil(13 * S);
    expect(outcomes()).toEqual([
      [RETRY, 1],
      [RETRY, 1.5],
      [RETRY, 10.9],
      [NO_CONNECT, 11.1],
      [OK, 12],
    ]);
    // Told at once, when the time-out passes, and when it is back.
    expect(told).toEqual([1, 11, 12]);
  });

  it('FC: back before devloss, the host never learns of a loss', () => {
    const { sim, nexus, told, sendAt, outcomes } = build('fc', { deviceLoss: 3 * S });
    sim.runUntil(S);
    nexus.setUp(false, 'test');
    sim.runUntil(3.9 * S);
    nexus.setUp(true, 'test');
    sendAt(4.5);
    sim.runUntil(20 * S);
    expect(outcomes()).toEqual([[OK, 4.5]]);
    expect(told).toEqual([1, 3.9]);
  });

  it('iSCSI: commands hang until a NOP-out finds out, are retried, then fail', () => {
    const { sim, nexus, told, sendAt, outcomes } = build('iscsi');
    sim.runUntil(S);
    nexus.setUp(false, 'test');
    // The first command that hangs at 3 s makes the host ask: 10 s without an answer.
    for (const at of [3, 5, 14, 24]) sendAt(at);
    sim.runUntil(30 * S);
    expect(outcomes()).toEqual([
      [RETRY, 13],
      [RETRY, 13],
      [RETRY, 14],
      [NO_CONNECT, 24],
    ]);
    expect(told.map((at) => Math.round(at * 100) / 100)).toEqual([13, 23]);
  });

  it('iSCSI: an idle session is found out by the next NOP-out, 15 s and 10 s later', () => {
    const { sim, nexus, told } = build('iscsi');
    sim.runUntil(S);
    nexus.setUp(false, 'test');
    sim.runUntil(60 * S);
    expect(told).toEqual([26, 36]);
  });

  it('iSCSI: what hung goes on when the connection is back in time', () => {
    const { sim, nexus, sendAt, outcomes } = build('iscsi');
    // One is on its way to the target, one has been executed and its answer is on the way.
    sendAt(0.99999);
    sim.runUntil(S - 5_000);
    nexus.setUp(false, 'test');
    sendAt(2);
    sim.runUntil(8 * S);
    expect(outcomes()).toEqual([]);
    nexus.setUp(true, 'test');
    sim.runUntil(9 * S);
    expect(outcomes()).toEqual([
      [OK, 8],
      [OK, 8],
    ]);
  });

  it('NVMe over fabrics: nothing comes back until the keep-alive time-out', () => {
    const { sim, nexus, sendAt, outcomes, told } = build('nvmeof');
    sim.runUntil(S);
    nexus.setUp(false, 'test');
    sendAt(1.5);
    sendAt(40);
    sim.runUntil(50 * S);
    expect(outcomes()).toEqual([
      [NO_CONNECT, 31.5],
      [NO_CONNECT, 40],
    ]);
    expect(told).toHaveLength(1);
  });

  it('SAS: retried during the device missing delay', () => {
    const { sim, nexus, sendAt, outcomes } = build('sas');
    sim.runUntil(S);
    nexus.setUp(false, 'test');
    sendAt(5.9);
    sendAt(6.1);
    sim.runUntil(10 * S);
    expect(outcomes()).toEqual([
      [RETRY, 5.9],
      [NO_CONNECT, 6.1],
    ]);
  });

  it.each(['sata', 'ide', 'nvme', 'block', 'virtual'] as const)('%s: gone at once', (protocol) => {
    const { sim, nexus, sendAt, outcomes, told } = build(protocol);
    sim.runUntil(S);
    nexus.setUp(false, 'test');
    sendAt(1);
    sim.runUntil(2 * S);
    expect(outcomes()).toEqual([[NO_CONNECT, 1]]);
    expect(told).toEqual([1]);
  });

  it('one LUN that is cut off fails at once, whatever the protocol', () => {
    for (const protocol of Object.keys(PROTOCOLS) as Protocol[]) {
      const { sim, nexus, lun, sendAt, outcomes } = build(protocol);
      nexus.setLunReachable(lun.index, false, 'masked');
      sendAt(1);
      sim.runUntil(2 * S);
      expect(outcomes()).toEqual([[NO_CONNECT, 1]]);
    }
  });

  // Stack-lower reference, 1.6: keep-alive 30 s, controller loss 600 s.
  it('NVMe over fabrics: is given up after the controller loss time-out, and found by a rescan', () => {
    const { sim, nexus, sendAt, outcomes } = build('nvmeof');
    nexus.setUp(false, 'test');
    sim.runUntil(629 * S);
    nexus.setUp(true, 'in time');
    expect(nexus.up).toBe(true);
    nexus.setUp(false, 'again');
    sim.runUntil((629 + 631) * S);
    nexus.setUp(true, 'too late');
    expect(nexus.up).toBe(false);
    sendAt(1300);
    sim.runUntil(1301 * S);
    expect(outcomes()).toEqual([[NO_CONNECT, 1300]]);
    nexus.rediscover();
    expect(nexus.up).toBe(true);
    sendAt(1302);
    sim.runUntil(1303 * S);
    expect(outcomes()[1]?.[0]).toBe(OK);
  });

  it('what was given up is not found while it is still away', () => {
    const { sim, nexus } = build('nvmeof', { controllerLoss: 5 * S });
    nexus.setUp(false, 'test');
    sim.runUntil(36 * S);
    nexus.rediscover();
    expect(nexus.up).toBe(false);
    nexus.setUp(true, 'back');
    expect(nexus.up).toBe(true);
  });

  it('breaks and heals in any rhythm without losing a command', () => {
    for (const protocol of Object.keys(PROTOCOLS) as Protocol[]) {
      const { sim, guest, nexus, send } = build(protocol);
      for (let round = 0; round < 60; round++) {
        for (let count = 0; count < 3; count++) send();
        nexus.setUp(round % 3 === 0, 'test');
        sim.runUntil(sim.now + (round % 7) * 2 * S + 20_000);
      }
      nexus.setUp(true, 'healed');
      sim.runUntil(sim.now + 100 * S);
      expect(guest.outcomes).toHaveLength(guest.sent);
      expect(sim.requests.inFlight).toBe(0);
    }
  });
});

describe('the table of protocols', () => {
  it('holds the timers of the reference', () => {
    expect(linkLossOf('fc')).toEqual({
      noticeNs: 0,
      idleNoticeNs: 0,
      retryNs: 10 * S,
      giveUpNs: 0,
    });
    expect(linkLossOf('fcoe')).toEqual(linkLossOf('fc'));
    expect(linkLossOf('iscsi')).toEqual({
      noticeNs: 10 * S,
      idleNoticeNs: 25 * S,
      retryNs: 10 * S,
      giveUpNs: 0,
    });
    expect(linkLossOf('nvmeof')).toEqual({
      noticeNs: 30 * S,
      idleNoticeNs: 30 * S,
      retryNs: 0,
      giveUpNs: 600 * S,
    });
  });

  it('says how long a host that lost its own link retries', () => {
    expect(hostLinkLossNs(linkLossOf('fc'))).toBe(10 * S);
    expect(hostLinkLossNs(linkLossOf('iscsi'))).toBe(20 * S);
    expect(hostLinkLossNs(linkLossOf('sata'))).toBe(0);
  });
});
