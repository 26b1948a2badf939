import { assert } from '../../core/assert.js';
import type { Sim } from '../../core/sim.js';
import type { VmPlan } from '../../simulation/plan.js';
import type { AllocationPolicy, DatastoreFiles, FileHandle } from '../files.js';

/** What a file of a virtual machine is for (stack-upper 16). */
export type FileRole =
  | 'config'
  | 'extendedConfig'
  | 'lock'
  | 'log'
  | 'nvram'
  | 'snapshotList'
  | 'swap'
  | 'vmxSwap'
  | 'diskDescriptor'
  | 'diskExtent';

export interface HomeFile {
  readonly role: FileRole;
  readonly handle: FileHandle;
  readonly datastore: string;
}

export interface Home {
  /** Every file, in the order in which power-on makes them. */
  readonly files: readonly HomeFile[];
  /** The extent (`-flat.vmdk`) of each disk, in the order of the plan's disks. */
  readonly disks: readonly FileHandle[];
}

/** BIOS variables (stack-upper 16). */
const NVRAM_BYTES = 8684;
/** Sizes of text files: model, the order of magnitude of a small machine's files. */
const VMX_BYTES = 3072;
const VMXF_BYTES = 270;
const DESCRIPTOR_BYTES = 600;
const LOG_BYTES = 300 * 1024;
/** Old logs kept (stack-upper 16). */
const OLD_LOGS = 6;
/** Swap for the overhead of the VMX process: from memory, 110 MB is usual. */
const VMX_SWAP_BYTES = 110 * 1024 * 1024;

/**
 * Makes every file of a machine that is powered on, in its folder of the home datastore and of each
 * datastore that holds a disk, and one `file` entity per file.
 * @throws InputError when a datastore has too little free space
 */
export function buildHome(
  sim: Sim,
  plan: VmPlan,
  datastores: ReadonlyMap<string, DatastoreFiles>,
): Home {
  const { name } = plan;
  const files: HomeFile[] = [];
  const add = (
    role: FileRole,
    datastore: string,
    file: string,
    bytes: number,
    policy: AllocationPolicy,
    writtenBytes = 0,
  ): FileHandle => {
    const store = datastores.get(datastore);
    assert(store !== undefined, `VM ${name} has files on the unknown datastore ${datastore}`);
    const handle = store.createFile(`[${datastore}] ${name}/${file}`, bytes, policy, writtenBytes);
    files.push({ role, handle, datastore });
    measure(sim, plan, role, datastore, handle);
    return handle;
  };
  const home = plan.home;
  // The eight digits that keep the swap files of two incarnations of a machine apart.
  const hash = sim.random.stream(`${name}.vswp`).next().toString(16).padStart(8, '0');

  add('lock', home, `${name}.vmx.lck`, 0, 'small');
  add('config', home, `${name}.vmx`, VMX_BYTES, 'small');
  add('extendedConfig', home, `${name}.vmxf`, VMXF_BYTES, 'small');
  add('snapshotList', home, `${name}.vmsd`, 0, 'small');
  for (let old = 1; old <= OLD_LOGS; old++) {
    add('log', home, `vmware-${old}.log`, LOG_BYTES, 'small');
  }
  add('log', home, 'vmware.log', LOG_BYTES, 'small');
  const swapBytes = plan.memoryBytes - plan.memoryReservedBytes;
  add('swap', home, `${name}-${hash}.vswp`, swapBytes, 'lazyThick');
  add('vmxSwap', home, `vmx-${name}-${hash}-1.vswp`, VMX_SWAP_BYTES, 'lazyThick');
  const disks = plan.disks.map((disk, position) => {
    const base = diskFile(plan, position);
    add('diskDescriptor', disk.datastore, `${base}.vmdk`, DESCRIPTOR_BYTES, 'small');
    const extent = `${base}-flat.vmdk`;
    return add(
      'diskExtent',
      disk.datastore,
      extent,
      disk.sizeBytes,
      disk.kind,
      Math.min(disk.writtenBytes, disk.sizeBytes),
    );
  });
  add('nvram', home, `${name}.nvram`, NVRAM_BYTES, 'small');
  return { files, disks };
}

/** `web1`, `web1_1`, ...: numbered within the folder, and each datastore has a folder of its own. */
function diskFile({ name, disks }: VmPlan, position: number): string {
  const { datastore } = disks[position];
  const before = disks.slice(0, position).filter((disk) => disk.datastore === datastore).length;
  return before === 0 ? name : `${name}_${before}`;
}

function measure(
  sim: Sim,
  { name }: VmPlan,
  role: FileRole,
  datastore: string,
  handle: FileHandle,
): void {
  const labels = { vm: name, datastore, role };
  const fields = ['sizeBlocks', 'allocatedBlocks'];
  const entity = sim.meters.define('file', handle.path, labels, fields);
  entity.refresh = () => {
    entity.values[0] = handle.sizeBlocks;
    entity.values[1] = handle.allocatedBlocks;
  };
}
