import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { READ, UNMAP, WRITE } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import {
  CHECK,
  HOST_ABORT,
  hostStatus,
  SENSE_MEDIUM_ERROR,
  SENSE_SPACE_ALLOCATION_FAILED,
} from '../../../src/engine/core/status.js';
import { VirtualDisk } from '../../../src/engine/stack/vmfiles/virtual-disk.js';
import { Vm } from '../../../src/engine/stack/vmfiles/vm.js';
import type { GuestMachine } from '../../../src/engine/workloads/machine.js';
import { FileSystem, Guest, type MadeFile, Store } from './fakes.js';

const GIB = 2 ** 30;

function setUp(): {
  sim: Sim;
  store: Store;
  file: MadeFile;
  vm: Vm;
  below: FileSystem;
  disk: VirtualDisk;
  guest: Guest;
} {
  const sim = new Sim(1, 256);
  const store = new Store('ds1');
  const file = store.createFile('[ds1] web1/web1-flat.vmdk', GIB, 'thin');
  const vm = new Vm(sim, { name: 'web1', host: 'esx1', world: 1 });
  const below = new FileSystem(sim);
  const disk = new VirtualDisk(
    sim,
    { vm, name: 'scsi0:0', file, datastore: store, kind: 'thin' },
    below,
  );
  return { sim, store, file, vm, below, disk, guest: new Guest(sim, disk) };
}

describe('virtual disk', () => {
  it('names its file, gives the address back as it was, and counts what passed', () => {
    const { sim, file, below, disk, guest } = setUp();
    guest.issue(READ, 100, 8);
    guest.issue(WRITE, 200, 16);
    sim.runUntil(1e6);
    expect(below.seen.map(({ lba, file: index }) => [lba, index])).toEqual([
      [100, file.index],
      [200, file.index],
    ]);
    expect(guest.back.map(({ lba, status }) => [lba, status])).toEqual([
      [100, 0],
      [200, 0],
    ]);
    const { entity } = disk;
    const counted = ['reads', 'writes', 'readBlocks', 'writeBlocks', 'readNs', 'writeNs'];
    expect(counted.map((field) => entity.values[entity.slot(field)])).toEqual([
      1, 1, 8, 16, 1000, 1000,
    ]);
    expect(entity.labels).toEqual({ vm: 'web1', datastore: 'ds1' });
  });

  it('passes every other failure on', () => {
    const { sim, vm, below, guest } = setUp();
    below.room = 0;
    below.status = CHECK;
    below.sense = SENSE_MEDIUM_ERROR;
    guest.issue(WRITE, 0, 8);
    sim.runUntil(1e6);
    expect(guest.back[0]).toMatchObject({ status: CHECK, sense: SENSE_MEDIUM_ERROR });
    expect(vm.stunned).toBe(false);
  });

  it('counts file blocks written for the first time, and not those given back', () => {
    const { sim, file, disk, guest } = setUp();
    for (const allocated of [2048, 2048, 6144]) {
      file.allocatedBlocks = allocated;
      guest.issue(WRITE, 0, 8);
      sim.runUntil(sim.now + 1e6);
    }
    expect(disk.firstWrites).toBe(3);
    file.allocatedBlocks = 2048;
    guest.issue(UNMAP, 0, 4096);
    sim.runUntil(sim.now + 1e6);
    file.allocatedBlocks = 4096;
    guest.issue(WRITE, 0, 8);
    sim.runUntil(sim.now + 1e6);
    expect(disk.firstWrites).toBe(4);
  });
});

describe('a copy of the disk', () => {
  it('waits for a write sent before it, though a RAID group reads first with the same row', () => {
    const { sim, disk, guest } = setUp();
    const io = guest.issue(WRITE, 0, 8);
    sim.runUntil(10);
    const guard = disk.protect();
    sim.requests.op[io] = READ;
    expect(guard.unsettled).toBe(true);
    sim.requests.op[io] = WRITE;
    sim.runUntil(1e6);
    expect(guard.unsettled).toBe(false);
  });

  it('holds writes that were out of space when it began, as it holds new ones', () => {
    const { sim, vm, below, disk, guest } = setUp();
    below.room = 0;
    guest.issue(WRITE, 0, 8);
    sim.runUntil(1e6);
    const guard = disk.protect();
    below.room = 99;
    vm.answer('retry');
    sim.runUntil(2e6);
    expect(guest.back).toEqual([]);
    expect(guard.wanted).toBe(0);
    guard.finished(0, 1);
    sim.runUntil(3e6);
    expect(guest.back).toMatchObject([{ lba: 0, status: 0 }]);
  });
});

