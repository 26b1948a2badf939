import { InputError } from '../core/errors.js';
import type { Path, PathEvent } from '../stack/storage-apis/psa/path.js';
import type { DeviceStatus, PsaDevice } from '../stack/storage-apis/psa/psa-device.js';
import type { BuiltDevice, BuiltHost } from './build-hosts.js';

/** What an administrator asks of and does to the hosts' devices and paths. */
export class StorageAdmin {
  constructor(private readonly hosts: ReadonlyMap<string, BuiltHost>) {}

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
    const found = this.device(host, device);
    if (state === 'on') found.attach();
    else refuse(`device ${device}`, found.detach());
  }

  /** Sets the device's maximum queue depth, its depth while worlds compete, or both. */
  setDepth(host: string, device: string, dqlen?: number, dsnro?: number): void {
    const { queue } = this.built(host, device);
    if (dqlen !== undefined) queue.setDepth(dqlen);
    if (dsnro !== undefined) queue.setCompetingDepth(dsnro);
  }

  /** Looks for paths of all devices of a host again. */
  rescan(host: string): void {
    for (const { psa } of this.host(host).devices.values()) psa.rescan();
  }

  private host(name: string): BuiltHost {
    return found('host', name, this.hosts.get(name), this.hosts.keys());
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

function found<T>(what: string, name: string, value: T | undefined, known: Iterable<string>): T {
  if (value !== undefined) return value;
  const some = [...known].slice(0, 12).join(', ');
  throw InputError.of(what, `there is no ${what} ${name}`, `known: ${some}`);
}

function refuse(what: string, reason: string | undefined): void {
  if (reason !== undefined) throw InputError.of(what, reason);
}
