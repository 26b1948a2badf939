import { describe, expect, it } from 'vitest';
import { NO_IO, READ } from '../../src/engine/core/io.js';
import { Requests } from '../../src/engine/core/requests.js';
import { CHECK, formatStatus, SENSE_POWER_ON_RESET } from '../../src/engine/core/status.js';

describe('request table', () => {
  it('hands out every row once, says when it is full, and takes rows back', () => {
    const requests = new Requests(3);
    const rows = [requests.take(), requests.take(), requests.take()];
    expect(new Set(rows).size).toBe(3);
    expect(requests.take()).toBe(NO_IO);
    requests.give(rows[1]);
    expect(requests.take()).toBe(rows[1]);
    expect(requests.inFlight).toBe(3);
  });

  it('catches a row given back twice or with someone still waiting for it', () => {
    const requests = new Requests(2);
    const io = requests.take();
    requests.depth[io] = 1;
    expect(() => requests.give(io)).toThrow(/waiting/);
    requests.depth[io] = 0;
    requests.give(io);
    expect(() => requests.give(io)).toThrow();
  });

  it("makes a row the VMkernel's own: nothing of the guest that had it before is left", () => {
    const requests = new Requests(1);
    const guests = requests.take();
    const { world, disk, file, deviceNs, readyAt } = requests;
    for (const column of [world, disk, file, deviceNs, readyAt]) column[guests] = 7;
    requests.give(guests);
    const io = requests.takeOwn(READ, 64, 8, 1000);
    const { op, lba, blocks, arrivedAt } = requests;
    expect([op[io], lba[io], blocks[io]]).toEqual([READ, 64, 8]);
    expect([world[io], disk[io], file[io]]).toEqual([0, -1, -1]);
    expect([arrivedAt[io], readyAt[io], deviceNs[io]]).toEqual([1000, 1000, 0]);
    expect(requests.takeOwn(READ, 0, 8, 1000)).toBe(NO_IO);
  });

  it('joins children: the last one returns the parent, the first failure is the parent status', () => {
    const requests = new Requests(4);
    const io = requests.take();
    requests.op[io] = READ;
    const first = requests.split(io);
    const second = requests.split(io);
    requests.status[second] = CHECK;
    requests.sense[second] = SENSE_POWER_ON_RESET;
    requests.deviceNs[first] = 70;
    expect(requests.join(second)).toBe(NO_IO);
    expect(requests.join(first)).toBe(io);
    expect(requests.status[io]).toBe(CHECK);
    expect(requests.deviceNs[io]).toBe(70);
    expect(requests.inFlight).toBe(1);
  });

  it('gives one column per kind and refuses a second type', () => {
    const requests = new Requests(4);
    expect(requests.column('a.b', Float64Array)).toBe(requests.column('a.b', Float64Array));
    expect(() => requests.column('a.b', Int32Array)).toThrow(/two types/);
  });

  it('formats status as the host log does', () => {
    expect(formatStatus(CHECK, SENSE_POWER_ON_RESET)).toBe('H:0x0 D:0x2 P:0x0 0x6/0x29/0x0');
    expect(formatStatus(0x10000, 0)).toBe('H:0x1 D:0x0 P:0x0');
  });
});
