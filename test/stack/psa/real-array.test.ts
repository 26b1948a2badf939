import { describe, expect, test } from 'vitest';
import { Sim } from '../../../src/engine/core/sim.js';
import { SENSE_ALUA_STATE_CHANGED, SENSE_POWER_ON_RESET } from '../../../src/engine/core/status.js';
import { DiskArray } from '../../../src/engine/devices/array/disk-array.js';
import { Nexus } from '../../../src/engine/devices/fabric/nexus.js';
import type { ArrayPlan } from '../../../src/engine/plan/plan.js';
import { Vmhba } from '../../../src/engine/stack/adapter/vmhba.js';
import { Driver } from '../../../src/engine/stack/driver/driver.js';
import { Settings } from '../../../src/engine/stack/settings.js';
import { NmpDevice } from '../../../src/engine/stack/storage-apis/psa/nmp.js';
import { Path } from '../../../src/engine/stack/storage-apis/psa/path.js';
import { adapterPlan, DEVICE_FIELDS, Source, UID } from './host.js';

const MS = 1e6;
const S = 1e9;

const plan: ArrayPlan = {
  name: 'box',
  vendor: 'DGC',
  product: 'VRAID',
  kind: 'array',
  transport: 'fc',
  controllers: 2,
  portsPerController: 1,
  access: 'alua',
  tpgs: 'both',
  transitionNs: 2 * S,
  cacheBytes: 64 << 20,
  vaai: { ats: true, clone: true, zero: true, unmap: true },
  copyBytesPerSecond: 4e9,
  pools: [
    {
      name: 'p0',
      disk: { model: 'ssd', params: {} },
      disks: 4,
      capacityBytes: 2 ** 34,
      softThreshold: 0.8,
    },
  ],
  luns: [
    { name: 'l0', uid: UID, number: 1, pool: 'p0', sizeBytes: 2 ** 33, thin: false, owner: 0 },
  ],
  portQueueDepth: 1024,
};

/** Two adapters, each to both controllers of a simulated array. */
function build() {
  const sim = new Sim(3, 128);
  const array = new DiskArray(sim, plan);
  const lun = array.luns.get(UID)!;
  const entity = sim.meters.define('device', UID, { host: 'esx1' }, DEVICE_FIELDS);
  const adapters = [1, 2].map((number) => {
    const adapter = adapterPlan({ name: `vmhba${number}` });
    return new Vmhba(sim, { host: 'esx1', adapter }, new Driver(sim, { host: 'esx1', adapter }));
  });
  const nexuses: Nexus[] = [];
  const paths = [0, 1, 2, 3].map((index) => {
    const controller = index % 2;
    const adapter = adapters[index >> 1];
    const vmhba = `vmhba${(index >> 1) + 1}`;
    const options = { host: 'esx1', adapter: vmhba, array: 'box', latencyNs: 5_000 };
    const port = array.port(controller, 0);
    const nexus = new Nexus(sim, { ...options, bytesPerSecond: 1.6e9 }, port);
    nexuses.push(nexus);
    lun.attentions.connect(nexus.index);
    const name = `${vmhba}:C0:T${controller}:L1`;
    const where = { adapter: vmhba, array: 'box', lun: 1, controller, port: 0 };
    return new Path(sim, { host: 'esx1', name, index, device: UID, ...where }, adapter, nexus, lun);
  });
  const nmp = new NmpDevice(sim, {
    host: 'esx1',
    uid: UID,
    paths,
    satp: 'VMW_SATP_ALUA_CX',
    psp: 'VMW_PSP_RR',
    pspParams: { iops: 1 },
    settings: new Settings(),
    entity,
  });
  const source = new Source(sim, nmp);
  let next = 0;
  /** Eight commands, always in flight. */
  source.onDone = () => {
    if (next < 100_000) source.send((next++ * 8) % 100_000);
  };
  const start = (): void => {
    for (let count = 0; count < 8; count++) source.send(next++ * 8);
  };
  const states = (): string[] => paths.map(({ stateName }) => stateName);
  const kinds = (): string[] => sim.log.entries.map(({ kind }) => kind);
  const stop = (): void => {
    source.onDone = undefined;
  };
  return { sim, array, lun, adapters, nexuses, paths, nmp, source, start, stop, states, kinds };
}

