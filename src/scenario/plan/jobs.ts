import { formatSize } from '../../engine/core/units.js';
import type { DiskPlan, JobPlan, ReplayPlan, TraceTable, VmPlan } from '../../engine/plan/plan.js';
import { bytesOf } from '../quantities.js';
import type { JobText } from '../schema.js';
import type { Path } from '../source.js';
import { suggest } from '../suggest.js';
import { JOB_DEFAULTS, WORKLOAD_PROFILES } from '../workload-profiles.js';
import type { Context } from './context.js';
import { checkVerified, type PlannedJob } from './verified.js';
import type { PlannedVm } from './vms.js';

/** Traces read for a scenario, by the text of `replay.trace`. */
export type Traces = ReadonlyMap<string, TraceTable>;

const PROFILES = new Map(WORKLOAD_PROFILES.map((profile) => [profile.name, profile]));

export function planJobs(context: Context, vms: Iterable<PlannedVm>, endNs: number): JobPlan[] {
  const planned: PlannedJob[] = [];
  for (const vm of vms) {
    const names = new Set<string>();
    for (const [index, text] of vm.item.workloads.entries()) {
      const path = [...vm.path, 'workloads', index];
      const job = planJob(context, vm.plan, text, path, endNs);
      if (job === undefined) continue;
      const base = text.name ?? text.profile ?? job.rw;
      let name = base;
      for (let number = 2; names.has(name); number++) name = `${base}${number}`;
      names.add(name);
      planned.push({ job: { ...job, name: `${vm.name}/${name}` }, path });
    }
  }
  checkVerified(context, planned);
  return planned.map(({ job }) => job);
}

function planJob(
  context: Context,
  vm: VmPlan,
  text: JobText,
  path: Path,
  endNs: number,
): JobPlan | undefined {
  const disk = findDisk(context, vm, text.disk, [...path, 'disk']);
  const profile =
    text.profile === undefined
      ? undefined
      : context.find(PROFILES, text.profile, [...path, 'profile'], 'workload profile');
  if (disk === undefined) return undefined;
  const base = { ...JOB_DEFAULTS, ...profile?.job };
  const bs = text.bs ?? base.bs;
  const zipfTheta = text.zipf ?? base.zipfTheta;
  const offsetBytes = bytesOf(text.offset ?? { bytes: 0 }, disk.sizeBytes, 512);
  const room = disk.sizeBytes - offsetBytes;
  const sizeBytes = text.size === undefined ? room : bytesOf(text.size, disk.sizeBytes, 512);
  if (sizeBytes > room) {
    context.report(
      [...path, text.size === undefined ? 'offset' : 'size'],
      `offset ${formatSize(offsetBytes)} and size ${formatSize(sizeBytes)} pass the end of ${vm.name}:${disk.name} (${formatSize(disk.sizeBytes)})`,
    );
  } else if (bs.some(({ bytes }) => bytes > sizeBytes)) {
    context.report(
      [...path, 'bs'],
      `blocks larger than the ${formatSize(sizeBytes)} the job works on`,
    );
  }
  const rateIops = text.burst === undefined ? (text.rate_iops ?? base.rateIops) : 0;
  checkPace(context, text, rateIops, path);
  const startNs = text.start ?? 0;
  const stopNs = text.stop ?? 0;
  if (startNs >= endNs) context.report([...path, 'start'], 'starts when the run is over');
  if (stopNs > 0 && stopNs <= startNs) context.report([...path, 'stop'], 'stops before it starts');
  return {
    name: '',
    vm: vm.name,
    disk: disk.index,
    rw: text.rw ?? base.rw,
    rwmixread: text.rwmixread ?? base.rwmixread,
    ...(text.trim_percentage ? { trimPercent: text.trim_percentage } : {}),
    ...(text.fsync ? { fsync: text.fsync } : {}),
    bs,
    iodepth: text.iodepth ?? base.iodepth,
    rateIops,
    ...(text.rate_process === undefined ? {} : { rateProcess: text.rate_process }),
    ...(text.burst === undefined
      ? {}
      : { burst: { count: text.burst.count, everyNs: text.burst.every } }),
    thinkNs: text.thinktime ?? base.thinkNs,
    distribution: zipfTheta > 0 ? 'zipf' : 'random',
    zipfTheta,
    offsetBytes,
    sizeBytes,
    startNs,
    stopNs,
    ...(text.verify ? { verify: true } : {}),
  };
}

