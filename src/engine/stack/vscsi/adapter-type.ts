import type { AdapterTypeName } from '../../plan/vms.js';

/** A kind of virtual storage adapter: what the guest's driver finds, and what a command costs. */
export interface AdapterType {
  readonly name: AdapterTypeName;
  readonly summary: string;
  /** PCI vendor and device (stack-upper 19). */
  readonly pciId: string;
  readonly disksMax: number;
  /** Commands one virtual disk takes at once. */
  readonly diskQueueDepth: number;
  /** Commands the adapter's ring takes at once, over all its disks. */
  readonly ringDepth: number;
  /** From the guest's kick until the decoded command goes down; one command at a time. */
  readonly issueNs: number;
  /** From a command's return until the interrupt that announces it to the guest. */
  readonly interruptNs: number;
}
