/** Which disks this machine has, and what they hang on: Linux's /sys and systeminformation. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

export interface HostDisk {
  readonly name: string;
  /** `host2` of SCSI, `nvme0`, `virtio1`, ...: the nearest thing above the disk with a driver. */
  readonly adapter: string;
  readonly driver: string;
  readonly model: string;
  /** Commands the disk takes at once, where the driver says so. */
  readonly queueDepth: number | undefined;
  /** Commands the adapter takes at once, likewise. */
  readonly adapterDepth: number | undefined;
  /** 512 bytes each. */
  readonly sizeBlocks: number;
}

/** Not disks: made of memory, of files or of other disks, or with media that come and go. */
const NO_DISK = /^(loop|ram|zram|dm-|md|sr|fd|nbd)\d/;

/** @param root of the tree, `/sys`; tests pass their own */
export function linuxDisks(root = '/sys'): HostDisk[] {
  const block = join(root, 'block');
  if (!existsSync(block)) return [];
  return readdirSync(block)
    .filter((name) => !NO_DISK.test(name))
    .sort()
    .map((name) => describe(root, join(block, name), name))
    .filter(({ sizeBlocks }) => sizeBlocks > 0);
}

function describe(root: string, folder: string, name: string): HostDisk {
  const adapter = adapterOf(realpathSync(folder));
  const scsi = join(root, 'class', 'scsi_host', adapter.name);
  return {
    name,
    adapter: adapter.name,
    driver: readWord(join(scsi, 'proc_name')) || adapter.driver,
    model: readWord(join(folder, 'device', 'model')),
    queueDepth: readCount(join(folder, 'device', 'queue_depth')),
    adapterDepth: readCount(join(scsi, 'can_queue')),
    sizeBlocks: readCount(join(folder, 'size')) ?? 0,
  };
}

/** Folders of /sys/devices on the way to a disk that are its adapter. */
const ADAPTER = /\/(host\d+|nvme\d+|virtio\d+|mmc\d+|xen-vbd-\w+|vbd-\w+)(?=\/)/g;

function adapterOf(path: string): { name: string; driver: string } {
  const last = [...path.matchAll(ADAPTER)].at(-1);
  const name = last?.[1];
  if (last === undefined || name === undefined) return { name: 'other', driver: '' };
  const folder = path.slice(0, last.index + last[0].length);
  const driver = join(folder, 'driver');
  const kind = name.replace(/\d+$/, '');
  return { name, driver: existsSync(driver) ? lastOf(realpathSync(driver)) : kind };
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function readWord(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function readCount(file: string): number | undefined {
  const text = readWord(file);
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
