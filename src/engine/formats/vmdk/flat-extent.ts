import { FormatError } from '../../core/errors.js';
import { DATA, type Extent, type Run, ZERO } from './extent.js';
import { type FileMedium, SECTOR } from './medium.js';

/** Raw bytes of a file from a sector on: FLAT, VMFS, and whole raw images. */
export class FlatExtent implements Extent {
  constructor(
    readonly medium: FileMedium,
    readonly sectors: number,
    readonly offset: number,
  ) {
    const missing = (offset + sectors) * SECTOR - medium.bytes;
    if (missing > 0) {
      throw new FormatError(`${medium.name}: the file is ${missing} bytes shorter than its extent`);
    }
  }

  get sectorsMax(): number {
    return this.sectors;
  }

  probe(sector: number, limit: number, run: Run): void {
    probeFile(this.medium, this.offset + sector, limit, run);
  }

  read(sector: number, count: number, into: Uint8Array, at: number): void {
    const bytes = into.subarray(at, at + count * SECTOR);
    this.medium.read((this.offset + sector) * SECTOR, bytes);
  }
}

/** A whole raw image. Its last sector may be short: the rest of it reads as zeros. */
export class RawExtent implements Extent {
  readonly sectors: number;

  constructor(readonly medium: FileMedium) {
    this.sectors = Math.ceil(medium.bytes / SECTOR);
  }

  get sectorsMax(): number {
    return this.sectors;
  }

  probe(sector: number, limit: number, run: Run): void {
    probeFile(this.medium, sector, limit, run);
  }

  read(sector: number, count: number, into: Uint8Array, at: number): void {
    const there = Math.min(count * SECTOR, this.medium.bytes - sector * SECTOR);
    this.medium.read(sector * SECTOR, into.subarray(at, at + there));
    into.fill(0, at + there, at + count * SECTOR);
  }
}

/** Holes of a file are zeros of the disk; sectors that are in part a hole are data. */
function probeFile(medium: FileMedium, sector: number, limit: number, run: Run): void {
  const at = sector * SECTOR;
  const data = medium.nextData(at);
  if (data >= medium.bytes) {
    run.kind = ZERO;
    run.sectors = limit;
  } else if (data - at >= SECTOR) {
    run.kind = ZERO;
    run.sectors = Math.min(limit, Math.floor((data - at) / SECTOR));
  } else {
    const sectors = Math.ceil((medium.nextHole(data) - at) / SECTOR);
    run.kind = DATA;
    run.sectors = Math.max(1, Math.min(limit, sectors));
  }
}

/** An extent of zeros, with no file. */
export class ZeroExtent implements Extent {
  readonly sectorsMax = 0;

  constructor(readonly sectors: number) {}

  probe(_sector: number, limit: number, run: Run): void {
    run.kind = ZERO;
    run.sectors = limit;
  }

  read(): void {}
}
