import { InputError } from '../core/errors.js';
import type { EventLog } from '../core/event-log.js';
import type { DiskArray } from '../devices/array/disk-array.js';
import type { Lun } from '../devices/array/lun.js';
import type { Command } from '../plan/commands.js';
import type { Path, PathEvent } from '../stack/storage-apis/psa/path.js';
import type { DeviceStatus, PsaDevice } from '../stack/storage-apis/psa/psa-device.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';
import type { DeviceUsers } from './device-users.js';

export interface StorageAdminParts {
  readonly hosts: ReadonlyMap<string, BuiltHost>;
  readonly arrays: ReadonlyMap<string, DiskArray>;
  readonly users: DeviceUsers;
  readonly isDead: (host: string) => boolean;
  /** A LUN has another snapshot, or (`!isThere`) one less. */
  readonly onSnapshot: (lun: Lun, snapshot: string, isThere: boolean) => void;
  /** A host has found devices it did not know. */
  readonly onFound: (host: string, devices: readonly BuiltDevice[]) => void;
  /** A host has looked at devices again. */
  readonly onRescan: (host: string, devices: readonly BuiltDevice[]) => void;
}

/** What an administrator asks of and does to the hosts' devices and paths. */
export class StorageAdmin {
  /** Devices that rescans leave alone. */
  private readonly perennial = new Set<PsaDevice>();

  constructor(
    private readonly log: EventLog,
    private readonly parts: StorageAdminParts,
  ) {}

  /** The last things that happened to a path, oldest first. */
  pathHistory(host: string, path: string): readonly PathEvent[] {
    return this.path(host, path).history;
  }

  /** @param device uid or LUN name */
  deviceStatus(host: string, device: string): DeviceStatus {
    return this.device(host, device).status();
  }

  /** @throws InputError when the path may not be switched off */
  setPath(host: string, path: string, state: 'on' | 'off'): void {
    refuse(`path ${path}`, this.path(host, path).setAdminState(state));
  }

  setPathRank(host: string, path: string, rank: number): void {
    this.path(host, path).setRank(rank);
  }

  /** Planned removal and its opposite. @throws InputError while the device is in use */
  setDevice(host: string, device: string, state: 'on' | 'off'): void {
    const { psa, lun } = this.built(host, device);
    if (state === 'on') {
      psa.attach();
      return;
    }
    const user = this.parts.users.reasonFor(host, lun.uid);
    if (user !== undefined) {
      const what = `is in use on ${host}: ${user.what}`;
      throw InputError.of(`device ${device}`, what, user.hint);
    }
    refuse(`device ${device}`, psa.detach());
  }

  /** Sets the device's maximum queue depth, its depth while worlds compete, or both. */
  setDepth(host: string, device: string, dqlen?: number, dsnro?: number): void {
    const { queue } = this.built(host, device);
    if (dqlen !== undefined) queue.setDepth(dqlen);
    if (dsnro !== undefined) queue.setCompetingDepth(dsnro);
  }

  /** @throws InputError when there is no such LUN, or the snapshot exists, or does not */
  snapshotLun(command: Extract<Command, { kind: 'lun-snapshot' }>, why: string): void {
    const { lun, action, snapshot } = command;
    const { array, own } = findLun(this.parts.arrays, lun);
    if (action === 'create') array.createSnapshot(own, snapshot, why);
    else array.deleteSnapshot(own, snapshot, why);
    this.parts.onSnapshot(own, snapshot, action === 'create');
  }

  /**
   * Another cluster keeps the device reserved, so that looking at it only costs time (stack-lower
   * reference, 4.3: the flag skips scans that a reservation disturbs).
   */
  setPerennial(host: string, device: string, on: boolean): void {
    const { psa, queue } = this.built(host, device);
    queue.entity.set('perennial', on ? 1 : 0);
    if (on) this.perennial.add(psa);
    else this.perennial.delete(psa);
  }

  /** Whether a device is flagged so. */
  isPerennial(host: string, device: string): boolean {
    return this.perennial.has(this.device(host, device));
  }

  /**
   * Looks for paths of all devices of a host again, but of those that are perennially reserved.
   * @throws InputError when there is no such host, or it is dead
   */
  rescan(host: string): void {
    const built = this.host(host);
    if (this.parts.isDead(host)) {
      throw InputError.of(`host ${host}`, 'is dead', 'it looks for everything when it boots');
    }
    const { adapters, devices } = built;
    this.discover(host, built);
    for (const { nexuses } of adapters.values()) for (const nexus of nexuses) nexus.rediscover();
    const asked = [...devices.values()].filter(({ psa }) => !this.perennial.has(psa));
    for (const { psa } of asked) {
      psa.vaai.forget();
      psa.rescan();
    }
    this.parts.onRescan(host, asked);
  }

  /** A host is back: its paths are probed already. */
  booted(host: string): void {
    const built = this.host(host);
    this.discover(host, built);
    this.parts.onRescan(host, [...built.devices.values()]);
  }

  private discover(host: string, built: BuiltHost): void {
    const fresh = built.discover();
    this.parts.onFound(host, fresh);
    for (const { lun, psa } of fresh) {
      const what = `${lun.name}, by ${psa.paths.length} paths`;
      this.log.note('device.discovered', `${host} ${lun.uid}`, what, 'rescan');
    }
  }

  private host(name: string): BuiltHost {
    return found('host', name, this.parts.hosts.get(name), this.parts.hosts.keys());
  }

  private device(host: string, name: string): PsaDevice {
    return this.built(host, name).psa;
  }

  private built(host: string, name: string): BuiltDevice {
    const { devices } = this.host(host);
    const built = devices.get(name) ?? [...devices.values()].find(({ lun }) => lun.name === name);
    return found('device', name, built, devices.keys());
  }

  private path(host: string, name: string): Path {
    const paths = [...this.host(host).devices.values()].flatMap(({ psa }) => psa.paths);
    const path = paths.find((candidate) => candidate.name === name);
    const known = paths.map((candidate) => candidate.name);
    return found('path', name, path, known);
  }
}

/** A LUN by array and name: `array1/lun0`. @throws InputError when there is none */
export function findLun(
  arrays: ReadonlyMap<string, DiskArray>,
  lun: string,
): { readonly array: DiskArray; readonly own: Lun } {
  const places = new Map(
    [...arrays.values()].flatMap((array) =>
      [...array.luns.values()].map((own) => [`${array.name}/${own.name}`, { array, own }]),
    ),
  );
  return found('LUN', lun, places.get(lun), places.keys());
}

function found<T>(what: string, name: string, value: T | undefined, known: Iterable<string>): T {
  if (value !== undefined) return value;
  const some = [...known].slice(0, 12).join(', ');
  throw InputError.of(what, `there is no ${what} ${name}`, `known: ${some}`);
}

function refuse(what: string, reason: string | undefined): void {
  if (reason !== undefined) throw InputError.of(what, reason);
}
