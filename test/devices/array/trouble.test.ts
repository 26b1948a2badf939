import { describe, expect, it } from 'vitest';
import {
  ABORT,
  ATS,
  INQUIRY,
  LUN_RESET,
  READ,
  RELEASE,
  RESERVE,
  TEST_UNIT_READY,
  WRITE,
} from '../../../src/engine/core/io.js';
import {
  deviceStatus,
  HOST_NO_CONNECT,
  hostStatus,
  RESERVATION_CONFLICT,
  TASK_ABORTED,
  TASK_SET_FULL,
} from '../../../src/engine/core/status.js';
import { OTHER_INITIATOR } from '../../../src/engine/devices/array/reservation.js';
import { rig } from '../support.js';

const SECOND = 1e9;

describe('a port that hangs', () => {
  it('answers nothing, not even an abort, and everything once it runs again', () => {
    const { array, guest, send, sim } = rig();
    send({ lba: 0 });
    array.port(0, 0).setHung(true, 'drill');
    send({ lba: 8 });
    send({ op: ABORT, lba: 0 });
    sim.runUntil(60 * SECOND);
    expect(guest.outcomes).toEqual([]);
    array.port(0, 0).setHung(false, 'drill over');
    sim.runUntil(61 * SECOND);
    expect(guest.outcomes.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(sim.requests.inFlight).toBe(0);
  });

  it('lets the commands of a connection go that drops its session, and no others', () => {
    const { array, guest, nexuses, send, sim } = rig({ controllers: 2 });
    for (const port of array.ports) port.setHung(true, 'drill');
    send({ lba: 0, over: 0 });
    send({ lba: 0, over: 1 });
    sim.runUntil(SECOND);
    nexuses[0].dropSession('target reset');
    sim.runUntil(2 * SECOND);
    expect(guest.outcomes.map(({ status }) => status)).toEqual([hostStatus(HOST_NO_CONNECT)]);
    // Nobody answers the next login: the connection is down until the port runs again.
    expect(nexuses.map(({ up }) => up)).toEqual([false, true]);
    for (const port of array.ports) port.setHung(false, 'drill over');
    expect(nexuses.map(({ up }) => up)).toEqual([true, true]);
    sim.runUntil(3 * SECOND);
    expect(guest.outcomes).toHaveLength(2);
    expect(sim.requests.inFlight).toBe(0);
  });
});

describe('a port that turns commands away', () => {
  it('gives the share of them TASK SET FULL, and task management never', () => {
    const { array, guest, send, sim } = rig();
    array.port(0, 0).setFullRate(0.25, 'drill');
    for (let count = 0; count < 1000; count++) {
      send({ lba: 0 });
      sim.runUntil(sim.now + 2e6);
    }
    const full = guest.outcomes.filter(({ status }) => status === deviceStatus(TASK_SET_FULL));
    // Binomial: 250 with a standard deviation of 13.7.
    expect(full.length).toBeGreaterThan(250 - 55);
    expect(full.length).toBeLessThan(250 + 55);
    guest.outcomes.length = 0;
    for (let count = 0; count < 100; count++) send({ op: ABORT, lba: 0 });
    sim.runUntil(sim.now + SECOND);
    expect(guest.outcomes.every(({ status }) => status === 0)).toBe(true);
  });

  it('takes an abort although its queue is full', () => {
    const { guest, luns, send, sim } = rig({ portQueueDepth: 1 });
    luns[0].setUnreachable(true, 'drill');
    send({ lba: 0 });
    sim.runUntil(SECOND);
    send({ lba: 8 });
    sim.runUntil(2 * SECOND);
    expect(guest.outcomes.map(({ status }) => status)).toEqual([deviceStatus(TASK_SET_FULL)]);
    send({ op: LUN_RESET });
    sim.runUntil(3 * SECOND);
    expect(guest.outcomes.map(({ op, status }) => [op, status])).toContainEqual([LUN_RESET, 0]);
    expect(guest.outcomes.map(({ op, status }) => [op, status])).toContainEqual([
      READ,
      deviceStatus(TASK_ABORTED),
    ]);
    expect(sim.requests.inFlight).toBe(0);
  });
});

describe('an abort of a command that the array still works on', () => {
  it('ends the command as aborted when it is done, if the LUN gives no answers', () => {
    const { guest, luns, send, sim } = rig();
    luns[0].setUnreachable(true, 'drill');
    send({ lba: 0 });
    // Handles count in steps of 8 from 0: the first row is row 0.
    sim.runUntil(500_000);
    send({ op: ABORT, lba: 0 });
    sim.runUntil(SECOND);
    expect(guest.outcomes.map(({ op, status }) => [op, status])).toEqual([
      [ABORT, 0],
      [READ, deviceStatus(TASK_ABORTED)],
    ]);
  });
});

describe('a SCSI-2 reservation', () => {
  const CONFLICT = deviceStatus(RESERVATION_CONFLICT);

  it('lets its holder work and turns all others away, except for INQUIRY', () => {
    const { luns, nexuses, run } = rig();
    luns[0].reservation.reserve(nexuses[0].index, 'drill');
    expect(run({ lba: 0, over: 0 }).status).toBe(0);
    expect(run({ lba: 0, over: 1 }).status).toBe(CONFLICT);
    expect(run({ op: INQUIRY, over: 1 }).status).toBe(0);
    luns[0].reservation.release('drill over');
    expect(run({ lba: 0, over: 1 }).status).toBe(0);
  });

  it('is taken by RESERVE(6) and given up by RELEASE(6) of the same connection only', () => {
    const { luns, run } = rig();
    const [{ reservation }] = luns;
    expect(run({ op: RESERVE, over: 0 }).status).toBe(0);
    for (const op of [READ, WRITE, TEST_UNIT_READY, ATS, RESERVE]) {
      expect(run({ op, lba: 0, over: 1 }).status, String(op)).toBe(CONFLICT);
    }
    // RELEASE of a bystander ends well and does nothing; its holder may reserve again.
    expect(run({ op: RELEASE, over: 1 }).status).toBe(0);
    expect(run({ op: RESERVE, over: 0 }).status).toBe(0);
    expect(run({ op: WRITE, lba: 0, over: 0 }).status).toBe(0);
    expect(run({ op: READ, lba: 0, over: 1 }).status).toBe(CONFLICT);
    expect(run({ op: RELEASE, over: 0 }).status).toBe(0);
    expect(run({ op: READ, lba: 0, over: 1 }).status).toBe(0);
    expect([reservation.reserves, reservation.conflicts]).toEqual([2, 6]);
    expect(reservation.heldNs).toBeGreaterThan(0);
  });

  it('of a host is out of reach for an initiator outside', () => {
    const { luns, nexuses, run } = rig();
    luns[0].reservation.reserve(nexuses[0].index);
    luns[0].reservation.reserve(OTHER_INITIATOR, 'drill');
    luns[0].reservation.releaseBy(OTHER_INITIATOR, 'drill over');
    expect(run({ lba: 0, over: 0 }).status).toBe(0);
    expect(run({ lba: 0, over: 1 }).status).toBe(CONFLICT);
  });

  it('of an initiator outside is ended by a LUN reset', () => {
    const { luns, run } = rig();
    luns[0].reservation.reserve(OTHER_INITIATOR, 'drill');
    expect(run({ lba: 0 }).status).toBe(CONFLICT);
    expect(run({ op: LUN_RESET }).status).toBe(0);
    expect(run({ lba: 0 }).status).toBe(0);
  });
});

describe('a LUN with late answers', () => {
  it('adds the delay to every answer', () => {
    const { luns, run } = rig();
    run({ lba: 0 });
    const timeOf = (): number => {
      const { at, readyAt } = run({ lba: 0 });
      return readyAt - at;
    };
    const before = timeOf();
    luns[0].setExtraDelay(50e6, 'drill');
    expect(timeOf() - before).toBe(50e6);
    luns[0].setExtraDelay(0, 'drill over');
    expect(timeOf()).toBe(before);
  });
});
