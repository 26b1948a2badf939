import type { Layer } from '../../../core/layer.js';
import type { Entity } from '../../../core/meters.js';
import type { Giver } from '../../recall.js';
import type { Settings } from '../../settings.js';
import type { Vaai } from '../vaai/vaai.js';
import type { Availability } from './availability.js';
import type { ArrayModel, PathSelector } from './define.js';
import type { Path } from './path.js';
import type { HealthSettings } from './path-health.js';

/** What every multipathing plug-in's side of a device is made from. */
export interface PsaDeviceOptions {
  readonly host: string;
  /** `naa.6...`. */
  readonly uid: string;
  /** In the order of discovery; each path belongs to one device. */
  readonly paths: readonly Path[];
  readonly settings: Settings;
  /** The `device` entity, which the device queue defines. */
  readonly entity: Entity;
}

/** What plug-ins built on this engine differ in. */
export interface MultipathParts {
  readonly plugin: string;
  readonly model: ArrayModel;
  /** Name of the array type; empty when the plug-in has none. */
  readonly satp: string;
  readonly psp: string;
  readonly selector: PathSelector;
  readonly health: HealthSettings;
}

/** How a device is claimed and set up, as `esxcli storage nmp device list` shows it. */
export interface DeviceStatus {
  readonly plugin: string;
  /** Empty under plug-ins that have no array types. */
  readonly satp: string;
  readonly satpConfig: string;
  readonly psp: string;
  readonly pspConfig: string;
  readonly workingPaths: readonly string[];
}

/** A logical device as the layers above, the administrator and the screens know it. */
export interface PsaDevice extends Layer, Giver {
  readonly uid: string;
  readonly paths: readonly Path[];
  readonly vaai: Vaai;
  /** DEVICE_ON, DEVICE_APD_START, ... */
  readonly state: number;
  readonly availability: Pick<Availability, 'onChange'>;
  readonly workingPath: Path | undefined;
  /** Commands held for want of a path. */
  readonly heldCount: number;
  /** Told of each TASK SET FULL and BUSY, for adaptive queue depth. */
  onQueueFull: (() => void) | undefined;
  status(): DeviceStatus;
  /** Looks for paths again; the only way back from permanent device loss. */
  rescan(): void;
  /** Planned removal: switches the device off; says why when it may not be. */
  detach(): string | undefined;
  attach(): void;
  /** The host is dead and asks no path; or it boots, and looks at all of them. */
  halt(on: boolean): void;
}
