import type { GrainRun } from '../../stack/vmfiles/chain/link.js';

/** One file of a disk's chain, with where its data lies. */
export interface ChainLink {
  /** `[datastore] web1/web1-000001.vmdk`. */
  readonly descriptor: string;
  /** The extent: `[datastore] web1/web1-000001-sesparse.vmdk`, or the flat base. */
  readonly extent: string;
  readonly format: 'flat' | 'vmfsSparse' | 'seSparse';
  readonly cid: number;
  readonly parentCid: number;
  readonly fileNumber: number;
  readonly fileBytes: number;
  readonly capacityBlocks: number;
  /** Grains the file holds, in order of their address in the disk; none for a flat base. */
  runs(): Generator<GrainRun>;
  /** Whether something was ever written to a file block, 1 MiB, of the extent. */
  holds(fileBlock: number): boolean;
  /** Fills `into`, whole blocks, with what lies in the extent from a block on. */
  read(block: number, into: Uint8Array): void;
}
