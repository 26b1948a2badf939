import { describe, expect, it } from 'vitest';
import { type Io, READ } from '../../src/engine/core/io.js';
import { Layer } from '../../src/engine/core/layer.js';
import { Sim } from '../../src/engine/core/sim.js';
import { HOST_ABORT, hostStatus } from '../../src/engine/core/status.js';
import {
  type AbortableDisk,
  GuestDiskDriver,
} from '../../src/engine/workloads/guest-disk-driver.js';

const SECOND = 1e9;
const ABORTED = hostStatus(HOST_ABORT);

/** Answers after `latencyNs`; negative is never, except to an abort or a reset. */
class FakeDisk extends Layer implements AbortableDisk {
  readonly sizeBlocks = 1000;
  readonly submitted: number[] = [];
  readonly aborts: { io: Io; at: number }[] = [];
  readonly resets: number[] = [];
  readonly kept: Io[] = [];
  latencyNs: (io: Io) => number = () => -1;
  /** Aborts bring commands back; resets do. */
  obeys = { abort: true, reset: true };

  override submit(io: Io): void {
    this.submitted.push(this.sim.now);
    const ns = this.latencyNs(io);
    if (ns < 0) this.kept.push(io);
    else this.after(ns, io);
  }

  abort(io: Io): void {
    this.aborts.push({ io, at: this.sim.now });
    if (this.obeys.abort) this.end(io);
  }

  reset(): void {
    this.resets.push(this.sim.now);
    if (this.obeys.reset) for (const io of [...this.kept]) this.end(io);
  }

  end(io: Io): void {
    this.kept.splice(this.kept.indexOf(io), 1);
    this.sim.requests.status[io] = ABORTED;
    this.after(0, io);
  }

  override fire(io: Io): void {
    this.leave(io).complete(io);
  }
}

class Top extends Layer {
  readonly done: { io: Io; status: number; at: number }[] = [];

  override submit(): void {
    throw new Error('nothing is above');
  }

  issue(driver: Layer): Io {
    const { requests } = this.sim;
    const io = requests.take();
    requests.op[io] = READ;
    this.enter(io);
    driver.submit(io);
    return io;
  }

  override complete(io: Io): void {
    const { requests, now } = this.sim;
    this.done.push({ io, status: requests.status[io], at: now });
    requests.give(io);
  }
}

function setUp(timeoutNs = 30 * SECOND) {
  const sim = new Sim(1, 256);
  const machine = {
    name: 'vm',
    stunned: false,
    listeners: [] as (() => void)[],
    onResume(listener: () => void): void {
      this.listeners.push(listener);
    },
    resume(): void {
      this.stunned = false;
      for (const listener of this.listeners) listener();
    },
  };
  const disk = new FakeDisk(sim, 'fake disk');
  const driver = new GuestDiskDriver(
    sim,
    { machine, disk: 'vm:scsi0:0', guest: 'linux', timeoutNs },
    disk,
  );
  const kinds = (): string[] => sim.log.entries.map(({ kind, at }) => `${at / SECOND} ${kind}`);
  return { sim, machine, disk, driver, top: new Top(sim, 'top'), kinds };
}

describe("a guest's disk time-out", () => {
  it('does nothing to commands that are answered in time, and asks for few events', () => {
    const { sim, disk, driver, top } = setUp();
    disk.latencyNs = () => 1e6;
    for (let second = 0; second < 100; second++) {
      sim.runUntil(second * SECOND);
      for (let count = 0; count < 50; count++) top.issue(driver);
    }
    const before = sim.handled;
    sim.runUntil(200 * SECOND);
    expect(top.done).toHaveLength(5000);
    expect(top.done.every(({ status }) => status === 0)).toBe(true);
    expect(disk.aborts).toEqual([]);
    // One event for each answer, and one per time-out for the disk.
    expect(sim.handled).toBeLessThanOrEqual(5000 + 10);
    expect(sim.handled - before).toBeLessThan(60);
    expect(sim.requests.inFlight).toBe(0);
  });

  it('aborts each command when its own time is over, in order', () => {
    const { sim, disk, driver, top } = setUp();
    const ios = [0, 1, 2.5].map((second) => {
      sim.runUntil(second * SECOND);
      return top.issue(driver);
    });
    // The one in the middle comes back by itself.
    sim.runUntil(20 * SECOND);
    disk.kept.splice(disk.kept.indexOf(ios[1]), 1);
    disk.fire(ios[1]);
    sim.runUntil(33 * SECOND);
    expect(disk.aborts).toEqual([
      { io: ios[0], at: 30 * SECOND },
      { io: ios[2], at: 32.5 * SECOND },
    ]);
    expect(top.done).toEqual([{ io: ios[1], status: 0, at: 20 * SECOND }]);
  });

  it('tries an aborted command five times more, and then gives the error up', () => {
    const { sim, disk, driver, top, kinds } = setUp();
    const io = top.issue(driver);
    sim.runUntil(1000 * SECOND);
    expect(disk.submitted.map((at) => at / SECOND)).toEqual([0, 30, 60, 90, 120, 150]);
    expect(top.done).toEqual([{ io, status: ABORTED, at: 180 * SECOND }]);
    expect(kinds()).toEqual([30, 60, 90, 120, 150, 180].map((at) => `${at} guest.timeout`));
    expect(sim.requests.inFlight).toBe(0);
  });

  it('sees nothing of an abort when a later try is answered', () => {
    const { sim, disk, driver, top } = setUp();
    const io = top.issue(driver);
    disk.latencyNs = () => SECOND;
    sim.runUntil(100 * SECOND);
    expect(top.done).toEqual([{ io, status: 0, at: 31 * SECOND }]);
  });

  it('resets the LUN and then the bus while aborts do not help', () => {
    const { sim, disk, driver, top, kinds } = setUp();
    disk.obeys = { abort: false, reset: false };
    const io = top.issue(driver);
    sim.runUntil(115 * SECOND);
    expect(disk.aborts).toHaveLength(1);
    expect(disk.resets.map((at) => at / SECOND)).toEqual([40, 50, 80, 110]);
    expect(kinds()[0]).toBe('30 guest.timeout');
    const [lun, bus] = sim.log.entries.filter(({ kind }) => kind === 'guest.reset');
    expect(lun.what).toContain('LUN reset');
    expect(bus.what).toContain('bus reset');
    disk.end(io);
    disk.latencyNs = () => 0;
    sim.runUntil(400 * SECOND);
    expect(disk.resets).toHaveLength(4);
    expect(top.done).toEqual([{ io, status: 0, at: 115 * SECOND }]);
  });

  it('has no time while the machine is stunned, and its full time afterwards', () => {
    const { sim, machine, disk, driver, top } = setUp();
    top.issue(driver);
    sim.runUntil(10 * SECOND);
    machine.stunned = true;
    sim.runUntil(500 * SECOND);
    expect(disk.aborts).toEqual([]);
    machine.resume();
    sim.runUntil(531 * SECOND);
    expect(disk.aborts.map(({ at }) => at)).toEqual([530 * SECOND]);
  });

  it('passes errors up at once that are no aborts', () => {
    const { sim, disk, driver, top } = setUp();
    const io = top.issue(driver);
    disk.kept.length = 0;
    sim.requests.status[io] = 0x200;
    disk.fire(io);
    expect(top.done).toEqual([{ io, status: 0x200, at: 0 }]);
  });
});
