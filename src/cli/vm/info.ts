import { formatSize } from '../../engine/core/units.js';
import type { ListedSnapshot } from '../../engine/formats/vmx/snapshot-list.js';
import { type VmDiskFile, type VmFiles, withVm } from '../../input/image/read-vm.js';
import { formatTable } from '../../output/table.js';
import { dataOf } from '../disk/data-of.js';
import { printable } from '../volume/printable.js';

/** `vmtop vm info`. */
export function printVm(path: string, outside: boolean): void {
  withVm(path, outside, (vm) => {
    const parts = [head(vm), adapters(vm), disks(vm.disks), snapshots(vm), warnings(vm)];
    process.stdout.write(`${parts.filter((part) => part !== '').join('\n\n')}\n`);
  });
}

function head({ hardware }: VmFiles): string {
  const { displayName, guestOs, hardwareVersion, cpus, memoryBytes, memoryReservedBytes } =
    hardware;
  const reserved = memoryReservedBytes > 0 ? `, ${formatSize(memoryReservedBytes)} reserved` : '';
  return [
    printable(`${displayName || 'no name'}${guestOs === '' ? '' : ` (${guestOs})`}`),
    `hardware version ${hardwareVersion}, ${cpus} CPU${cpus === 1 ? '' : 's'}, ${formatSize(memoryBytes)} of memory${reserved}`,
  ].join('\n');
}

/** Adapters something is on: of IDE both channels are always there. */
function adapters({ hardware }: VmFiles): string {
  const rows = hardware.adapters
    .map((adapter) => ({
      ...adapter,
      devices: hardware.devices.filter((device) => device.adapter === adapter.name),
    }))
    .filter(({ bus, devices }) => bus !== 'ide' || devices.length > 0);
  if (rows.length === 0) return '';
  return formatTable(rows, [
    { title: 'adapter', align: 'left', text: ({ name }) => name },
    { title: 'type', align: 'left', text: ({ type }) => printable(type) },
    { title: 'bus sharing', align: 'left', text: ({ sharedBus }) => printable(sharedBus) },
    {
      title: 'devices',
      align: 'left',
      text: ({ devices }) => devices.map(({ name, kind }) => `${name} ${kind}`).join(', '),
    },
  ]);
}

function disks(rows: readonly VmDiskFile[]): string {
  if (rows.length === 0) return '';
  return formatTable(rows, [
    { title: 'disk', align: 'left', text: ({ device }) => device.name },
    { title: 'size', text: ({ sizeBytes }) => formatSize(sizeBytes) },
    { title: 'data', text: dataIn },
    { title: 'type', align: 'left', text: typeOf },
    { title: 'mode', align: 'left', text: ({ device }) => printable(device.mode) },
    { title: 'shares', text: ({ device }) => String(device.shares) },
    { title: 'limit', text: ({ device }) => (device.limit === 0 ? '-' : String(device.limit)) },
    { title: 'changes', text: ({ device }) => (device.changeTracking ? 'tracked' : '-') },
    {
      title: 'files',
      align: 'left',
      text: ({ chain, device }) => printable(chain.length === 0 ? device.file : chain.join(' <- ')),
    },
  ]);
}

function typeOf({ rawDevice, createType, thin }: VmDiskFile): string {
  return printable(rawDevice ?? `${createType || '-'}${thin ? ', thin' : ''}`);
}

/** Of all links together; a hole in the parent and data in the child count once each. */
function dataIn({ links }: VmDiskFile): string {
  return links.length === 0 ? '-' : dataOf(links.flatMap((link) => link.extents));
}

function snapshots({ snapshots: all, currentSnapshot }: VmFiles): string {
  const lines: string[] = [];
  const show = (snapshot: ListedSnapshot, depth: number): void => {
    const at = new Date(snapshot.createdAtUs / 1000);
    const when = Number.isNaN(at.getTime()) ? '' : `, ${at.toISOString().slice(0, 19)}Z`;
    const memory = snapshot.withMemory ? ', with memory' : '';
    const here = snapshot.uid === currentSnapshot ? '  <- the machine runs on this one' : '';
    lines.push(
      printable(
        `${'  '.repeat(depth)}${snapshot.uid} ${snapshot.displayName}${when}${memory}${here}`,
      ),
    );
    for (const child of all) if (child.parent === snapshot.uid) show(child, depth + 1);
  };
  for (const snapshot of all) if (snapshot.parent === undefined) show(snapshot, 1);
  return lines.length === 0 ? '' : ['snapshots', ...lines].join('\n');
}

function warnings({ warnings: all }: VmFiles): string {
  return all.map((warning) => printable(`warning: ${warning}`)).join('\n');
}
