import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ATS,
  FLUSH,
  READ,
  TEST_UNIT_READY,
  UNMAP,
  WRITE,
  XCOPY,
  ZERO,
} from '../../src/engine/core/io.js';
import { lunPlan, MIB, poolPlan, type Rig, rig } from './support.js';

const OPS = [READ, READ, WRITE, WRITE, WRITE, UNMAP, ZERO, ATS, XCOPY, FLUSH, TEST_UNIT_READY];

interface Step {
  readonly op: number;
  readonly lba: number;
  readonly blocks: number;
  readonly over: number;
  readonly to: number;
  readonly gapNs: number;
  /** Which control is turned before the command, if it names one. */
  readonly control: number;
  readonly on: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom(...OPS),
  lba: fc.integer({ min: 0, max: 131_000 }),
  blocks: fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 4096 })),
  over: fc.integer({ min: 0, max: 3 }),
  to: fc.integer({ min: 0, max: 1 }),
  gapNs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300_000 }), fc.constant(700_000_000)),
  control: fc.integer({ min: 0, max: 40 }),
  on: fc.boolean(),
});

type Control = (test: Rig, on: boolean, over: number) => void;

/** Everything that can be turned while commands are under way. */
const CONTROLS: readonly Control[] = [
  ...[0, 1].map<Control>((controller) => ({ array }, on) => {
    if (on) array.failController(controller, 'test');
    else array.repairController(controller, 'test');
  }),
  ({ nexuses }, on, over) => nexuses[over]!.setUp(!on, 'test'),
  ({ nexuses }, on, over) => nexuses[over]!.port.setUp(!on, 'test'),
  ({ luns }, on) => luns[0]!.setUnreachable(on, 'test'),
  ({ luns }, on) => luns[1]!.setLost(on, 'test'),
  ({ luns }, on) => luns[1]!.setOwner(on ? 1 : 0, 'test'),
  ({ nexuses, luns }, on, over) => nexuses[over]!.setLunReachable(luns[0]!.index, !on, 'test'),
  ({ nexuses }, on, over) => nexuses[over]!.setErrorRate(on ? 0.3 : 0, 'test'),
  ({ nexuses }, on, over) => nexuses[over]!.setExtraDelay(on ? 5e6 : 0, 'test'),
  ({ array }, on) => array.disks[0]!.setStalled(on, 'test'),
  ({ array }, on) => array.disks[1]!.setSlow(on ? 20 : 1, 'test'),
  ({ array }, on) => {
    const pool = array.pools.get('gold')!;
    if (on) pool.fill(50 * MIB);
    else pool.drain(50 * MIB);
  },
];

function healAll({ array, luns, nexuses }: Rig): void {
  for (const controller of [0, 1]) array.repairController(controller, 'healed');
  for (const nexus of nexuses) {
    nexus.setUp(true, 'healed');
    nexus.port.setUp(true, 'healed');
    nexus.setErrorRate(0, 'healed');
    nexus.setExtraDelay(0, 'healed');
    nexus.setLunReachable(luns[0]!.index, true, 'healed');
  }
  luns[0]!.setUnreachable(false, 'healed');
  luns[1]!.setLost(false, 'healed');
  array.disks[0]!.setStalled(false, 'healed');
  array.disks[1]!.setSlow(1, 'healed');
}

/** Commands under random failures; returns a fingerprint of everything that came back. */
function play(steps: readonly Step[], kind: 'array' | 'jbod', rows: number): string {
  const test = rig(
    {
      kind,
      portsPerController: 2,
      transitionNs: 1e8,
      cacheBytes: 4 * MIB,
      portQueueDepth: 24,
      pools: [poolPlan({ disks: 3, capacityBytes: 192 * MIB, softThreshold: 0.6 })],
      luns: [
        lunPlan({ sizeBytes: 64 * MIB }),
        lunPlan({
          name: 'lun1',
          uid: 'naa.6001',
          number: 1,
          sizeBytes: 64 * MIB,
          thin: true,
          owner: 1,
        }),
      ],
    },
    rows,
  );
  for (const { op, lba, blocks, over, to, gapNs, control, on } of steps) {
    CONTROLS[control]?.(test, on, over);
    for (let copy = 0; copy < 8; copy++)
      test.send({ op, lba: (lba + copy * 977) % 131_000, blocks, over, to });
    test.sim.runUntil(test.sim.now + gapNs);
    test.sim.meters.sample();
  }
  healAll(test);
  test.sim.runUntil(test.sim.now + 60e9);
  // Little's law of every station is checked by the sample; the guest throws on a second completion.
  test.sim.meters.sample();
  expect(test.guest.outcomes).toHaveLength(test.guest.sent);
  expect(test.sim.requests.inFlight).toBe(0);
  for (const pool of test.array.pools.values()) expect(pool.dirtyBlocks).toBe(0);
  return JSON.stringify(test.guest.outcomes);
}

describe('no command is lost, none completes twice', () => {
  it.each([
    ['array', 2048],
    ['array', 12],
    ['jbod', 2048],
  ] as const)('%s with %i rows', (kind, rows) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        play(steps, kind, rows);
      }),
      { numRuns: 40, seed: 4711 },
    );
  });

  it('and the same steps give the same outcomes', () => {
    const steps = fc.sample(step, { numRuns: 60, seed: 99 });
    expect(play(steps, 'array', 2048)).toBe(play(steps, 'array', 2048));
  });
});