/** Words about a pace the job does not have would be ignored without a word. */
function checkPace(context: Context, text: JobText, rateIops: number, path: Path): void {
  const { burst, rate_process, rate_iops, thinktime } = text;
  if (burst !== undefined && (rate_iops ?? 0) > 0) {
    context.report([...path, 'burst'], 'bursts have their own rate', 'leave "rate_iops" out');
  }
  if (burst !== undefined && rate_process !== undefined) {
    context.report([...path, 'rate_process'], 'bursts are evenly spaced', 'leave it out');
  } else if (rate_process !== undefined && rateIops === 0) {
    context.report([...path, 'rate_process'], 'is about a rate', 'give "rate_iops" too');
  }
  if ((thinktime ?? 0) > 0 && (burst !== undefined || (rate_iops ?? 0) > 0)) {
    context.report(
      [...path, 'thinktime'],
      'commands that come at a rate or in bursts wait for no answer',
      'leave "thinktime" out',
    );
  }
}

/** A virtual disk of the VM by its number or its name. */
export function findDisk(
  context: Context,
  vm: VmPlan,
  wanted: string | number,
  path: Path,
): DiskPlan | undefined {
  const found =
    typeof wanted === 'number'
      ? vm.disks[wanted]
      : vm.disks.find((disk) => disk.name === wanted || `${vm.name}:${disk.name}` === wanted);
  if (found === undefined) {
    const known = vm.disks.map((disk, index) => `${disk.name} (${index})`);
    context.report(path, `${vm.name} has no disk ${wanted}`, suggest('', known));
  }
  return found;
}

export function planReplays(
  context: Context,
  vms: Iterable<PlannedVm>,
  traces: Traces,
): ReplayPlan[] {
  const replays: ReplayPlan[] = [];
  for (const vm of vms) {
    const text = vm.item.replay;
    const records = text === undefined ? undefined : traces.get(text.trace);
    if (text === undefined || records === undefined) continue;
    const path = [...vm.path, 'replay'];
    const wanted = text.disks ?? vm.plan.disks.map((_, index) => index);
    const disks = wanted.flatMap((number, index) => {
      const disk = findDisk(context, vm.plan, number, [...path, 'disks', index]);
      return disk === undefined ? [] : [disk];
    });
    checkAddresses(context, vm.plan, disks, records, path);
    replays.push({
      name: `${vm.name}/replay`,
      vm: vm.name,
      disks: disks.map(({ index }) => index),
      timing:
        text.timing === 0
          ? { kind: 'asap', iodepth: text.iodepth }
          : { kind: 'scaled', scale: text.timing },
      records,
    });
  }
  return replays;
}

/** Bytes each of `disks` disks needs when the trace's units are dealt onto them in turn. */
export function bytesPerDisk({ count, lba, blocks, unit }: TraceTable, disks: number): number[] {
  const needed = new Array<number>(disks).fill(0);
  for (let record = 0; record < count; record++) {
    const disk = unit[record]! % disks;
    const end = (lba[record]! + blocks[record]!) * 512;
    if (end > needed[disk]!) needed[disk] = end;
  }
  return needed;
}

function checkAddresses(
  context: Context,
  vm: VmPlan,
  disks: readonly DiskPlan[],
  records: TraceTable,
  path: Path,
): void {
  if (disks.length === 0) return;
  for (const [index, bytes] of bytesPerDisk(records, disks.length).entries()) {
    const disk = disks[index]!;
    if (bytes <= disk.sizeBytes) continue;
    context.report(
      path,
      `the trace reaches ${formatSize(bytes)} on ${vm.name}:${disk.name}, which has ${formatSize(disk.sizeBytes)}`,
      `make that disk at least ${Math.ceil(bytes / 1024 ** 3)}GiB`,
    );
  }
}
