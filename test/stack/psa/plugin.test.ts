import { describe, expect, test } from 'vitest';
import { READ, TEST_UNIT_READY } from '../../../src/engine/core/io.js';
import {
  BUSY,
  CHECK,
  deviceStatus,
  HOST_BUS_BUSY,
  HOST_ERROR,
  HOST_NO_CONNECT,
  hostStatus,
  SENSE_LUN_NOT_SUPPORTED,
  SENSE_MEDIUM_ERROR,
} from '../../../src/engine/core/status.js';
import { PLUGINS } from '../../../src/engine/stack/storage-apis/psa/plugins/index.js';
import { sources } from '../../tidy/tree.js';
import { type Answer, buildHost, type Host, type HostOptions } from './host.js';

const MS = 1e6;
const S = 1e9;

function least(more: HostOptions = {}, params: Record<string, number> = {}): Host {
  const claimed = { plugin: 'third-party', name: 'LEAST_QUEUED', params } as const;
  return buildHost({ ...more, claimed });
}

describe('the public plug-in interface', () => {
  const folder = 'engine/stack/storage-apis/psa/plugins/';
  const plugins = sources().filter(
    ({ path }) => path.startsWith(folder) && !path.endsWith('/index.ts'),
  );

  test('is all that plug-ins import', () => {
    expect(plugins.length).toBe(PLUGINS.length);
    for (const { imports } of plugins) {
      expect(imports).toEqual(['engine/stack/storage-apis/psa/plugin']);
    }
  });

  test('gives away nothing of the inside: it imports core only', () => {
    const api = sources().find(({ path }) => path === 'engine/stack/storage-apis/psa/plugin.ts');
    expect(api?.imports.every((target) => target.startsWith('engine/core/'))).toBe(true);
  });

  test('an unknown plug-in is bad input', () => {
    const claimed = { plugin: 'third-party', name: 'POWERPATH', params: {} } as const;
    expect(() => buildHost({ claimed })).toThrow('LEAST_QUEUED');
    expect(() => least({}, { retries: -1 })).toThrow('retries');
  });
});

