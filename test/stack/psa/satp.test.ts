import { describe, expect, test } from 'vitest';
import {
  OP_NAMES,
  READ,
  REPORT_GROUPS,
  SET_GROUPS,
  START_UNIT,
  TEST_UNIT_READY,
  TRESPASS,
} from '../../../src/engine/core/io.js';
import {
  CHECK,
  HOST_ERROR,
  hostStatus,
  SENSE_ALUA_STATE_CHANGED,
  SENSE_NOT_READY_TRANSITION,
  SENSE_STANDBY,
  sense,
} from '../../../src/engine/core/status.js';
import { type Answer, buildHost, type Host, type HostOptions } from './host.js';

const MS = 1e6;
const S = 1e9;
const PASSIVE = sense(0x02, 0x04, 0x03);
const QUESTIONS: readonly number[] = [
  TEST_UNIT_READY,
  REPORT_GROUPS,
  SET_GROUPS,
  START_UNIT,
  TRESPASS,
];

/** Ports in standby refuse commands with `refusal`, except those about states and moves. */
function refusing(host: Host, refusal: number): Host {
  const { lun, sim } = host;
  lun.reply = (io, controller): Answer | undefined => {
    const standby = lun.accessState(controller) === 2;
    const code = sim.requests.op[io];
    return standby && (code === TEST_UNIT_READY || !QUESTIONS.includes(code))
      ? [CHECK, refusal]
      : undefined;
  };
  return host;
}

/** What the device saw, without probes. */
const steps = (host: Host): [number, string][] =>
  host.commands().map(({ path, op }) => [path, OP_NAMES[op]]);

describe('a passive path is activated when no other is left', () => {
  const options: HostOptions = { access: [0, 2], psp: 'VMW_PSP_MRU', tpgs: 0 };

  test.each([
    ['VMW_SATP_DEFAULT_AP', START_UNIT, PASSIVE],
    ['VMW_SATP_CX', TRESPASS, PASSIVE],
    ['VMW_SATP_LSI', TRESPASS, sense(0x05, 0x94, 0x01)],
    ['VMW_SATP_MSA', START_UNIT, PASSIVE],
    ['VMW_SATP_ALUA', SET_GROUPS, SENSE_STANDBY],
  ])('%s sends its command', (satp, op, refusal) => {
    const host = refusing(
      buildHost({ ...options, satp, tpgs: op === SET_GROUPS ? 3 : 0 }),
      refusal,
    );
    expect(host.paths.map(({ stateName }) => stateName)).toEqual(['active', 'standby']);
    host.nexuses[0].setUp(false);
    host.source.send(1);
    host.sim.runUntil(100 * MS);
    expect(steps(host)).toEqual([
      [0, 'READ'],
      [1, OP_NAMES[op]],
      [1, 'READ'],
    ]);
    expect(host.lun.owners).toEqual([1]);
    expect(host.source.done.map(({ status }) => status)).toEqual([0]);
    expect(host.kinds()).toContain('path.activate');
    expect(host.field('activations')).toBe(1);
  });

  test('active/active types have nothing to send', () => {
    const host = refusing(buildHost({ ...options, satp: 'VMW_SATP_DEFAULT_AA' }), PASSIVE);
    host.nexuses[0].setUp(false);
    host.source.send(1);
    host.sim.runUntil(5 * S);
    expect(host.lun.owners).toEqual([]);
  });

  test('explicit_allow=off, or an array without explicit support, waits for the array', () => {
    const alua = { ...options, satp: 'VMW_SATP_ALUA' };
    for (const host of [
      buildHost({ ...alua, tpgs: 3, satpParams: { explicit_allow: 1 } }),
      buildHost({ ...alua, tpgs: 1 }),
    ]) {
      refusing(host, SENSE_STANDBY);
      host.nexuses[0].setUp(false);
      host.source.send(1);
      host.sim.runUntil(1 * S);
      expect(host.lun.owners).toEqual([]);
      host.lun.setAccess([2, 0]);
      host.sim.runUntil(2 * S);
      expect(host.source.done.map(({ status }) => status)).toEqual([0]);
    }
  });

  test('an activation that fails is tried again a second later', () => {
    const host = buildHost({ ...options, satp: 'VMW_SATP_DEFAULT_AP' });
    const { lun, sim } = host;
    let refusals = 2;
    lun.reply = (io, controller): Answer | undefined => {
      if (lun.accessState(controller) !== 2) return undefined;
      if (sim.requests.op[io] === START_UNIT && refusals-- <= 0) return undefined;
      return [CHECK, PASSIVE];
    };
    host.nexuses[0].setUp(false);
    host.source.send(1);
    sim.runUntil(10 * S);
    const sent = host.commands().filter(({ op }) => op === START_UNIT);
    expect(sent.map(({ at }) => Math.round(at / S))).toEqual([0, 1, 2]);
    expect(host.source.done.map(({ status }) => status)).toEqual([0]);
  });

  test('with a full request table a held command carries the activation', () => {
    const host = refusing(buildHost({ ...options, satp: 'VMW_SATP_DEFAULT_AP', rows: 4 }), PASSIVE);
    host.nexuses[0].setUp(false, false);
    for (const lba of [1, 2, 3, 4]) host.source.send(lba);
    host.sim.runUntil(5 * S);
    expect(host.lun.owners).toEqual([1]);
    // Whoever lent its row is still the same command.
    const done = host.source.done.map(({ lba, status }) => [lba, status]);
    expect(done.sort(([one], [other]) => one - other)).toEqual([1, 2, 3, 4].map((lba) => [lba, 0]));
    expect(host.sim.requests.inFlight).toBe(0);
  });
});

