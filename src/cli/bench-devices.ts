/** What a command costs over each device model and kind of array, for `npm run bench`. */
import { DEVICE_MODELS } from '../engine/devices/models/index.js';
import type { ArrayPlan, Plan, PoolPlan } from '../engine/plan/plan.js';
import { Simulation } from '../engine/simulation/simulation.js';
import { formatTable } from '../output/table.js';

/** Commands completed before the clock starts, and measured. */
const WARM_UP = 100_000;
const MEASURED = 300_000;
/** Simulated time between two looks at how many are done, ns. */
const STEP_NS = 10e6;

export interface DeviceFigures {
  readonly device: string;
  /** Events handled per command of a guest, the whole stack's and the devices'. */
  readonly eventsPerIo: number;
  /** Of wall time, one core. */
  readonly ioPerSecond: number;
}

interface Variant {
  readonly device: string;
  readonly array?: Partial<ArrayPlan>;
  readonly pool?: Partial<PoolPlan>;
}

const GROUP = { spares: 1, rebuildBytesPerSecond: 100 * 1024 * 1024 };

/** Every model as the scenario's disks; then flash behind what else an array may have. */
const VARIANTS: readonly Variant[] = [
  ...DEVICE_MODELS.map(({ name }) => ({
    device: name,
    pool: { disk: { model: name, params: {} } },
  })),
  { device: 'ssd behind a cache', array: { cacheBytes: 2 ** 30 } },
  { device: 'ssd, RAID 10', pool: { raid: { level: 10, ...GROUP } } },
  { device: 'ssd, RAID 5', pool: { raid: { level: 5, ...GROUP } } },
  {
    device: 'ssd, RAID 5 behind a cache',
    array: { cacheBytes: 2 ** 30 },
    pool: { raid: { level: 5, ...GROUP } },
  },
  { device: 'ssd, nodes of distributed storage', pool: { scaleOut: true } },
];

/** @param plan the load, with arrays whose disks are exchanged */
export function benchDevices(plan: Plan): DeviceFigures[] {
  return VARIANTS.map(({ device, array, pool }) => ({
    device,
    ...measure({
      ...plan,
      arrays: plan.arrays.map((one) => ({
        ...one,
        ...array,
        pools: one.pools.map((own) => ({ ...own, ...pool })),
      })),
    }),
  }));
}

export function describeDevices(figures: readonly DeviceFigures[]): string {
  return formatTable(figures, [
    { title: 'the same load on', align: 'left', text: ({ device }) => device },
    { title: 'events per I/O', text: ({ eventsPerIo }) => eventsPerIo.toFixed(2) },
    { title: 'M I/Os per second', text: ({ ioPerSecond }) => (ioPerSecond / 1e6).toFixed(2) },
  ]);
}

function measure(plan: Plan): Omit<DeviceFigures, 'device'> {
  const simulation = new Simulation(plan);
  const done = (): number => {
    const { reads, writes, others } = simulation.totals();
    return reads + writes + others;
  };
  const runFor = (commands: number): void => {
    const end = done() + commands;
    while (done() < end) simulation.runUntil(simulation.now + STEP_NS);
  };
  runFor(WARM_UP);
  const [ios, events, start] = [done(), simulation.eventsHandled, performance.now()];
  runFor(MEASURED);
  const seconds = (performance.now() - start) / 1000;
  const count = done() - ios;
  return {
    eventsPerIo: (simulation.eventsHandled - events) / count,
    ioPerSecond: Math.round(count / seconds),
  };
}
