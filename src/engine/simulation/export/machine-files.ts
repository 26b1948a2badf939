import { InputError } from '../../core/errors.js';
import { Random } from '../../core/random.js';
import { requirePlainName } from '../../formats/vmdk/extent-line.js';
import type { FileMedium } from '../../formats/vmdk/medium.js';
import type { Plan, VmPlan } from '../../plan/plan.js';
import type { ChainLink } from '../snapshots/chain-link.js';
import type { SnapshotService } from '../snapshots/service.js';
import { describeLink, plainName, writeExtent } from './link-files.js';
import { configurationOf, type ExportedDisk, snapshotListOf } from './machine-text.js';

/** A file of a machine, written when somebody asks for it. */
export interface MachineFile {
  /** Name of its datastore: files of one machine on two of them may have the same name. */
  readonly datastore: string;
  /** Its folder there. */
  readonly folder: string;
  readonly name: string;
  write(medium: FileMedium): void;
}

type Place = ReturnType<SnapshotService['placeOf']>;

/**
 * The files of a machine as they are at this instant: .vmx, .vmsd, and of each disk the descriptor and
 * extent of every link that the running state or a snapshot needs. Raw device maps have no data of
 * their own and are left out.
 * @throws InputError for an unknown machine, or in a run that does not keep what disks hold
 */
export function machineFiles(plan: Plan, snapshots: SnapshotService, name: string): MachineFile[] {
  const list = snapshots.list(name);
  const vm = plan.vms.find((candidate) => candidate.name === name) as VmPlan;
  if (!snapshots.keepsData) {
    const hint = 'add "verify: true" to a workload, or "content: memory" to a LUN';
    throw InputError.of(name, 'the run does not keep what disks hold', hint);
  }
  const files: MachineFile[] = [];
  const random = new Random(plan.seed);
  const disks = vm.disks.flatMap((disk): ExportedDisk[] => {
    if (disk.rawDevice !== undefined) return [];
    const chains = [undefined, ...list].map((at) => snapshots.chainOf(disk.index, at?.name));
    const place = snapshots.placeOf(disk.index);
    const [leaf, ...frozen] = chains.map(([{ descriptor }]) => nameOn(descriptor, vm, place));
    for (const [link, parent] of parentsOf(chains)) {
      files.push(...linkFiles(link, parent, vm, place, random));
    }
    return [{ plan: disk, leaf, frozen }];
  });
  const text = (ending: string, bytes: Uint8Array): void => {
    const write = (medium: FileMedium): void => medium.write(0, bytes);
    files.push(fileOf(vm.home, vm, `${name}.${ending}`, write));
  };
  const current = list.find((snapshot) => snapshot.name === snapshots.currentOf(name))?.uid ?? 0;
  const spare = vm.disks.some(({ index }) => snapshots.needsConsolidation(index));
  text('vmsd', snapshotListOf(vm, list, current, disks, spare));
  text('vmx', configurationOf(vm, disks));
  return files;
}

/** Every link once, with the one below it. */
function parentsOf(chains: readonly ChainLink[][]): [ChainLink, ChainLink | undefined][] {
  const found = new Map<number, [ChainLink, ChainLink | undefined]>();
  for (const chain of chains) {
    for (const [at, link] of chain.entries()) found.set(link.fileNumber, [link, chain[at + 1]]);
  }
  return [...found.values()];
}

function linkFiles(
  link: ChainLink,
  parent: ChainLink | undefined,
  vm: VmPlan,
  { datastore, kind }: Place,
  random: Random,
): MachineFile[] {
  const stream = random.stream(`export ${link.descriptor}`);
  const text = describeLink(link, parent?.descriptor, kind === 'thin', () => stream.next());
  return [
    fileOf(datastore, vm, plainName(link.extent), (medium) => writeExtent(link, medium)),
    fileOf(datastore, vm, plainName(link.descriptor), (medium) => medium.write(0, text)),
  ];
}

function fileOf(
  datastore: string,
  { name: folder }: VmPlan,
  name: string,
  write: MachineFile['write'],
): MachineFile {
  for (const part of [datastore, folder, name]) requirePlainName(part, folder);
  return { datastore, folder, name, write };
}

/** How a file in the home names a disk: plainly there, by its whole path on another datastore. */
function nameOn(descriptor: string, vm: VmPlan, { datastore }: Place): string {
  const name = plainName(descriptor);
  return datastore === vm.home ? name : `/vmfs/volumes/${datastore}/${vm.name}/${name}`;
}
