import { FormatError } from '../../core/errors.js';
import type { Dictionary } from '../dictionary/dictionary.js';

/** A virtual adapter of a .vmx (reference `stack-upper.md`, sections 17 and 19). */
export interface VmxAdapter {
  /** `scsi0`. */
  readonly name: string;
  readonly bus: Bus;
  /** In small letters: pvscsi, lsilogic, lsisas1068, buslogic, ahci, nvme, ide. */
  readonly type: string;
  readonly sharedBus: string;
}

export interface VmxDevice {
  /** `scsi0:0`. */
  readonly name: string;
  readonly adapter: string;
  readonly kind: 'disk' | 'cdrom' | 'passthrough' | 'other';
  readonly file: string;
  /** In small letters; persistent when nothing is said. */
  readonly mode: string;
  readonly sharing: string;
  readonly changeTracking: boolean;
  readonly ssd: boolean;
  /** As the scheduler takes them: low 500, normal 1000, high 2000. */
  readonly shares: number;
  /** I/Os per second; 0 is none. */
  readonly reservation: number;
  /** I/Os per second; 0 is unlimited. */
  readonly limit: number;
}

export interface VmxHardware {
  readonly displayName: string;
  readonly guestOs: string;
  readonly hardwareVersion: number;
  readonly memoryBytes: number;
  /** Of it, what is reserved and has no swap. */
  readonly memoryReservedBytes: number;
  readonly cpus: number;
  readonly adapters: readonly VmxAdapter[];
  readonly devices: readonly VmxDevice[];
  /** What a host would refuse or ignore, in sentences. */
  readonly warnings: readonly string[];
}

type Bus = 'scsi' | 'sata' | 'nvme' | 'ide';

/** Adapters of each bus and devices of each adapter (section 19); PVSCSI and NVMe have more in new versions. */
const BUSES: Readonly<Record<Bus, { adapters: number; units: number; type: string }>> = {
  scsi: { adapters: 4, units: 16, type: 'lsilogic' },
  sata: { adapters: 4, units: 30, type: 'ahci' },
  nvme: { adapters: 4, units: 15, type: 'nvme' },
  ide: { adapters: 2, units: 2, type: 'ide' },
};
const SCSI_TYPES: ReadonlySet<string> = new Set(['pvscsi', 'lsilogic', 'lsisas1068', 'buslogic']);
const SHARES: Readonly<Record<string, number>> = { low: 500, normal: 1000, high: 2000 };
const MIB = 1048576;

/**
 * The hardware of a machine that matters to storage.
 * @throws FormatError when the file is no machine's, or a number in it is none
 */
export function readHardware(vmx: Dictionary, place: string): VmxHardware {
  if (vmx.get('config.version') === undefined && vmx.get('virtualHW.version') === undefined) {
    throw new FormatError(
      `${place}: expected the configuration of a virtual machine (config.version, virtualHW.version)`,
    );
  }
  const hardwareVersion = number(vmx, 'virtualHW.version', place) ?? 4;
  const memoryBytes = (number(vmx, 'memSize', place) ?? 32) * MIB;
  const pinned = vmx.isTrue('sched.mem.pin');
  const least = number(vmx, 'sched.mem.min', place) ?? 0;
  const warnings: string[] = [];
  const adapters = adaptersOf(vmx, warnings);
  const devices = devicesOf(vmx, adapters, hardwareVersion, place, warnings);
  for (const key of vmx.repeated()) warnings.push(`${key} is set more than once: the last counts`);
  for (const line of vmx.strays()) warnings.push(`line ${line} is no setting`);
  return {
    displayName: vmx.get('displayName') ?? '',
    guestOs: vmx.get('guestOS') ?? '',
    hardwareVersion,
    memoryBytes,
    memoryReservedBytes: pinned ? memoryBytes : Math.min(memoryBytes, least * MIB),
    cpus: number(vmx, 'numvcpus', place) ?? 1,
    adapters,
    devices,
    warnings,
  };
}

