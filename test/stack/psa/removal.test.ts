import { describe, expect, test } from 'vitest';
import {
  CHECK,
  HOST_NO_CONNECT,
  hostStatus,
  SENSE_LUN_NOT_SUPPORTED,
} from '../../../src/engine/core/status.js';
import { buildHost, type HostOptions } from './host.js';

const S = 1e9;
const MS = 1e6;
const PLUGINS: readonly (readonly [string, HostOptions])[] = [
  ['NMP', {}],
  ['HPP', { tpgs: 0, claimed: { plugin: 'HPP', pss: 'LB-RR', pssParams: {} } }],
  ['LEAST_QUEUED', { claimed: { plugin: 'third-party', name: 'LEAST_QUEUED', params: {} } }],
];

describe.each(PLUGINS)('under %s', (_plugin, options) => {
  test('planned removal: no all-paths-down, no loss; commands fail at once', () => {
    const host = buildHost(options);
    expect(host.nmp.detach()).toBeUndefined();
    expect(host.field('state')).toBe(4);
    expect(host.paths.map(({ stateName }) => stateName)).toEqual(['off', 'off']);
    // The LUN is unpresented afterwards.
    for (const nexus of host.nexuses) nexus.setUp(false);
    host.source.send(1);
    host.sim.runUntil(400 * S);
    expect(host.seen).toEqual([]);
    expect(host.source.done.map(({ at, status }) => [at, status])).toEqual([
      [0, hostStatus(HOST_NO_CONNECT)],
    ]);
    expect(host.kinds().filter((kind) => kind !== 'path.state')).toEqual(['device.detached']);
    for (const nexus of host.nexuses) nexus.setUp(true);
    host.nmp.attach();
    host.source.send(2);
    host.sim.runUntil(401 * S);
    expect(host.nmp.state).toBe(0);
    expect(host.source.done.at(-1)?.status).toBe(0);
    expect(host.kinds().filter((kind) => kind !== 'path.state')).toEqual([
      'device.detached',
      'device.attached',
    ]);
  });

  test('a device in use is not detached', () => {
    const host = buildHost(options);
    host.source.send(1);
    expect(host.nmp.detach()).toContain('in use');
    host.sim.runUntil(1 * S);
    expect(host.nmp.detach()).toBeUndefined();
  });

  test('a lost device is removed once it has not been used for Disk.DiskDelayPDLHelper', () => {
    const host = buildHost(options);
    const { sim, source, lun } = host;
    lun.reply = () => [CHECK, SENSE_LUN_NOT_SUPPORTED];
    source.send(1);
    sim.runUntil(1 * S);
    expect(host.nmp.state).toBe(3);
    // Somebody still has it open, until 25 s.
    for (let second = 1; second < 25; second += 3) {
      sim.runUntil(second * S);
      source.send(2);
    }
    sim.runUntil(29 * S);
    expect(host.nmp.state).toBe(3);
    sim.runUntil(45 * S);
    expect(host.nmp.state).toBe(5);
    expect(host.timeOf('device.removed') - host.timeOf('pdl')).toBe(40 * S);
    source.send(3);
    sim.runUntil(46 * S);
    expect(source.done.every(({ sense }) => sense === SENSE_LUN_NOT_SUPPORTED)).toBe(true);
    lun.reply = () => undefined;
    host.nmp.rescan();
    sim.runUntil(47 * S);
    expect(host.nmp.state).toBe(0);
    expect(
      sim.log.entries.find(({ kind }) => kind === 'device.connectivity.restored')?.what,
    ).toContain('a new one');
  });

  test('Disk.AutoremoveOnPDL off keeps it', () => {
    const host = buildHost({ ...options, settings: { 'Disk.AutoremoveOnPDL': 0 } });
    host.lun.reply = () => [CHECK, SENSE_LUN_NOT_SUPPORTED];
    host.source.send(1);
    host.sim.runUntil(100 * S);
    expect(host.nmp.state).toBe(3);
  });
});

describe('path history', () => {
  test('keeps the last 32 events with time and cause', () => {
    const host = buildHost();
    for (let round = 0; round < 20; round++) {
      host.sim.runUntil(round * S);
      host.nexuses[0].setUp(round % 2 === 1);
      host.sim.runUntil(round * S + 1 * MS);
    }
    const { history } = host.paths[0];
    expect(history.length).toBe(20);
    expect(history[0]).toEqual({
      at: 2_000,
      what: 'active -> dead',
      why: 'link down; TEST UNIT READY got H:0x1 D:0x0 P:0x0',
    });
    expect(history[1].what).toBe('dead -> active');
    for (let round = 20; round < 60; round++) {
      host.sim.runUntil(round * S);
      host.nexuses[0].setUp(round % 2 === 1);
    }
    host.sim.runUntil(61 * S);
    expect(history.length).toBe(32);
    expect(Math.floor(history[0].at / S)).toBe(28);
    expect(host.paths[1].history).toEqual([]);
  });
});