describe('out of space', () => {
  it('stuns the machine with the question and keeps the write from the guest', () => {
    const { sim, vm, below, guest, disk } = setUp();
    below.room = 1;
    for (const lba of [0, 8, 16]) guest.issue(WRITE, lba, 8);
    guest.issue(READ, 0, 8);
    sim.runUntil(1e9);
    expect(guest.back.map(({ lba }) => lba)).toEqual([0, 0]);
    expect([vm.state, vm.stunned, disk.held]).toEqual(['stunned', true, 2]);
    expect(vm.question?.id).toBe('msg.hbacommon.outofspace');
    expect(vm.entity.values[0]).toBe(1);
    const questions = sim.log.entries.filter(({ kind }) => kind === 'vm.question');
    expect(questions).toHaveLength(1);
    expect(questions[0]).toMatchObject({ object: 'web1', at: 1000 });
  });

  it('retry sends the held writes again in order, with their own addresses, then wakes the guest', () => {
    const { sim, vm, below, guest } = setUp();
    const machine: GuestMachine = vm;
    let resumed = 0;
    machine.onResume(() => {
      resumed++;
      guest.issue(READ, 999, 8);
    });
    below.room = 0;
    const delays = [3000, 1000, 2000];
    below.delayNs = () => delays.shift() ?? 1000;
    for (const lba of [0, 8, 16]) guest.issue(WRITE, lba, 8);
    sim.runUntil(1e9);
    below.room = 99;
    expect(vm.answer('retry')).toBe(true);
    sim.runUntil(2e9);
    // In the order in which they came back: after 1, 2 and 3 us.
    expect(below.seen.slice(3).map(({ lba }) => lba)).toEqual([8, 16, 0, 999]);
    expect(guest.back.map(({ lba, status }) => [lba, status])).toEqual([
      [8, 0],
      [16, 0],
      [0, 0],
      [999, 0],
    ]);
    expect([resumed, vm.state, vm.question]).toEqual([1, 'on', undefined]);
    expect(vm.answer('retry')).toBe(false);
    expect(sim.log.entries.map(({ kind }) => kind)).toEqual(['vm.question', 'vm.resumed']);
  });

  it('asks again when a retry finds no space either', () => {
    const { sim, vm, below, guest } = setUp();
    below.room = 0;
    guest.issue(WRITE, 0, 8);
    sim.runUntil(1e6);
    vm.answer('retry');
    sim.runUntil(2e6);
    expect([vm.state, guest.back.length]).toEqual(['stunned', 0]);
    below.room = 1;
    vm.answer('retry');
    sim.runUntil(3e6);
    expect([vm.state, guest.back.length]).toEqual(['on', 1]);
  });

  it('goes on by itself when the datastore has space again', () => {
    const { sim, store, vm, below, guest } = setUp();
    below.room = 0;
    guest.issue(WRITE, 0, 8);
    sim.runUntil(1e6);
    below.room = 1;
    store.free();
    store.free();
    // Not in the middle of the file system's own work.
    expect(vm.stunned).toBe(true);
    sim.runUntil(2e6);
    expect(guest.back).toHaveLength(1);
    expect(sim.log.entries.filter(({ kind }) => kind === 'vm.resumed')).toHaveLength(1);
  });

  it('an array out of space stuns as well', () => {
    const { sim, vm, below, guest } = setUp();
    below.room = 0;
    below.status = CHECK;
    below.sense = SENSE_SPACE_ALLOCATION_FAILED;
    guest.issue(WRITE, 0, 8);
    sim.runUntil(1e6);
    expect(vm.stunned).toBe(true);
    below.room = 1;
    vm.answer('retry');
    sim.runUntil(2e6);
    expect(guest.back[0]).toMatchObject({ status: 0, sense: 0 });
  });

  it('cancel powers the machine off and aborts what was held, also what comes back later', () => {
    const { sim, vm, below, guest } = setUp();
    below.room = 0;
    const delays = [1000, 9e6];
    below.delayNs = () => delays.shift() ?? 1000;
    guest.issue(WRITE, 0, 8);
    guest.issue(WRITE, 8, 8);
    sim.runUntil(1e6);
    vm.answer('cancel');
    expect([vm.state, vm.stunned]).toEqual(['off', true]);
    sim.runUntil(1e9);
    expect(guest.back.map(({ lba, status, sense }) => [lba, status, sense])).toEqual([
      [0, hostStatus(HOST_ABORT), 0],
      [8, hostStatus(HOST_ABORT), 0],
    ]);
    expect(vm.answer('retry')).toBe(false);
  });

  it('completes every command exactly once through random stuns, retries and freed space', () => {
    const step = fc.record({
      action: fc.nat(5),
      room: fc.nat(4),
      waitNs: fc.nat(4000),
      op: fc.constantFrom(READ, WRITE),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), fc.boolean(), (steps, cancel) => {
        const { sim, store, vm, below, disk, guest } = setUp();
        const expected = new Map<number, number>();
        let lba = 0;
        for (const { action, room, waitNs, op } of steps) {
          below.room = room;
          if (action <= 2) {
            lba += 8;
            expected.set(lba, 0);
            guest.issue(op, lba, 8);
          } else if (action === 3) {
            vm.answer('retry');
          } else if (action === 4) {
            store.free();
          }
          sim.runUntil(sim.now + waitNs);
          expect(guest.back.length + sim.requests.inFlight).toBe(guest.issued);
        }
        if (!cancel) below.room = Number.POSITIVE_INFINITY;
        sim.runUntil(sim.now + 1e6);
        vm.answer(cancel ? 'cancel' : 'retry');
        sim.runUntil(sim.now + 1e6);
        expect(disk.held).toBe(0);
        expect(sim.requests.inFlight).toBe(0);
        expect(guest.back.map((row) => row.lba).sort((a, b) => a - b)).toEqual([
          ...expected.keys(),
        ]);
      }),
    );
  });
});
