/** A machine whose chain of deltas is judged against what its guest may see. */
import { expect } from 'vitest';
import { expand } from '../../src/engine/core/expand.js';
import { planOf, Work } from '../operations/work.js';
import { SECOND } from './support.js';

const MIB = 1024 * 1024;
const NAMES = ['one', 'two', 'three'];

/**
 * A guest that checks 4 MiB of a thin disk, and three snapshots while it writes.
 * @param sizeBytes of the disk
 */
export function threeSnapshots(
  format: string,
  job: object,
  lun: object,
  store: object = {},
  sizeBytes = 64 * MIB,
): Work {
  const plan = planOf({
    array: { luns: [{ name: 'lun', count: 1, size: '4GiB', thin: true, ...lun }] },
    nfsServers: [{ name: 'filer', capacity: '4GiB' }],
    datastores: [
      { name: 'one', ...('server' in store ? {} : { extents: 'array1/lun0' }), ...store },
    ],
    job: {
      rw: 'randrw',
      bs: '4k:16k:64k',
      iodepth: 4,
      size: '4MiB',
      offset: '8MiB',
      verify: true,
      thinktime: '500us',
      ...job,
    },
  });
  const vms = plan.vms.map((vm) => ({
    ...vm,
    disks: vm.disks.map((disk) => ({ ...disk, sizeBytes })),
  }));
  const run = new Work({ ...plan, vms });
  run.run(0.25 * SECOND);
  for (const snapshot of NAMES) {
    run.simulation.command({
      kind: 'snapshot',
      vm: 'vm1',
      action: 'create',
      snapshot,
      format,
    } as never);
    for (let left = 100; run.simulation.snapshots.taskOf('vm1') !== undefined; left--) {
      expect(left).toBeGreaterThan(0);
      run.run(run.simulation.now + 0.02 * SECOND);
    }
    run.run(run.simulation.now + 0.15 * SECOND);
  }
  return run;
}

/** Where a disk's bytes are not what the guest may see then, by its own record; blocks that hold something. */
export function judge(
  run: Work,
  bytes: Uint8Array,
  snapshot?: string,
  sizeBytes = 64 * MIB,
): number {
  const [verifier] = run.simulation.verifiers;
  expect(bytes.length).toBe(sizeBytes);
  const from = verifier!.startBlock * 512;
  const to = verifier!.endBlock * 512;
  for (const rest of [bytes.subarray(0, from), bytes.subarray(to)]) {
    expect(Buffer.compare(rest, new Uint8Array(rest.length))).toBe(0);
  }
  let written = 0;
  for (let lba = verifier!.startBlock; lba < verifier!.endBlock; lba += 8) {
    const found = bytes.subarray(lba * 512, (lba + 8) * 512);
    const allowed = verifier!.stampsAt(lba, snapshot);
    if (!allowed.some((stamp) => Buffer.compare(expand(stamp), found) === 0)) {
      throw new Error(
        `${snapshot ?? 'now'}: block at ${lba} is not what any of ${allowed} stands for`,
      );
    }
    if (!allowed.includes(0)) written++;
  }
  return written;
}