describe('LEAST_QUEUED', () => {
  test('each command goes where the fewest are', () => {
    const host = least({ controllers: [0, 0, 0] });
    for (let lba = 0; lba < 7; lba++) host.source.send(lba);
    expect(host.paths.map(({ active }) => active)).toEqual([3, 2, 2]);
    host.sim.runUntil(1 * MS);
    expect(host.commands().map(({ path }) => path)).toEqual([0, 1, 2, 0, 1, 2, 0]);
    expect(host.source.done.length).toBe(7);
    expect(host.nmp.status()).toMatchObject({
      plugin: 'LEAST_QUEUED',
      satp: '',
      pspConfig: '{retries=5;queues=0,0,0}',
    });
  });

  test('fails over by itself, at once and without a probe, and finds the path again', () => {
    const host = least();
    const { sim, source, nexuses } = host;
    nexuses[0].setUp(false, false);
    source.send(1);
    sim.runUntil(1 * MS);
    expect(host.seen.map(({ path, op }) => [path, op])).toEqual([
      [0, READ],
      [1, READ],
    ]);
    expect(host.paths[0].stateName).toBe('dead');
    expect(host.kinds()).toEqual(['path.state', 'device.redundancy.lost', 'path.failover']);
    nexuses[0].setUp(true, false);
    sim.runUntil(3 * S);
    // Its own probing, every 2 s from the failure.
    expect(host.probes().map(({ path }) => path)).toEqual([0]);
    expect(Math.round(host.probes()[0].at / MS)).toBe(2000);
    expect(host.paths[0].stateName).toBe('active');
    expect(host.kinds().at(-1)).toBe('device.redundancy.restored');
    expect(host.field('retries')).toBe(1);
  });

  test('errors of the connection go to another path, others go up', () => {
    const host = least();
    let answer: Answer | undefined = [hostStatus(HOST_ERROR), 0];
    host.lun.reply = (_io, controller) => (controller === 0 ? answer : undefined);
    host.source.send(1);
    host.sim.runUntil(1 * MS);
    expect(host.commands().map(({ path }) => path)).toEqual([0, 1]);
    answer = [CHECK, SENSE_MEDIUM_ERROR];
    host.source.send(2);
    host.sim.runUntil(2 * MS);
    expect(host.source.done.map(({ status, sense }) => [status, sense])).toEqual([
      [0, 0],
      [CHECK, SENSE_MEDIUM_ERROR],
    ]);
  });

  test('a connection that hopes to come back: every path once, then once a second', () => {
    const host = least();
    host.lun.reply = () => (host.sim.now < 2 * S ? [hostStatus(HOST_BUS_BUSY), 0] : undefined);
    host.source.send(1);
    host.sim.runUntil(10 * S);
    expect(host.commands().map(({ at, path }) => [Math.round(at / MS), path])).toEqual([
      [0, 0],
      [0, 1],
      [1000, 0],
      [1000, 1],
      [2000, 0],
    ]);
    expect(host.source.done[0].status).toBe(0);
  });

  test('tries end: one and five more', () => {
    const host = least();
    host.lun.reply = () => [hostStatus(HOST_ERROR), 0];
    host.source.send(1);
    host.sim.runUntil(1 * S);
    expect(host.commands().length).toBe(6);
    expect(host.source.done[0].status).toBe(hostStatus(HOST_ERROR));
  });

  test('a busy device gets the command again after 10 ms', () => {
    const host = least();
    let left = 1;
    let told = 0;
    host.nmp.onQueueFull = () => told++;
    host.lun.reply = () => (left-- > 0 ? [deviceStatus(BUSY), 0] : undefined);
    host.source.send(1);
    host.sim.runUntil(1 * S);
    expect(host.commands()[1].at).toBe(10 * MS + 102_000);
    expect(told).toBe(1);
  });

  test('the host keeps all-paths-down: VM I/O is held, host I/O fails after 140 s', () => {
    const host = least();
    for (const nexus of host.nexuses) nexus.setUp(false);
    host.source.send(1, READ, 1);
    host.source.send(2, READ, 0);
    host.sim.runUntil(200 * S);
    expect(host.nmp.state).toBe(2);
    expect(host.source.done.map(({ lba, status }) => [lba, status])).toEqual([
      [2, hostStatus(HOST_NO_CONNECT)],
    ]);
    for (const nexus of host.nexuses) nexus.setUp(true);
    host.sim.runUntil(201 * S);
    expect(host.source.done.at(-1)).toMatchObject({ lba: 1, status: 0 });
    expect(host.kinds()).toContain('apd.exit');
    expect(host.sim.requests.inFlight).toBe(0);
  });

  test('and permanent loss: every path has said so', () => {
    const host = least();
    host.lun.reply = () => [CHECK, SENSE_LUN_NOT_SUPPORTED];
    host.source.send(1);
    host.sim.runUntil(1 * S);
    expect(host.nmp.state).toBe(3);
    expect(host.source.done[0].sense).toBe(SENSE_LUN_NOT_SUPPORTED);
    host.lun.reply = () => undefined;
    host.nmp.rescan();
    host.sim.runUntil(2 * S);
    expect(host.nmp.state).toBe(0);
  });

  test('whatever happens to the paths, every command ends once', () => {
    const host = least({ controllers: [0, 1, 0], rows: 64 });
    const { sim, source, nexuses, adapters } = host;
    for (let round = 0; round < 200; round++) {
      for (let left = 0; left < 5 && sim.requests.inFlight < 60; left++) source.send(round);
      const nexus = nexuses[(round * 7) % 3];
      nexus.setUp(!nexus.up, round % 2 === 0);
      if (round % 11 === 0) adapters[round % 3].reset('test');
      if (round % 13 === 0) host.paths[round % 3].setAdminState(round % 2 === 0 ? 'off' : 'on');
      sim.runUntil(sim.now + ((round * 37) % 400) * 10_000);
    }
    for (const nexus of nexuses) nexus.setUp(true);
    for (const path of host.paths) path.setAdminState('on');
    sim.runUntil(sim.now + 30 * S);
    expect(source.done.length).toBe(source.issued);
    expect(sim.requests.inFlight).toBe(0);
    expect(host.paths.map(({ active }) => active)).toEqual([0, 0, 0]);
    expect(host.probes().every(({ op }) => op === TEST_UNIT_READY)).toBe(true);
  });
});
