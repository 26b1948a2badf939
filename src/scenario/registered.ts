import { InputError, type Problem } from '../engine/core/errors.js';
import { countData } from '../engine/formats/vmdk/extent.js';
import { SECTOR } from '../engine/formats/vmdk/medium.js';
import type { VmPlan } from '../engine/plan/plan.js';
import { EXCHANGE, type VmDiskFile, type VmFiles, withVm } from '../input/image/read-vm.js';
import type { DiskText } from './schema.js';

/** A machine as its .vmx describes it, in the words of a scenario. */
export interface RegisteredVm
  extends Pick<VmPlan, 'memoryBytes' | 'memoryReservedBytes' | 'adapterTypes'> {
  readonly disks: readonly RegisteredDisk[];
}

export interface RegisteredDisk {
  /** `nvme0:2`. */
  readonly name: string;
  readonly text: DiskText;
  readonly changeTracking: boolean;
}

/** Machines read for a scenario, by the text of `vmx`. */
export type RegisteredVms = ReadonlyMap<string, RegisteredVm>;

/** The smallest memory a scenario takes. */
const MEMORY_MIN = 4 << 20;

/**
 * Reads a machine that a scenario registers. Its disks lie beside it, and are taken with what their
 * whole chain holds: as one disk each.
 * @throws InputError with everything why ESXi could not run it
 */
export function readRegistered(path: string): RegisteredVm {
  return withVm(path, false, (vm) => {
    const problems = problemsOf(path, vm);
    if (problems.length > 0) throw new InputError(problems);
    const { memoryBytes, memoryReservedBytes, adapters } = vm.hardware;
    return {
      memoryBytes: Math.max(MEMORY_MIN, memoryBytes),
      memoryReservedBytes,
      adapterTypes: Object.fromEntries(
        adapters.map(({ name, type }) => [name, type]),
      ) as VmPlan['adapterTypes'] & object,
      disks: vm.disks.map(diskOf),
    };
  });
}

function diskOf({ device, sizeBytes, thin, links }: VmDiskFile): RegisteredDisk {
  const { name, shares, reservation, limit, changeTracking } = device;
  const extents = links.flatMap((link) => link.extents);
  const data = extents.reduce((sum, extent) => sum + countData(extent), 0) * SECTOR;
  return {
    name,
    changeTracking,
    text: {
      size: sizeBytes,
      // A descriptor does not tell lazily zeroed disks from eagerly zeroed ones.
      kind: thin ? 'thin' : 'lazyThick',
      written: { bytes: Math.min(data, sizeBytes) },
      qos: { shares, reservation, limit },
    },
  };
}

function problemsOf(place: string, { hardware, disks }: VmFiles): Problem[] {
  const problems: Problem[] = [];
  for (const { device, problem, createType, rawDevice, sizeBytes } of disks) {
    const { name, file } = device;
    const report = (message: string, hint?: string): void => {
      const full = `${name} (${file}): ${message}`;
      problems.push(hint === undefined ? { place, message: full } : { place, message: full, hint });
    };
    if (problem !== undefined) report(problem);
    else if (rawDevice !== undefined) report(`${rawDevice}: a scenario has no device to map it to`);
    else if (EXCHANGE.test(createType)) {
      report(
        `${createType} is a format for exchange, which ESXi does not run`,
        `vmtop disk import ${file} NEW.vmdk makes a disk it runs`,
      );
    } else if (sizeBytes === 0) report('the disk has no size');
  }
  for (const { name, bus, type } of hardware.adapters) {
    if (bus === 'scsi' && !KNOWN.has(type)) {
      problems.push({ place, message: `${name}: "${type}" is no adapter ESXi has` });
    }
  }
  return problems;
}

const KNOWN: ReadonlySet<string> = new Set(['pvscsi', 'lsilogic', 'lsisas1068', 'buslogic']);
