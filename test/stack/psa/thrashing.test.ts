import { describe, expect, test } from 'vitest';
import { Sim } from '../../../src/engine/core/sim.js';
import { DiskArray } from '../../../src/engine/devices/array/disk-array.js';
import { Nexus } from '../../../src/engine/devices/fabric/nexus.js';
import type { ArrayPlan } from '../../../src/engine/plan/plan.js';
import { Vmhba } from '../../../src/engine/stack/adapter/vmhba.js';
import { createDriver } from '../../../src/engine/stack/driver/index.js';
import { Settings } from '../../../src/engine/stack/settings.js';
import { NmpDevice } from '../../../src/engine/stack/storage-apis/psa/nmp.js';
import { Path } from '../../../src/engine/stack/storage-apis/psa/path.js';
import { adapterPlan, DEVICE_FIELDS, Source, UID } from './host.js';

const S = 1e9;
/** What keeps half a minute short to simulate, and the LUN busy: 16 commands every 4 ms. */
const THINK_NS = 4e6;

const PLAN: ArrayPlan = {
  name: 'box',
  vendor: 'DGC',
  product: 'RAID 5',
  kind: 'array',
  transport: 'fc',
  controllers: 2,
  portsPerController: 1,
  access: 'active-passive',
  tpgs: 'both',
  transitionNs: 0.5 * S,
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

interface Way {
  readonly satp: string;
  readonly satpParams?: Readonly<Record<string, number>>;
  readonly psp: string;
}

/** Two hosts, each with a path to both controllers; each prefers another controller. */
function build(way: Way, access: ArrayPlan['access'] = 'active-passive') {
  const sim = new Sim(5, 256);
  const array = new DiskArray(sim, { ...PLAN, access });
  const lun = array.luns.get(UID)!;
  let pathIndex = 0;
  const hosts = ['esx1', 'esx2'].map((host, number) => {
    const adapter = adapterPlan({ name: 'vmhba1' });
    const vmhba = new Vmhba(sim, { host, adapter }, createDriver(sim, { host, adapter }));
    const nexuses = [0, 1].map((controller) => {
      const rest = { latencyNs: 5_000, bytesPerSecond: 1.6e9 };
      const options = { host, adapter: 'vmhba1', array: 'box', ...rest };
      return new Nexus(sim, options, array.port(controller, 0));
    });
    const paths = nexuses.map((nexus, controller) => {
      const name = `vmhba1:C0:T${controller}:L1`;
      const where = { adapter: 'vmhba1', array: 'box', lun: 1, controller, port: 0 };
      const options = { host, name, index: pathIndex++, device: UID, ...where };
      return new Path(sim, options, vmhba, nexus, lun);
    });
    const entity = sim.meters.define('device', UID, { host }, DEVICE_FIELDS);
    const settings = new Settings();
    const preferred = way.psp === 'VMW_PSP_FIXED' ? { preferred: number } : {};
    const options = { host, uid: UID, paths, settings, entity, ...way, pspParams: preferred };
    const nmp = new NmpDevice(sim, options);
    const source = new Source(sim, nmp);
    return { nexuses, paths, nmp, source, entity };
  });
  /** Eight commands of each host, each sent again soon after its answer. */
  const start = (): void => {
    for (const { source } of hosts) {
      const next = (): unknown => source.send((source.issued * 64) % 2 ** 20);
      source.onDone = () => sim.timers.delay(THINK_NS, next);
      for (let left = 8; left > 0; left--) source.send(left * 64);
    }
  };
  const kinds = (kind: string) => sim.log.entries.filter((entry) => entry.kind === kind);
  return { sim, array, lun, hosts, start, kinds };
}

type Rig = ReturnType<typeof build>;

/** Commands each second between two times, both hosts together. */
function rate({ hosts, sim }: Rig, seconds: number): number {
  const count = (): number => hosts.reduce((sum, { source }) => sum + source.done.length, 0);
  const before = count();
  sim.runUntil(sim.now + seconds * S);
  return (count() - before) / seconds;
}

const CX = { satp: 'VMW_SATP_CX' };

describe('two hosts and an active/passive array', () => {
  test('FIXED with different preferred controllers: the LUN goes back and forth', () => {
    const rig = build({ ...CX, psp: 'VMW_PSP_FIXED' });
    rig.start();
    const thrashed = rate(rig, 30);
    // A host tries once a second, a move takes half a second: the LUN hardly rests.
    expect(rig.kinds('lun.trespass').length).toBeGreaterThan(20);
    expect(new Set(rig.kinds('device.thrashing').map(({ object }) => object))).toEqual(
      new Set([`esx1 ${UID}`, `esx2 ${UID}`]),
    );
    const [first] = rig.kinds('device.thrashing');
    expect(first.what).toMatch(/^5 activations of paths in \d+ s$/);
    expect(first.at).toBeLessThan(12 * S);
    const calm = build({ ...CX, psp: 'VMW_PSP_MRU' });
    calm.start();
    expect(rate(calm, 30)).toBeGreaterThan(2 * thrashed);
    expect(rig.hosts.every(({ source }) => source.done.every(({ status }) => status === 0))).toBe(
      true,
    );
  });

  test('MRU: the LUN stays, both hosts use the owner', () => {
    const rig = build({ ...CX, psp: 'VMW_PSP_MRU' });
    rig.start();
    rate(rig, 30);
    expect(rig.kinds('lun.trespass')).toEqual([]);
    expect(rig.kinds('device.thrashing')).toEqual([]);
    for (const { paths } of rig.hosts) {
      expect(paths.map(({ stateName }) => stateName)).toEqual(['active', 'standby']);
    }
  });

  test('MRU: one host loses the owner and moves the LUN, the other follows, once', () => {
    const rig = build({ ...CX, psp: 'VMW_PSP_MRU' });
    rig.start();
    rate(rig, 5);
    rig.hosts[0].nexuses[0].setUp(false, 'test');
    expect(rate(rig, 20)).toBeGreaterThan(1000);
    expect(rig.kinds('lun.trespass').map(({ why }) => why)).toEqual([
      'MODE SELECT over esx1:vmhba1-box:c1:p0',
    ]);
    expect(rig.hosts[1].paths.map(({ stateName }) => stateName)).toEqual(['standby', 'active']);
    expect(rig.kinds('device.thrashing')).toEqual([]);
  });

  test('hosts that reach different controllers only thrash under any policy', () => {
    const rig = build({ ...CX, psp: 'VMW_PSP_MRU' });
    rig.start();
    rig.hosts[0].nexuses[1].setUp(false, 'test');
    rig.hosts[1].nexuses[0].setUp(false, 'test');
    rate(rig, 30);
    expect(rig.kinds('device.thrashing').length).toBeGreaterThan(0);
    // When one host has all of its paths again, it follows the other.
    rig.hosts[0].nexuses[1].setUp(true, 'test');
    rate(rig, 5);
    const before = rig.kinds('lun.trespass').length;
    rate(rig, 20);
    expect(rig.kinds('lun.trespass').length).toBe(before);
  });
});

describe('two hosts and an ALUA array, FIXED with different preferred controllers', () => {
  test.each([
    [0, 'does not thrash'],
    [1, 'thrashes'],
  ])('alua_followover %i: %s', (alua_followover) => {
    const way = { satp: 'VMW_SATP_ALUA', psp: 'VMW_PSP_FIXED', satpParams: { alua_followover } };
    const rig = build(way, 'alua');
    rig.start();
    rate(rig, 30);
    expect(rig.kinds('device.thrashing').length > 0).toBe(alua_followover === 1);
    expect(rig.kinds('lun.trespass').length > 20).toBe(alua_followover === 1);
  });
});

describe('an array with one kind of port group changes', () => {
  test('implicit only: SET TARGET PORT GROUPS is not sent', () => {
    const sim = new Sim(1, 16);
    const array = new DiskArray(sim, { ...PLAN, access: 'alua', tpgs: 'implicit' });
    expect(array.luns.get(UID)!.tpgs).toBe(1);
    const both = new DiskArray(new Sim(1, 16), { ...PLAN, access: 'alua' });
    expect(both.luns.get(UID)!.tpgs).toBe(3);
    const passive = new DiskArray(new Sim(1, 16), PLAN);
    expect(passive.luns.get(UID)!.tpgs).toBe(0);
  });
});
