import type { BackupTransport } from '../../plan/commands.js';

export const TRANSPORTS: readonly BackupTransport[] = ['san', 'hotadd', 'nbd', 'nbdssl'];

export interface TransportInfo {
  readonly summary: string;
  /** Read at once, bytes. */
  readonly readBytes: number;
  /** Reads of one disk in flight. */
  readonly parallel: number;
  /** CPU of the sender for each byte, ns; 0: nothing is sent over the management network. */
  readonly cpuNsPerByte: number;
}

const KIB = 1024;

/**
 * Network Block Device: the file copy service of the host (NFC) reads, and sends over the management
 * network from buffers of 64 KiB, four of them (from memory). The CPU for a byte is a model: copying
 * and TCP at 2 GB/s on one core, with AES-GCM in between at 700 MB/s.
 */
const NBD = { readBytes: 64 * KIB, parallel: 4 } as const;
const CPU_NS = 0.5;
const CPU_SSL_NS = 1.4;

/** 1 MiB and eight at once where nothing but the disk is in the way (model). */
const DIRECT = { readBytes: 1024 * KIB, parallel: 8, cpuNsPerByte: 0 } as const;

export const TRANSPORT: Readonly<Record<BackupTransport, TransportInfo>> = {
  san: {
    ...DIRECT,
    summary: 'a proxy reads the LUNs over a path of its own; VMFS only',
  },
  hotadd: {
    ...DIRECT,
    summary: 'a proxy VM on the host has the disk added to it, and reads it as a guest does',
  },
  nbd: {
    ...NBD,
    cpuNsPerByte: CPU_NS,
    summary: 'the host reads the disk, and sends it over its management network',
  },
  nbdssl: {
    ...NBD,
    cpuNsPerByte: CPU_SSL_NS,
    summary: 'as nbd, encrypted, which takes more of the CPU of the host',
  },
};

/** Management network of a host that names none: 1 Gbit/s (model). */
export const MANAGEMENT_BYTES_PER_SECOND = 125e6;