describe('target port groups', () => {
  const alua: HostOptions = { access: [0, 1], satp: 'VMW_SATP_ALUA', psp: 'VMW_PSP_MRU' };

  test('each TEST UNIT READY is followed by REPORT TARGET PORT GROUPS on the same path', () => {
    const host = buildHost(alua);
    host.sim.runUntil(301 * S);
    expect(host.seen.map(({ path, op }) => [path, op])).toEqual([
      [0, TEST_UNIT_READY],
      [1, TEST_UNIT_READY],
      [0, REPORT_GROUPS],
      [1, REPORT_GROUPS],
    ]);
  });

  test('one report tells the states of all groups', () => {
    const host = buildHost({ ...alua, controllers: [0, 1, 1] });
    host.lun.access.splice(0, 2, 1, 0);
    host.paths[0].owner?.pathsChanged('nothing');
    host.nexuses[0].setUp(true);
    host.sim.runUntil(1 * MS);
    expect(host.probes().map(({ path }) => path)).toEqual([0]);
    expect(host.paths.map(({ stateName }) => stateName)).toEqual([
      'active unoptimized',
      'active',
      'active',
    ]);
  });

  test('a transition is polled each second for 60 s, then left to the path evaluation', () => {
    const host = buildHost(alua);
    host.lun.reply = (io) =>
      host.sim.requests.op[io] === REPORT_GROUPS ? undefined : [CHECK, SENSE_NOT_READY_TRANSITION];
    host.lun.access.splice(0, 2, 15, 15);
    host.source.send(1);
    host.sim.runUntil(290 * S);
    const polls = host.probes().filter(({ path }) => path === 0);
    // One by the failure, then one a second.
    expect(polls.length).toBeGreaterThanOrEqual(59);
    expect(polls.length).toBeLessThanOrEqual(62);
    expect(polls.at(-1)!.at).toBeLessThan(62 * S);
    host.lun.reply = () => undefined;
    host.lun.access.splice(0, 2, 0, 1);
    host.sim.runUntil(301 * S);
    expect(host.source.done.map(({ status }) => status)).toEqual([0]);
  });

  test('06/2A/06 on every nexus: one refresh each, no command lost', () => {
    const host = buildHost(alua);
    const told = new Set<number>();
    host.lun.access.splice(0, 2, 1, 0);
    host.lun.reply = (_io, controller): Answer | undefined => {
      if (told.has(controller)) return undefined;
      told.add(controller);
      return [CHECK, SENSE_ALUA_STATE_CHANGED];
    };
    for (let lba = 0; lba < 4; lba++) host.source.send(lba);
    host.sim.runUntil(10 * MS);
    expect(host.source.done.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(host.nmp.workingPath?.name).toBe(host.paths[0].name);
    expect(host.paths.map(({ stateName }) => stateName)).toEqual(['active unoptimized', 'active']);
  });
});

describe('follow-over', () => {
  const options: HostOptions = { access: [0, 1], satp: 'VMW_SATP_ALUA', psp: 'VMW_PSP_FIXED' };

  test('on: when another host has moved the LUN, this one follows', () => {
    const host = buildHost(options);
    host.lun.setAccess([1, 0]);
    host.sim.runUntil(10 * S);
    expect(host.lun.owners).toEqual([]);
    expect(host.nmp.workingPath).toBe(host.paths[1]);
  });

  test('off: the LUN is moved back to the preferred path', () => {
    const host = buildHost({ ...options, satpParams: { alua_followover: 1 } });
    host.lun.setAccess([1, 0]);
    host.sim.runUntil(1 * S);
    expect(host.lun.owners).toEqual([0]);
    expect(host.commands().map(({ path, op }) => [path, op])).toEqual([[0, SET_GROUPS]]);
    expect(host.nmp.workingPath).toBe(host.paths[0]);
  });
});

describe('action_OnRetryErrors', () => {
  test.each([
    [0, [0, 0, 0, 0, 0, 0], hostStatus(HOST_ERROR), 'active'],
    [1, [0, 0, 0, 0, 0, 0, 1], 0, 'dead'],
  ])('%i', (action, path, status, state) => {
    const host = buildHost({ satpParams: { action_OnRetryErrors: action } });
    host.lun.reply = (io, controller): Answer | undefined =>
      controller === 0 && host.sim.requests.op[io] === READ
        ? [hostStatus(HOST_ERROR), 0]
        : undefined;
    host.source.send(1);
    host.sim.runUntil(1 * S);
    expect(host.commands().map((seen) => seen.path)).toEqual(path);
    expect(host.source.done[0].status).toBe(status);
    expect(host.paths[0].stateName).toBe(state);
  });
});
