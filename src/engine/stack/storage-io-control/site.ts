import type { Entity } from '../../core/meters.js';
import type { Claim } from '../../qos/entitlement.js';

/** A queue whose depth Storage I/O Control sets: of a device, or of an NFS volume. */
export interface ControlledQueue {
  /** The `device` it belongs to. */
  readonly entity: Entity;
  /** Commands it may have below at most. */
  readonly configuredDepth: number;
  /** 0 gives the depth back to the queue's own rules. */
  setSiocDepth(depth: number): void;
}

/** What a host writes into its block of a datastore's statistics file, once a period. */
export interface StatisticsBlock {
  /** When it was measured, ns. */
  readonly at: number;
  /** Mean latency of the device, as if all commands were small; 0 without commands. */
  readonly latencyNs: number;
  /** Reads and writes since the block before, and the same per second, in small commands. */
  readonly commands: number;
  readonly rate: number;
  /** Commands the device had on average, and may have. */
  readonly outstanding: number;
  readonly window: number;
  readonly activeShares: number;
  /** Units of cost its virtual disks got per second; what they may have and ask for. */
  readonly units: number;
  readonly claims: readonly Claim[];
}

/** Blocks older than this many periods are not counted: the host has left (stack-lower 10.4). */
export const FRESH_PERIODS = 3;

export const SIOC_FIELDS = [
  'window',
  'latencyNs',
  'localLatencyNs',
  'thresholdNs',
  'beta',
  'activeShares',
  'entitlement',
  'congested',
  'enabled',
  'steps',
] as const;
