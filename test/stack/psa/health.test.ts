import { describe, expect, test } from 'vitest';
import { READ, TEST_UNIT_READY } from '../../../src/engine/core/io.js';
import { HOST_ERROR, hostStatus } from '../../../src/engine/core/status.js';
import { type Answer, buildHost, type Host, type HostOptions } from './host.js';

const MS = 1e6;
const S = 1e9;
const LOST: Answer = [hostStatus(HOST_ERROR), 0];

/** Every `nth` read on the first path is lost; one read each 10 ms for so long. */
function lossy(nth: number, seconds: number, options: HostOptions = {}): Host {
  const host = buildHost({ psp: 'VMW_PSP_MRU', ...options });
  let count = 0;
  host.lun.reply = (io, controller) =>
    controller === 0 && host.sim.requests.op[io] === READ && ++count % nth === 0 ? LOST : undefined;
  for (let sent = 0; sent < seconds * 100; sent++) {
    host.source.send(sent);
    host.sim.runUntil(host.sim.now + 10 * MS);
  }
  return host;
}

describe('degraded paths', () => {
  test('a path that loses a fifth of its commands within 5 s is left for a sound one', () => {
    const host = lossy(5, 10);
    const [first] = host.commands().filter(({ path }) => path === 1);
    // The window opens with the first error, the fifth command.
    expect(first.at).toBeGreaterThan(5 * S);
    expect(first.at).toBeLessThan(5.1 * S);
    expect(host.paths.map(({ degraded }) => degraded)).toEqual([true, false]);
    expect(host.paths[0].stateName).toBe('active');
    expect(host.kinds()).toEqual(['path.degraded', 'path.failover']);
    expect(host.source.done.every(({ status }) => status === 0)).toBe(true);
    host.sim.meters.sample();
    const { entity } = host.paths[0];
    expect(entity.values[entity.slot('degraded')]).toBe(1);
  });

  test('fewer errors are put up with', () => {
    const host = lossy(6, 20);
    expect(host.kinds()).toEqual([]);
    expect(host.commands().every(({ path }) => path === 0)).toBe(true);
  });

  test('a trial each 60 s: probes tell when it has recovered', () => {
    const host = lossy(2, 6);
    const { lun, sim } = host;
    lun.reply = (io, controller) =>
      controller === 0 && sim.requests.op[io] === TEST_UNIT_READY && sim.now < 100 * S
        ? LOST
        : undefined;
    const degradedAt = host.timeOf('path.degraded');
    // The first trial fails, and so often in a row that the path is dead until the evaluation.
    sim.runUntil(degradedAt + 61 * S);
    expect(host.paths[0].degraded).toBe(true);
    sim.runUntil(400 * S);
    expect(host.paths[0].degraded).toBe(false);
    expect(host.paths[0].history.map(({ what }) => what)).toEqual([
      // Every second command is lost: 500 reads in 5 s, and a good retry for each.
      '50 % of 1000 commands failed',
      'active -> dead',
      'dead -> active',
      'taken for sound again',
    ]);
  });

  test('a sound path at the first trial is back after 60 s, with one trial of 20 probes', () => {
    const host = lossy(2, 6);
    host.lun.reply = () => undefined;
    const before = host.probes().length;
    const degradedAt = host.timeOf('path.degraded');
    host.sim.runUntil(degradedAt + 59 * S);
    expect(host.paths[0].degraded).toBe(true);
    expect(host.probes().length).toBe(before);
    host.sim.runUntil(degradedAt + 61 * S);
    expect(host.paths[0].degraded).toBe(false);
    expect(host.probes().length - before).toBe(20);
    // MRU does not go back.
    expect(host.nmp.workingPath).toBe(host.paths[1]);
  });

  test('a degraded path is used when there is no other', () => {
    const host = lossy(4, 10, { controllers: [0] });
    expect(host.paths[0].degraded).toBe(true);
    expect(host.source.done.length).toBe(1000);
    expect(host.source.done.every(({ status }) => status === 0)).toBe(true);
  });

  test('round robin leaves it out; FIXED leaves its preferred path', () => {
    for (const psp of ['VMW_PSP_RR', 'VMW_PSP_FIXED']) {
      const host = lossy(3, 10, { psp, controllers: [0, 1, 1], pspParams: {} });
      const late = host.commands().filter(({ at }) => at > 6 * S);
      expect(late.every(({ path }) => path !== 0)).toBe(true);
    }
  });

  test('Misc.NmpManageDegradedPaths and the threshold', () => {
    const off = lossy(2, 10, { settings: { 'Misc.NmpManageDegradedPaths': 0 } });
    expect(off.kinds()).toEqual([]);
    const high = lossy(2, 10, { settings: { 'Misc.NmpDegradedPathThresholdPer': 51 } });
    expect(high.kinds()).toEqual([]);
  });
});

describe('a lossy path', () => {
  test('dies only when a probe is lost six times in a row', () => {
    const host = buildHost();
    const { sim, lun } = host;
    let lose = 1 + 5;
    lun.reply = () => (lose-- > 0 ? LOST : undefined);
    host.source.send(1);
    sim.runUntil(1 * S);
    expect(host.paths[0].stateName).toBe('active');
    lose = Number.POSITIVE_INFINITY;
    host.nexuses[0].setUp(true);
    sim.runUntil(2 * S);
    expect(host.paths[0].stateName).toBe('dead');
  });
});
