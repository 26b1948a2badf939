import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { READ, WRITE } from '../../../src/engine/core/io.js';
import {
  CHECK,
  HOST_RESET,
  hostStatus,
  SENSE_NOT_READY_TRANSITION,
} from '../../../src/engine/core/status.js';
import { buildHost } from './host.js';

const MS = 1e6;
const S = 1e9;

/** A step: what happens, to which path, and how long until the next. */
const step = fc.record({
  kind: fc.constantFrom('send', 'send', 'send', 'flip', 'quiet', 'reset', 'link', 'move', 'admin'),
  path: fc.nat(3),
  waitNs: fc.oneof(fc.nat(300_000), fc.nat(2 * MS), fc.nat(3 * S)),
});

describe('whatever happens to the paths', () => {
  test.each(['VMW_PSP_FIXED', 'VMW_PSP_MRU', 'VMW_PSP_RR'])(
    'with %s every command ends exactly once and none is lost',
    (psp) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(8, 200), (steps, rows) => {
          const host = buildHost({
            controllers: [0, 1, 0, 1],
            access: [0, 1],
            satp: 'VMW_SATP_ALUA',
            psp,
            rows,
          });
          const { sim, source, nexuses, adapters, paths, lun } = host;
          let owner = 0;
          lun.reply = (_io, controller) =>
            lun.accessState(controller) === 15 ? [CHECK, SENSE_NOT_READY_TRANSITION] : undefined;
          for (const { kind, path, waitNs } of steps) {
            const nexus = nexuses[path];
            if (kind === 'send') {
              // Bursts, so that the table may be full of held commands.
              for (let left = path * 4 + 1; left > 0 && sim.requests.inFlight < rows; left--) {
                source.send(left * 8, left % 2 === 0 ? READ : WRITE);
              }
            } else if (kind === 'flip') nexus.setUp(!nexus.up);
            else if (kind === 'quiet') nexus.setUp(!nexus.up, false);
            else if (kind === 'reset') adapters[path].reset('test');
            else if (kind === 'link') adapters[path].setLinkUp(!adapters[path].linkUp, 'test');
            else if (kind === 'move') {
              owner = 1 - owner;
              lun.setAccess([15, 15]);
              const at = owner;
              sim.timers.delay(500 * MS, () => lun.setAccess(at === 0 ? [0, 1] : [1, 0]));
            } else if (kind === 'admin') {
              paths[path].setAdminState(paths[path].state === 4 ? 'on' : 'off');
            }
            sim.runUntil(sim.now + waitNs);
            sim.meters.sample(false);
          }
          sim.runUntil(sim.now + 1 * S);
          for (const adapter of adapters) adapter.setLinkUp(true, 'healed');
          for (const nexus of nexuses) nexus.setUp(true);
          for (const path of paths) path.setAdminState('on');
          sim.runUntil(sim.now + 400 * S);
          expect(source.done.length).toBe(source.issued);
          expect(sim.requests.inFlight).toBe(0);
          // Only a command reset twice may end with an error.
          for (const { status } of source.done) {
            expect([0, hostStatus(HOST_RESET)]).toContain(status);
          }
          expect(host.nmp.state).toBe(0);
          expect(paths.map(({ active }) => active)).toEqual([0, 0, 0, 0]);
          expect(paths.every(({ usable }) => usable)).toBe(true);
          sim.meters.sample();
          for (const adapter of adapters) expect(adapter.active + adapter.queued).toBe(0);
        }),
        { numRuns: 120, seed: 11 },
      );
    },
  );

  test('the same steps give the same history', () => {
    const run = (): string => {
      const host = buildHost({ psp: 'VMW_PSP_RR', pspParams: { iops: 2 } });
      for (let round = 0; round < 20; round++) {
        host.source.send(round);
        host.nexuses[round % 2].setUp(round % 3 !== 0);
        host.sim.runUntil(host.sim.now + 50_000);
      }
      host.sim.runUntil(400 * S);
      return JSON.stringify([host.seen, host.source.done, host.sim.log.entries]);
    };
    expect(run()).toBe(run());
  });
});
