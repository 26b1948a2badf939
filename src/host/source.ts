/** This machine's disks as counters that only grow, on every system that tells of them. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { InputError } from '../engine/core/errors.js';
import { type DiskCounters, parseDiskstats } from './diskstats.js';
import { type HostDisk, linuxDisks } from './inventory.js';

/** Space of one mounted file system. */
export interface HostVolume {
  readonly name: string;
  readonly type: string;
  readonly capacityBlocks: number;
  readonly freeBlocks: number;
}

export interface Reading {
  /** By name of the disk. What the system does not count is not there. */
  readonly disks: ReadonlyMap<string, Partial<DiskCounters>>;
  readonly volumes: readonly HostVolume[];
}

export interface HostSource {
  readonly host: string;
  readonly disks: readonly HostDisk[];
  readonly volumes: readonly HostVolume[];
  read(): Promise<Reading>;
}

const DISKSTATS = '/proc/diskstats';
const BLOCK_BYTES = 512;
/** Space changes slowly, and asking for it takes 20 ms (tui reference, section 10). */
const VOLUMES_MS = 10_000;
/** The one disk of systems that count all of them together. */
const ALL = 'all disks';

/**
 * Opens the counters of this machine.
 * @throws InputError when the system gives none, as in most containers
 */
export async function openHost(): Promise<HostSource> {
  const disks = linuxDisks();
  const names = new Set(disks.map(({ name }) => name));
  const linux = disks.length > 0 && parseDiskstats(readStats(), names).size > 0;
  const read = linux ? async () => parseDiskstats(readStats(), names) : readTotals;
  await read();
  const space = new Space();
  return {
    host: hostname().replace(/[^\w.-]/g, '-') || 'localhost',
    disks: linux ? disks : [TOTALS],
    volumes: await space.read(),
    read: async () => ({ disks: await read(), volumes: await space.read() }),
  };
}

const TOTALS: HostDisk = {
  name: ALL,
  adapter: 'all',
  driver: '',
  model: '',
  queueDepth: undefined,
  adapterDepth: undefined,
  sizeBlocks: 0,
};

function readStats(): string {
  try {
    return readFileSync(DISKSTATS, 'utf8');
  } catch {
    return '';
  }
}

/** Where there is no /proc: counts over all disks, bytes over all file systems, no times. */
async function readTotals(): Promise<Map<string, Partial<DiskCounters>>> {
  const { default: system } = await import('systeminformation');
  const [io, bytes] = await Promise.all([system.disksIO(), system.fsStats()]);
  // Null, or all zero, where there is nothing to be had.
  if (!(io?.tIO > 0)) throw nothingToRead();
  const counters = {
    reads: io.rIO,
    writes: io.wIO,
    ...(bytes === null
      ? {}
      : { readBlocks: bytes.rx / BLOCK_BYTES, writeBlocks: bytes.wx / BLOCK_BYTES }),
  };
  return new Map([[ALL, counters]]);
}

function nothingToRead(): InputError {
  return InputError.of(
    '',
    'this system tells nothing about its disks',
    'containers mostly hide them: run vmtop host on the machine itself; vmtop alone needs no disks',
  );
}

/** Asks for the space of file systems now and then. */
class Space {
  private at = Number.NEGATIVE_INFINITY;
  private volumes: readonly HostVolume[] = [];

  async read(): Promise<readonly HostVolume[]> {
    const now = performance.now();
    if (now - this.at < VOLUMES_MS) return this.volumes;
    this.at = now;
    const { default: system } = await import('systeminformation');
    const found = await system.fsSize();
    // As df counts: what is kept for the system is neither used nor free.
    this.volumes = found.map(({ mount, type, used, available }) => ({
      name: mount,
      type,
      capacityBlocks: Math.floor((used + available) / BLOCK_BYTES),
      freeBlocks: Math.floor(available / BLOCK_BYTES),
    }));
    return this.volumes;
  }
}
