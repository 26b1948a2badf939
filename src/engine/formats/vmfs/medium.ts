/** What a volume's bytes are kept in: a device, an image file, memory. */

/** Bytes of a block of every medium: what disks of VMFS volumes report. */
export const MEDIUM_BLOCK_BYTES = 512;

/**
 * A synchronous block device. Addresses and lengths are in blocks of 512 bytes; a write of one block
 * is atomic, one of several may be torn between blocks.
 */
export interface BlockMedium {
  /** For messages: path of the image, or name of the device. */
  readonly name: string;
  readonly blocks: number;
  readonly writable: boolean;
  /** What the device says it is (VPD page 83), at most 44 bytes; an image file says nothing. */
  readonly identity?: Uint8Array | undefined;
  /** Makes it larger, by zeros; none where it has the size it has. */
  grow?(blocks: number): void;
  /** Fills the first `blocks * 512` bytes of `into`; what was never written reads as zeros. */
  read(lba: number, blocks: number, into: Uint8Array): void;
  /** @param from at least `blocks * 512` bytes */
  write(lba: number, blocks: number, from: Uint8Array): void;
  /** Makes blocks read as zeros, for a medium that knows more of them than what reading tells. */
  clear?(lba: number, blocks: number): void;
  /** Returns once everything written before is safe from a loss of power. */
  flush(): void;
}

/** Part of a medium as a medium of its own: a partition. */
export class MediumPart implements BlockMedium {
  constructor(
    readonly whole: BlockMedium,
    private readonly start: number,
    readonly blocks: number,
  ) {}

  get name(): string {
    return this.whole.name;
  }

  get writable(): boolean {
    return this.whole.writable;
  }

  get identity(): Uint8Array | undefined {
    return this.whole.identity;
  }

  read(lba: number, blocks: number, into: Uint8Array): void {
    this.whole.read(this.start + lba, blocks, into);
  }

  write(lba: number, blocks: number, from: Uint8Array): void {
    this.whole.write(this.start + lba, blocks, from);
  }

  flush(): void {
    this.whole.flush();
  }
}