function adaptersOf(vmx: Dictionary, warnings: string[]): VmxAdapter[] {
  const found: VmxAdapter[] = [];
  for (const [bus, { adapters, type: usual }] of entries(BUSES)) {
    for (let at = 0; at < adapters; at++) {
      const name = `${bus}${at}`;
      // IDE channels are part of the board: nothing says they are there.
      if (bus !== 'ide' && !vmx.isTrue(`${name}.present`)) continue;
      const type = (bus === 'scsi' && vmx.get(`${name}.virtualDev`)?.toLowerCase()) || usual;
      if (bus === 'scsi' && !SCSI_TYPES.has(type)) {
        warnings.push(`${name} is a "${type}", no adapter known: ${[...SCSI_TYPES].join(', ')}`);
      }
      const sharedBus = vmx.get(`${name}.sharedBus`)?.toLowerCase() ?? 'none';
      found.push({ name, bus, type, sharedBus });
    }
  }
  return found;
}

function devicesOf(
  vmx: Dictionary,
  adapters: readonly VmxAdapter[],
  version: number,
  place: string,
  warnings: string[],
): VmxDevice[] {
  const found: VmxDevice[] = [];
  const named = new Set<string>();
  for (const key of vmx.keys()) {
    const [, bus, at, unit] = /^(scsi|sata|nvme|ide)(\d{1,2}):(\d{1,2})\./i.exec(key) ?? [];
    if (bus === undefined) continue;
    const name = `${bus.toLowerCase()}${Number(at)}:${Number(unit)}`;
    if (named.has(name) || !vmx.isTrue(`${name}.present`)) continue;
    named.add(name);
    const adapter = adapters.find((candidate) => name.startsWith(`${candidate.name}:`));
    if (adapter === undefined) {
      warnings.push(`${name} is on an adapter that is not there`);
      continue;
    }
    const units = unitsOf(adapter, version);
    if (Number(unit) >= units || (adapter.bus === 'scsi' && unit === '7')) {
      warnings.push(
        `${name}: ${adapter.type} has units 0 to ${units - 1}${adapter.bus === 'scsi' ? ', 7 is its own' : ''}`,
      );
      continue;
    }
    found.push(deviceOf(vmx, name, adapter, place));
  }
  for (const { name, kind, changeTracking } of found) {
    const asked = vmx.isTrue('ctkEnabled');
    if (kind === 'disk' && changeTracking && !asked) {
      warnings.push(`${name}.ctkEnabled has no effect: ctkEnabled of the machine is not TRUE`);
    }
    if (changeTracking && version < 7) {
      warnings.push(`${name}: changed block tracking needs hardware version 7, this is ${version}`);
    }
  }
  return found;
}

/** From version 14 on PVSCSI, from 21 on NVMe have 64 devices (section 19). */
function unitsOf({ bus, type }: VmxAdapter, version: number): number {
  const more = (type === 'pvscsi' && version >= 14) || (type === 'nvme' && version >= 21);
  return more ? 64 : BUSES[bus].units;
}

function deviceOf(vmx: Dictionary, name: string, { name: adapter }: VmxAdapter, place: string) {
  const get = (key: string): string => vmx.get(`${name}.${key}`) ?? '';
  const file = get('fileName');
  return {
    name,
    adapter,
    kind: kindOf(get('deviceType').toLowerCase(), file),
    file,
    mode: get('mode').toLowerCase() || 'persistent',
    sharing: get('sharing').toLowerCase(),
    changeTracking: vmx.isTrue(`${name}.ctkEnabled`),
    ssd: vmx.isTrue(`${name}.virtualSSD`),
    shares: share(vmx, `sched.${name}.shares`, place),
    reservation: number(vmx, `sched.${name}.reservation`, place) ?? 0,
    limit: number(vmx, `sched.${name}.throughputCap`, place) ?? 0,
  } satisfies VmxDevice;
}

function kindOf(type: string, file: string): VmxDevice['kind'] {
  if (type.includes('cdrom')) return 'cdrom';
  if (type.includes('passthru')) return 'passthrough';
  if (type.includes('disk')) return 'disk';
  if (type !== '') return 'other';
  return /\.vmdk$/i.test(file) ? 'disk' : /\.iso$/i.test(file) ? 'cdrom' : 'other';
}

function share(vmx: Dictionary, key: string, place: string): number {
  return (
    SHARES[vmx.get(key)?.toLowerCase() ?? 'normal'] ?? number(vmx, key, place) ?? SHARES.normal
  );
}

/** Undefined for what is not there, `off` and `unlimited`. */
function number(vmx: Dictionary, key: string, place: string): number | undefined {
  const text = vmx.get(key)?.trim() ?? '';
  if (text === '' || /^(off|unlimited|-1)$/i.test(text)) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new FormatError(`${place}: ${key} is "${text}", expected a number`);
}

function entries<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][];
}