describe('on a simulated ALUA array', () => {
  test('I/O uses the owner’s paths only', () => {
    const { sim, source, paths, start, states } = build();
    expect(states()).toEqual(['active', 'active unoptimized', 'active', 'active unoptimized']);
    start();
    sim.runUntil(10 * MS);
    sim.meters.sample();
    expect(source.done.length).toBeGreaterThan(100);
    const reads = paths.map(({ entity }) => entity.values[0]);
    expect([reads[1], reads[3]]).toEqual([0, 0]);
    expect(Math.abs(reads[0] - reads[2])).toBeLessThan(9);
  });

  test('a controller that fails: I/O is held for the trespass and goes on over the other', () => {
    const { sim, array, source, start, stop, states, kinds } = build();
    start();
    sim.runUntil(100 * MS);
    array.failController(0, 'test');
    sim.runUntil(1 * S);
    const held = source.done.length;
    sim.runUntil(2 * S);
    expect(source.done.length).toBe(held);
    sim.runUntil(3 * S);
    expect(source.done.length).toBeGreaterThan(held + 1000);
    expect(states()).toEqual(['dead', 'active', 'dead', 'active']);
    expect(kinds()).toContain('path.failover');
    expect(kinds()).not.toContain('apd.start');
    array.repairController(0, 'test');
    sim.runUntil(8 * S);
    expect(states()).toEqual(['active', 'active unoptimized', 'active', 'active unoptimized']);
    stop();
    sim.runUntil(10 * S);
    expect(source.done.every(({ status }) => status === 0)).toBe(true);
    expect(sim.requests.inFlight).toBe(0);
  });

  // Stack-lower reference, 4.2: retried, and refreshed first where access states have changed.
  test('unit attentions: commands are sent again, and nobody above hears of them', () => {
    const { sim, lun, source, paths, start, stop, kinds, states } = build();
    start();
    sim.runUntil(100 * MS);
    const failed = (): number => {
      sim.meters.sample();
      return paths.reduce((sum, { entity }) => sum + entity.values[entity.slot('failedReads')], 0);
    };
    expect(failed()).toBe(0);
    lun.attentions.raise(SENSE_POWER_ON_RESET);
    sim.runUntil(200 * MS);
    // Round robin over the two paths to the owner: one attention on each.
    expect(failed()).toBe(2);
    lun.attentions.raise(SENSE_ALUA_STATE_CHANGED);
    sim.runUntil(300 * MS);
    expect(failed()).toBeGreaterThan(2);
    expect(kinds()).not.toContain('path.failover');
    expect(states()).toEqual(['active', 'active unoptimized', 'active', 'active unoptimized']);
    stop();
    sim.runUntil(2 * S);
    expect(source.done.every(({ status }) => status === 0)).toBe(true);
    expect(sim.requests.inFlight).toBe(0);
  });

  test('a lost LUN is a permanent device loss', () => {
    const { sim, lun, nmp, start, stop, source } = build();
    start();
    sim.runUntil(10 * MS);
    stop();
    lun.setLost(true, 'test');
    source.send(0);
    sim.runUntil(20 * MS);
    expect(nmp.state).toBe(3);
    expect(sim.requests.inFlight).toBe(0);
  });

  test('a LUN without answers: probed after 30 s, APD 10 s later, all commands end at last', () => {
    const { sim, lun, nmp, start, stop, source, kinds } = build();
    start();
    sim.runUntil(1 * S);
    lun.setUnreachable(true, 'test');
    sim.runUntil(70 * S);
    expect(nmp.state).toBe(1);
    lun.setUnreachable(false, 'test');
    sim.runUntil(71 * S);
    expect(nmp.state).toBe(0);
    expect(kinds()).toContain('apd.exit');
    stop();
    sim.runUntil(80 * S);
    expect(source.done.length).toBe(source.issued);
    expect(sim.requests.inFlight).toBe(0);
  });

  test('connections that come and go, and lose commands, lose no I/O', () => {
    const { sim, nexuses, adapters, source, start, stop } = build();
    start();
    for (let round = 0; round < 60; round++) {
      const nexus = nexuses[round % 4];
      nexus.setUp(!nexus.up, 'test');
      nexuses[(round + 1) % 4].setErrorRate(round % 3 === 0 ? 0.05 : 0, 'test');
      if (round % 7 === 0) adapters[round % 2].setLinkUp(!adapters[round % 2].linkUp, 'test');
      sim.runUntil(sim.now + 37 * MS);
    }
    for (const adapter of adapters) adapter.setLinkUp(true, 'test');
    for (const nexus of nexuses) {
      nexus.setErrorRate(0, 'test');
      nexus.setUp(true, 'test');
    }
    stop();
    sim.runUntil(sim.now + 400 * S);
    expect(source.done.length).toBe(source.issued);
    expect(sim.requests.inFlight).toBe(0);
  });
});
