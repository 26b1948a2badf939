import { describe, expect, test } from 'vitest';
import {
  CHECK,
  HOST_NO_CONNECT,
  hostStatus,
  SENSE_LUN_NOT_SUPPORTED,
} from '../../../src/engine/core/status.js';
import { buildHost, type Host } from './host.js';

const MS = 1e6;
const S = 1e9;

function cut(host: Host): void {
  for (const nexus of host.nexuses) nexus.setUp(false);
}

function heal(host: Host): void {
  for (const nexus of host.nexuses) nexus.setUp(true);
}

describe('all paths down', () => {
  test('the time-out comes 140 s after the start; VM I/O is held, host I/O fails fast', () => {
    const host = buildHost();
    const { sim, source, nmp } = host;
    sim.runUntil(5 * S);
    cut(host);
    source.send(1, 0, 1);
    source.send(2, 0, 0);
    sim.runUntil(100 * S);
    expect(nmp.state).toBe(1);
    expect(source.done).toEqual([]);
    sim.runUntil(300 * S);
    expect(host.timeOf('apd.timeout') - host.timeOf('apd.start')).toBe(140 * S);
    expect(host.field('state')).toBe(2);
    expect(source.done.map(({ lba, at, status }) => [lba, at, status])).toEqual([
      [2, host.timeOf('apd.timeout'), hostStatus(HOST_NO_CONNECT)],
    ]);
    source.send(3, 0, 0);
    source.send(4, 0, 1);
    sim.runUntil(301 * S);
    expect(source.done.map(({ lba }) => lba)).toEqual([2, 3]);
    expect(nmp.heldCount).toBe(2);
    heal(host);
    sim.runUntil(302 * S);
    expect(source.done.slice(2).map(({ lba, status }) => [lba, status])).toEqual([
      [1, 0],
      [4, 0],
    ]);
    expect(host.field('state')).toBe(0);
    expect(host.kinds().filter((kind) => kind !== 'path.state')).toEqual([
      'device.redundancy.lost',
      'path.failover',
      'device.connectivity.lost',
      'apd.start',
      'apd.timeout',
      'device.connectivity.restored',
      'apd.exit',
      'path.failover',
      'device.redundancy.restored',
    ]);
    expect(sim.requests.inFlight).toBe(0);
  });

  test('a path that returns in time ends it without a time-out', () => {
    const host = buildHost();
    cut(host);
    host.sim.runUntil(139 * S);
    heal(host);
    host.sim.runUntil(400 * S);
    expect(host.kinds()).toContain('apd.exit');
    expect(host.kinds()).not.toContain('apd.timeout');
  });

  test('Scsi.FailVMIOonAPD fails VM I/O after the time-out', () => {
    const host = buildHost({ settings: { 'Scsi.FailVMIOonAPD': 1, 'Misc.APDTimeout': 20 } });
    cut(host);
    host.source.send(1);
    host.sim.runUntil(30 * S);
    expect(host.source.done.map(({ at, status }) => [at, status])).toEqual([
      [host.timeOf('apd.start') + 20 * S, hostStatus(HOST_NO_CONNECT)],
    ]);
  });

  test('with Misc.APDHandlingEnable off everything is held without a timer', () => {
    const host = buildHost({ settings: { 'Misc.APDHandlingEnable': 0 } });
    cut(host);
    host.source.send(1, 0, 0);
    host.sim.runUntil(400 * S);
    expect(host.kinds().filter((kind) => kind.startsWith('apd'))).toEqual([]);
    heal(host);
    host.sim.runUntil(401 * S);
    expect(host.source.done.map(({ status }) => status)).toEqual([0]);
  });

  test('paths come back by evaluation alone when nobody tells', () => {
    const host = buildHost();
    cut(host);
    host.source.send(1);
    host.sim.runUntil(10 * S);
    for (const nexus of host.nexuses) nexus.setUp(true, false);
    host.sim.runUntil(299 * S);
    expect(host.source.done).toEqual([]);
    host.sim.runUntil(301 * S);
    expect(host.timeOf('apd.exit')).toBe(300 * S + 102_000);
    expect(host.source.done.length).toBe(1);
  });

  test('an adapter without link is like a dead path', () => {
    const host = buildHost();
    host.adapters[0].setLinkUp(false, 'test');
    host.source.send(1);
    host.sim.runUntil(10 * MS);
    expect(host.commands().map(({ path }) => path)).toEqual([1]);
    expect(host.paths[0].stateName).toBe('dead');
    host.adapters[0].setLinkUp(true, 'test');
    host.sim.runUntil(20 * MS);
    expect(host.paths[0].stateName).toBe('active');
  });
});

describe('permanent device loss', () => {
  test('once every path has said so, all I/O fails at once and nobody probes any more', () => {
    const host = buildHost();
    const { sim, source, lun } = host;
    lun.reply = () => [CHECK, SENSE_LUN_NOT_SUPPORTED];
    source.send(1);
    sim.runUntil(10 * MS);
    expect(host.nmp.state).toBe(3);
    expect(source.done.map(({ status, sense }) => [status, sense])).toEqual([
      [CHECK, SENSE_LUN_NOT_SUPPORTED],
    ]);
    expect(host.kinds()).toContain('pdl');
    expect(host.kinds()).not.toContain('apd.start');
    const before = host.seen.length;
    source.send(2);
    sim.runUntil(1000 * S);
    expect(host.seen.length).toBe(before);
    expect(source.done.length).toBe(2);
    expect(source.done[1].at).toBe(10 * MS);
  });

  test('a device in APD whose target then says "gone" goes to PDL', () => {
    const host = buildHost();
    cut(host);
    host.source.send(1);
    host.sim.runUntil(10 * S);
    host.lun.reply = () => [CHECK, SENSE_LUN_NOT_SUPPORTED];
    heal(host);
    host.sim.runUntil(15 * S);
    expect(host.nmp.state).toBe(3);
    host.sim.runUntil(200 * S);
    expect(host.kinds()).not.toContain('apd.timeout');
    expect(host.source.done[0].sense).toBe(SENSE_LUN_NOT_SUPPORTED);
  });

  test('one lost path of two is not a loss of the device', () => {
    const host = buildHost();
    host.lun.reply = (_io, controller) =>
      controller === 0 ? [CHECK, SENSE_LUN_NOT_SUPPORTED] : undefined;
    host.source.send(1);
    host.sim.runUntil(10 * MS);
    expect(host.nmp.state).toBe(0);
    expect(host.source.done[0].status).toBe(0);
    expect(host.paths[0].stateName).toBe('dead');
  });

  test('a rescan finds a device that is back', () => {
    const host = buildHost();
    host.lun.reply = () => [CHECK, SENSE_LUN_NOT_SUPPORTED];
    host.source.send(1);
    host.sim.runUntil(10 * MS);
    host.nmp.rescan();
    host.sim.runUntil(20 * MS);
    expect(host.nmp.state).toBe(3);
    host.lun.reply = () => undefined;
    host.nmp.rescan();
    host.sim.runUntil(30 * MS);
    expect(host.nmp.state).toBe(0);
    host.source.send(2);
    host.sim.runUntil(40 * MS);
    expect(host.source.done[1].status).toBe(0);
  });
});
