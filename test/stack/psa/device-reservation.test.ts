/** SCSI-2 reservations of a host, as its multipathing keeps them (stack-lower reference, 3.7 and 4.3). */
import { describe, expect, test } from 'vitest';
import { LUN_RESET, RELEASE, RESERVE, WRITE } from '../../../src/engine/core/io.js';
import { ROW_STRIDE } from '../../../src/engine/core/requests.js';
import {
  CHECK,
  deviceStatus,
  PLUGIN_RESERVATION_LOST,
  pluginStatus,
  RESERVATION_CONFLICT,
  SENSE_POWER_ON_RESET,
} from '../../../src/engine/core/status.js';
import { buildHost, type HostOptions } from './host.js';

const MS = 1e6;
const LOST = pluginStatus(PLUGIN_RESERVATION_LOST);
const CONFLICT = [deviceStatus(RESERVATION_CONFLICT), 0] as const;

type Host = ReturnType<typeof buildHost>;

/** Two paths used by turns, one command each. */
function alternating(options: HostOptions = {}): Host {
  return buildHost({ psp: 'VMW_PSP_RR', pspParams: { iops: 1 }, ...options });
}

/** Sends a command and returns its status and the path it went over last. */
function send(host: Host, op: number, relies = false): { status: number; path: number } {
  const { requests } = host.sim;
  const column = requests.column('psa.reserved', Uint8Array);
  // Whichever row it takes.
  for (let row = 0; row < requests.handleLimit; row += ROW_STRIDE) column[row] = relies ? 1 : 0;
  host.source.send(0, op, 0);
  host.sim.runUntil(host.sim.now + 50 * MS);
  const { status } = host.source.done.at(-1)!;
  return { status, path: host.commands().at(-1)?.path ?? -1 };
}

describe('a reservation', () => {
  test('keeps all commands on the path it was taken over, until RELEASE', () => {
    const host = alternating();
    const free = [send(host, WRITE), send(host, WRITE)].map(({ path }) => path);
    expect(new Set(free).size).toBe(2);
    const { path } = send(host, RESERVE);
    for (let n = 0; n < 4; n++) expect(send(host, WRITE).path).toBe(path);
    expect(send(host, RELEASE).path).toBe(path);
    const after = [send(host, WRITE), send(host, WRITE)].map((sent) => sent.path);
    expect(new Set(after).size).toBe(2);
    expect([host.field('reserves'), host.field('reservesFailed')]).toEqual([1, 0]);
  });

  test('is lost with a reset: what relies on it comes back with P:3, the rest is repeated', () => {
    for (const relies of [true, false]) {
      const host = alternating();
      send(host, RESERVE);
      let left = 1;
      host.lun.reply = (io) =>
        host.sim.requests.op[io] === WRITE && left-- > 0
          ? [CHECK, SENSE_POWER_ON_RESET]
          : undefined;
      expect(send(host, WRITE, relies).status).toBe(relies ? LOST : 0);
      // From then on none is sent that relies on it.
      const sent = host.commands().length;
      expect(send(host, WRITE, true).status).toBe(LOST);
      expect(host.commands().length).toBe(sent);
    }
  });

  test('is lost with its path; the LUN is reset as soon as another RESERVE meets a conflict', () => {
    const host = alternating();
    const { path } = send(host, RESERVE);
    host.nexuses[path]!.setUp(false);
    host.sim.runUntil(host.sim.now + 1000 * MS);
    expect(send(host, WRITE, true).status).toBe(LOST);
    let isReset = false;
    host.lun.reply = (io) => {
      const op = host.sim.requests.op[io];
      if (op === LUN_RESET) isReset = true;
      return op === RESERVE && !isReset ? CONFLICT : undefined;
    };
    expect(send(host, RESERVE)).toEqual({ status: 0, path: 1 - path });
    expect(host.seen.filter(({ op }) => op === LUN_RESET).map((seen) => seen.path)).toEqual([
      1 - path,
    ]);
  });

  test('of another host is waited for, for 4 s; then its holder is taken for dead', () => {
    const host = alternating();
    let resetAt = Number.NaN;
    host.lun.reply = (io) => {
      const op = host.sim.requests.op[io];
      if (op === LUN_RESET) resetAt = host.sim.now;
      return op === RESERVE && Number.isNaN(resetAt) ? CONFLICT : undefined;
    };
    host.source.send(0, RESERVE, 0);
    host.sim.runUntil(3900 * MS);
    expect(resetAt).toBeNaN();
    host.sim.runUntil(5000 * MS);
    // A pause between two tries is 200 ms at most.
    expect(resetAt).toBeGreaterThanOrEqual(4000 * MS);
    expect(resetAt).toBeLessThan(4201 * MS);
    expect(host.source.done.map(({ status }) => status)).toEqual([0]);
    expect(host.field('resets')).toBe(1);
  });

  test('of another host is broken by no host that is dead', () => {
    const host = alternating();
    host.lun.reply = (io) => (host.sim.requests.op[io] === RESERVE ? CONFLICT : undefined);
    host.source.send(0, RESERVE, 0);
    host.sim.runUntil(1000 * MS);
    host.nmp.halt(true);
    host.sim.runUntil(10_000 * MS);
    expect(host.seen.some(({ op }) => op === LUN_RESET)).toBe(false);
    // It gives up at its next try, and takes nothing after its death.
    expect(host.source.done.map(({ status }) => status)).toEqual([CONFLICT[0]]);
  });
});
