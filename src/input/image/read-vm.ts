import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FormatError, InputError } from '../../engine/core/errors.js';
import { DICTIONARY_BYTES, Dictionary } from '../../engine/formats/dictionary/dictionary.js';
import { NO_CID } from '../../engine/formats/vmdk/descriptor.js';
import { type Link, openDisk, rawDevice, readDescriptor } from '../../engine/formats/vmdk/disk.js';
import { OutsideError, type ParentPlace, SECTOR } from '../../engine/formats/vmdk/medium.js';
import {
  readHardware,
  type VmxDevice,
  type VmxHardware,
} from '../../engine/formats/vmx/hardware.js';
import { type ListedSnapshot, SnapshotList } from '../../engine/formats/vmx/snapshot-list.js';
import { readBytes } from '../read-bytes.js';
import { DiskFiles } from './disk-files.js';
import { zlibCodec } from './zlib-codec.js';

/** A virtual disk of a machine as its descriptors say. */
export interface VmDiskFile {
  readonly device: VmxDevice;
  /** `vmfs`, `seSparse`, ...; empty when the descriptor could not be read. */
  readonly createType: string;
  readonly sizeBytes: number;
  readonly thin: boolean;
  /** Compatibility of a raw device map. */
  readonly rawDevice?: string;
  /** Descriptors of the chain, the disk's own first. */
  readonly chain: readonly string[];
  /** Its links while they are open. */
  readonly links: readonly Link[];
  /** Why there is less here than should be. */
  readonly problem?: string;
}

/** A machine in files. */
export interface VmFiles {
  readonly hardware: VmxHardware;
  readonly disks: readonly VmDiskFile[];
  readonly snapshots: readonly ListedSnapshot[];
  readonly currentSnapshot: number;
  readonly warnings: readonly string[];
}

/** Extents that only hosted products run (reference `vmdk-formats.md`, section 15). */
export const EXCHANGE = /^(twoGbMaxExtent|monolithic|streamOptimized)/i;

/**
 * Reads a .vmx (or .vmtx), the .vmsd beside it and the descriptors of its disks.
 * @param outside take disks and parents from other folders, as the files say
 * @param use is handed the machine while its files are open
 * @throws InputError for what is no configuration of a machine
 */
export function withVm<T>(path: string, outside: boolean, use: (vm: VmFiles) => T): T {
  const files = new DiskFiles(outside);
  try {
    const vmx = Dictionary.read(readBytes(path, DICTIONARY_BYTES), path, zlibCodec.decode);
    const hardware = readHardware(vmx, path);
    const warnings = [...hardware.warnings];
    const disks = hardware.devices
      .filter(({ kind }) => kind === 'disk')
      .map((device) => readDisk(files, dirname(path), device));
    for (const { device, problem, createType } of disks) {
      if (problem !== undefined) warnings.push(`${device.name}: ${problem}`);
      if (EXCHANGE.test(createType)) {
        warnings.push(
          `${device.name}: ${createType} is for exchange, ESXi does not run it; vmtop disk import converts it`,
        );
      }
    }
    const list = snapshotsOf(path, warnings);
    return use({ hardware, disks, ...list, warnings });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { message } = error;
    throw InputError.of(
      path,
      message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message,
    );
  } finally {
    files.close();
  }
}

function readDisk(files: DiskFiles, folder: string, device: VmxDevice): VmDiskFile {
  const nothing = { device, createType: '', sizeBytes: 0, thin: false, chain: [], links: [] };
  if (device.file === '') return { ...nothing, problem: 'names no file' };
  let at: ParentPlace;
  try {
    at = files.folder(folder).parent(device.file);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { ...nothing, problem: `"${device.file}" is in another folder; --outside follows it` };
  }
  try {
    const { descriptor } = readDescriptor(at.folder.open(at.name), zlibCodec);
    const sectors = descriptor.extents(at.name).reduce((sum, line) => sum + line.sectors, 0);
    const about = {
      device,
      createType: descriptor.createType,
      sizeBytes: sectors * SECTOR,
      thin: descriptor.get('ddb.thinProvisioned') === '1',
    };
    const raw = rawDevice(descriptor);
    if (raw !== undefined) return { ...about, rawDevice: raw, chain: [at.name], links: [] };
    try {
      const { links } = openDisk(at.folder, at.name, zlibCodec);
      const base = links.at(-1)?.descriptor;
      const thin = base?.get('ddb.thinProvisioned') === '1';
      const chain = links.map(({ name }) => basename(name));
      return { ...about, thin, chain, links };
    } catch (error) {
      const alone = descriptor.parentCid === NO_CID ? '' : ' (of its chain)';
      return { ...about, chain: [at.name], links: [], problem: `${wordsOf(error)}${alone}` };
    }
  } catch (error) {
    return { ...nothing, problem: wordsOf(error) };
  }
}

function snapshotsOf(
  path: string,
  warnings: string[],
): Pick<VmFiles, 'snapshots' | 'currentSnapshot'> {
  const beside = join(dirname(path), basename(path).replace(/\.(vmx|vmtx)$/i, '.vmsd'));
  if (!/\.vmsd$/.test(beside) || !existsSync(beside)) return { snapshots: [], currentSnapshot: 0 };
  try {
    const list = new SnapshotList(
      Dictionary.read(readBytes(beside, DICTIONARY_BYTES), beside, zlibCodec.decode),
      beside,
    );
    const snapshots = list.all();
    if (list.needsConsolidation) warnings.push('its disks need consolidation');
    return { snapshots, currentSnapshot: list.current };
  } catch (error) {
    warnings.push(wordsOf(error));
    return { snapshots: [], currentSnapshot: 0 };
  }
}

/** What is wrong, for errors that are meant for people; others go on. */
function wordsOf(error: unknown): string {
  if (error instanceof FormatError) return error.message;
  if (error instanceof InputError) {
    return error.problems.map(({ place, message }) => `${basename(place)}: ${message}`).join('; ');
  }
  throw error;
}
