import { describe, expect, test } from 'vitest';
import { READ, TEST_UNIT_READY } from '../../../src/engine/core/io.js';
import {
  CHECK,
  hostStatus,
  SENSE_ALUA_STATE_CHANGED,
  SENSE_NOT_READY_TRANSITION,
} from '../../../src/engine/core/status.js';
import type { NmpDevice } from '../../../src/engine/stack/storage-apis/psa/nmp.js';
import { type Answer, buildHost } from './host.js';

const MS = 1e6;
const S = 1e9;

describe('path loss', () => {
  test('the path is probed, then held I/O is sent again on the other path, in order', () => {
    const host = buildHost();
    const { sim, source, nexuses, seen } = host;
    nexuses[0].setUp(false, false);
    source.send(100);
    source.send(200);
    sim.runUntil(10 * MS);
    // Both fail on path 0; the first failure sends the probe; only its answer moves the commands.
    expect(seen.map(({ path, op, lba }) => [path, op, lba])).toEqual([
      [0, READ, 100],
      [0, READ, 200],
      [0, TEST_UNIT_READY, 0],
      [1, READ, 100],
      [1, READ, 200],
    ]);
    expect(source.done.map(({ lba, status }) => [lba, status])).toEqual([
      [100, 0],
      [200, 0],
    ]);
    expect(host.kinds()).toEqual(['path.state', 'device.redundancy.lost', 'path.failover']);
    expect(host.field('failovers')).toBe(1);
    expect(host.field('retries')).toBe(2);
    expect(host.paths[0].stateName).toBe('dead');
    expect(sim.log.entries[0]).toMatchObject({
      object: 'esx1 vmhba1:C0:T0:L1',
      what: 'active -> dead',
    });
    expect(sim.log.entries[0].why).toContain('READ got H:0x1');
  });

  test('new I/O waits behind held I/O while a path is in doubt', () => {
    const { sim, source, nexuses, commands } = buildHost();
    nexuses[0].setUp(false, false);
    source.send(1);
    // Driver: 1 us each way; the failure is known at 2 us, the answer to the probe 2 us later.
    sim.runUntil(3_000);
    source.send(2);
    sim.runUntil(10 * MS);
    expect(commands().map(({ path, lba, at }) => [path, lba, at])).toEqual([
      [0, 1, 0],
      [1, 1, 4_000],
      [1, 2, 4_000],
    ]);
  });

  test('a link event alone makes the host probe, and nothing is lost', () => {
    const host = buildHost();
    host.nexuses[0].setUp(false);
    host.sim.runUntil(1 * MS);
    expect(host.probes().map(({ path, at }) => [path, at])).toEqual([[0, 0]]);
    expect(host.paths[0].stateName).toBe('dead');
    host.source.send(5);
    host.sim.runUntil(2 * MS);
    expect(host.commands().map(({ path }) => path)).toEqual([1]);
  });

  test('a command that fails on a path that answers probes goes back to that path', () => {
    const host = buildHost();
    let failures = 1;
    host.lun.reply = (io): Answer | undefined =>
      host.sim.requests.op[io] === READ && failures-- > 0 ? [hostStatus(1), 0] : undefined;
    host.source.send(7);
    host.sim.runUntil(10 * MS);
    expect(host.seen.map(({ path, op }) => [path, op])).toEqual([
      [0, READ],
      [0, TEST_UNIT_READY],
      [0, READ],
    ]);
    expect(host.kinds()).toEqual([]);
  });

  test('late failures from before the path came back cause no second doubt', () => {
    const host = buildHost({ controllers: [0] });
    const { sim, nexuses, source, lun } = host;
    lun.serviceNs = 50 * MS;
    source.send(1);
    sim.runUntil(1 * MS);
    lun.serviceNs = 1 * MS;
    nexuses[0].setUp(false);
    sim.runUntil(2 * MS);
    nexuses[0].setUp(true);
    let first = true;
    lun.reply = (io): Answer | undefined => {
      if (sim.requests.op[io] !== READ || !first) return undefined;
      first = false;
      return [hostStatus(1), 0];
    };
    sim.runUntil(200 * MS);
    // Probe when down, probe when up, none for the old command's failure at 50 ms.
    expect(host.probes().length).toBe(2);
    expect(host.commands().length).toBe(2);
    expect(source.done.map(({ status }) => status)).toEqual([0]);
  });

  test('a probe without an answer fails after ten seconds', () => {
    const host = buildHost();
    const { sim, lun, nexuses } = host;
    lun.serviceNs = 60 * S;
    nexuses[0].setUp(true);
    sim.runUntil(11 * S);
    expect(host.timeOf('path.state')).toBe(10 * S);
    sim.runUntil(100 * S);
    // The late answer is proof of life.
    expect(host.paths[0].stateName).toBe('active');
    expect(sim.requests.inFlight).toBe(0);
  });

  test('every path is probed every Disk.PathEvalTime, dead ones too, switched off ones not', () => {
    const host = buildHost({ controllers: [0, 0, 1] });
    host.nexuses[1].setUp(false);
    host.sim.runUntil(1 * S);
    expect(host.paths[2].setAdminState('off')).toBeUndefined();
    host.nexuses[1].setUp(true, false);
    host.sim.runUntil(299 * S);
    expect(host.paths[1].stateName).toBe('dead');
    host.sim.runUntil(301 * S);
    expect(
      host
        .probes()
        .filter(({ at }) => at === 300 * S)
        .map(({ path }) => path),
    ).toEqual([0, 1]);
    expect(host.paths[1].stateName).toBe('active');
  });

  test('a full request table does not stop probing: a held command is the probe', () => {
    const host = buildHost({ rows: 4 });
    host.nexuses[0].setUp(false, false);
    for (const lba of [1, 2, 3, 4]) host.source.send(lba);
    host.sim.runUntil(1 * S);
    expect(host.source.done.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(host.paths[0].stateName).toBe('dead');
    expect(host.sim.requests.inFlight).toBe(0);
    expect(host.paths.map(({ active }) => active)).toEqual([0, 0]);
  });
});

describe('policies', () => {
  test('FIXED goes back to its preferred path, MRU stays', () => {
    for (const [psp, expected] of [
      ['VMW_PSP_FIXED', [1, 0]],
      ['VMW_PSP_MRU', [1, 1]],
    ] as const) {
      const host = buildHost({ psp });
      host.nexuses[0].setUp(false);
      host.sim.runUntil(1 * MS);
      host.source.send(1);
      host.sim.runUntil(2 * MS);
      host.nexuses[0].setUp(true);
      host.sim.runUntil(3 * MS);
      host.source.send(2);
      host.sim.runUntil(4 * MS);
      expect(host.commands().map(({ path }) => path)).toEqual(expected);
    }
  });

  test('FIXED prefers the path it is told to', () => {
    const host = buildHost({ pspParams: { preferred: 1 } });
    expect(host.nmp.workingPath).toBe(host.paths[1]);
  });

  test('round robin sends iops commands down each optimized path', () => {
    const host = buildHost({
      controllers: [0, 1, 0, 1],
      access: [0, 1],
      satp: 'VMW_SATP_ALUA',
      psp: 'VMW_PSP_RR',
      pspParams: { iops: 3 },
    });
    for (let lba = 0; lba < 9; lba++) host.source.send(lba);
    host.sim.runUntil(10 * MS);
    expect(host.commands().map(({ path }) => path)).toEqual([0, 0, 0, 2, 2, 2, 0, 0, 0]);
  });

  test('round robin takes unoptimized paths when there is no optimized one, or when told to', () => {
    const options = { access: [0, 1], satp: 'VMW_SATP_ALUA', psp: 'VMW_PSP_RR' };
    const host = buildHost({ ...options, pspParams: { iops: 1 } });
    host.nexuses[0].setUp(false);
    host.sim.runUntil(1 * MS);
    host.source.send(1);
    host.source.send(2);
    host.sim.runUntil(2 * MS);
    expect(host.commands().map(({ path }) => path)).toEqual([1, 1]);
    const both = buildHost({ ...options, pspParams: { iops: 1, useANO: 1 } });
    both.source.send(1);
    both.source.send(2);
    both.sim.runUntil(2 * MS);
    expect(both.commands().map(({ path }) => path)).toEqual([0, 1]);
  });

  test('default is 1,000 commands a turn', () => {
    const host = buildHost({ psp: 'VMW_PSP_RR', rows: 2048 });
    for (let lba = 0; lba < 2000; lba++) host.source.send(lba);
    host.sim.runUntil(1 * S);
    expect(host.commands().filter(({ path }) => path === 0).length).toBe(1000);
    expect(host.commands().findIndex(({ path }) => path === 1)).toBe(1000);
  });

  test('the policy can be changed while running', () => {
    const host = buildHost({ psp: 'VMW_PSP_MRU' });
    (host.nmp as NmpDevice).setPsp('VMW_PSP_RR', { iops: 1 });
    host.source.send(1);
    host.source.send(2);
    host.sim.runUntil(1 * MS);
    expect(host.commands().map(({ path }) => path)).toEqual([0, 1]);
    expect(() => (host.nmp as NmpDevice).setPsp('VMW_PSP_X')).toThrow('VMW_PSP_X');
    expect(() => (host.nmp as NmpDevice).setPsp('VMW_PSP_RR', { iops: 0 })).toThrow('iops');
  });
});

describe('administrator', () => {
  test('the last usable path cannot be switched off', () => {
    const host = buildHost();
    expect(host.paths[0].setAdminState('off')).toBeUndefined();
    expect(host.paths[1].setAdminState('off')).toContain('last usable path');
    host.source.send(1);
    host.sim.runUntil(1 * MS);
    expect(host.commands().map(({ path }) => path)).toEqual([1]);
    host.paths[0].setAdminState('on');
    host.sim.runUntil(2 * MS);
    expect(host.paths[0].stateName).toBe('active');
    expect(host.paths[1].setAdminState('off')).toBeUndefined();
  });
});

describe('ALUA', () => {
  const alua = { access: [0, 1], satp: 'VMW_SATP_ALUA', psp: 'VMW_PSP_RR' };

  test('in transition (02/04/0A) I/O is held and the target asked every second', () => {
    const host = buildHost(alua);
    const { lun, sim, source } = host;
    let moving = true;
    lun.reply = () => (moving ? [CHECK, SENSE_NOT_READY_TRANSITION] : undefined);
    lun.access.splice(0, 2, 15, 15);
    source.send(1);
    sim.runUntil(3.5 * S);
    expect(source.done).toEqual([]);
    expect(host.commands().length).toBe(1);
    expect(host.paths.map(({ stateName }) => stateName)).toEqual(['unavailable', 'unavailable']);
    // No APD: the target answers.
    expect(host.kinds()).not.toContain('apd.start');
    const polls = host.probes().filter(({ path }) => path === 0);
    expect(polls.length).toBe(4);
    expect(Math.round((polls[2].at - polls[1].at) / S)).toBe(1);
    moving = false;
    lun.access.splice(0, 2, 1, 0);
    sim.runUntil(6 * S);
    expect(source.done.map(({ status }) => status)).toEqual([0]);
    expect(host.commands().at(-1)!.path).toBe(1);
    expect(host.paths.map(({ stateName }) => stateName)).toEqual(['active unoptimized', 'active']);
  });

  test('06/2A/06: states are read again and the command repeated', () => {
    const host = buildHost(alua);
    const { lun, sim, source } = host;
    let told = false;
    lun.access.splice(0, 2, 1, 0);
    lun.reply = (io): Answer | undefined => {
      if (told || sim.requests.op[io] === TEST_UNIT_READY) return undefined;
      told = true;
      return [CHECK, SENSE_ALUA_STATE_CHANGED];
    };
    source.send(9);
    sim.runUntil(10 * MS);
    expect(host.commands().map(({ path, lba }) => [path, lba])).toEqual([
      [0, 9],
      [1, 9],
    ]);
    expect(source.done.map(({ status }) => status)).toEqual([0]);
  });

  test('the array type that knows no access states treats all paths alike', () => {
    const host = buildHost({ access: [0, 1], satp: 'VMW_SATP_DEFAULT_AA' });
    expect(host.paths.map(({ stateName }) => stateName)).toEqual(['active', 'active']);
  });
});
