import { isZeroes } from './extent.js';
import { type FileMedium, SECTOR } from './medium.js';

/** What a disk is written into, from its first sector to its last. */
export interface Sink {
  /** True where zeros have to be written too. */
  readonly dense: boolean;
  /**
   * Stretches come in order, each aligned to 1 MiB unless it is the last. What is left out is zeros.
   * The bytes may be used for something else afterwards.
   */
  write(sector: number, bytes: Uint8Array): void;
  /** Writes what is still to be written; the disk is whole afterwards. */
  finish(): void;
}

/** Raw bytes; zeros are left out unless dense. */
export class FlatSink implements Sink {
  constructor(
    private readonly medium: FileMedium,
    private readonly sectors: number,
    readonly dense: boolean,
  ) {}

  write(sector: number, bytes: Uint8Array): void {
    if (this.dense) this.medium.write(sector * SECTOR, bytes);
    else {
      eachStretch(bytes, FLAT_UNIT, (from, to) => {
        this.medium.write(sector * SECTOR + from, bytes.subarray(from, to));
      });
    }
  }

  finish(): void {
    this.medium.resize(this.sectors * SECTOR);
  }
}

/** Zeros of this many bytes become holes: 64 KiB. */
const FLAT_UNIT = 0x10000;

/** Calls `use` for every stretch of units that are not all zeros. */
export function eachStretch(
  bytes: Uint8Array,
  unit: number,
  use: (from: number, to: number) => void,
): void {
  let from = -1;
  for (let at = 0; at < bytes.length; at += unit) {
    const zero = isZeroes(bytes, at, Math.min(at + unit, bytes.length));
    if (zero && from >= 0) {
      use(from, at);
      from = -1;
    } else if (!zero && from < 0) from = at;
  }
  if (from >= 0) use(from, bytes.length);
}

/** A disk in several extents: hands every stretch to the one it is in. */
export class SplitSink implements Sink {
  readonly dense: boolean;

  constructor(
    private readonly parts: readonly Sink[],
    /** Sectors of every extent but the last. */
    private readonly partSectors: number,
  ) {
    this.dense = parts.some((part) => part.dense);
  }

  write(sector: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = sector + done / SECTOR;
      const index = Math.min(Math.floor(at / this.partSectors), this.parts.length - 1);
      const inside = at - index * this.partSectors;
      const room =
        index === this.parts.length - 1 ? bytes.length : (this.partSectors - inside) * SECTOR;
      const length = Math.min(bytes.length - done, room);
      this.parts[index].write(inside, bytes.subarray(done, done + length));
      done += length;
    }
  }

  finish(): void {
    for (const part of this.parts) part.finish();
  }
}
