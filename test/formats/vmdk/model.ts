import { FormatError, InputError } from '../../../src/engine/core/errors.js';
import { checkDisk, type DiskReport } from '../../../src/engine/formats/vmdk/check/check.js';
import { copyDisk, readAny } from '../../../src/engine/formats/vmdk/copy.js';
import { createDisk } from '../../../src/engine/formats/vmdk/create.js';
import { Run, type Sectors } from '../../../src/engine/formats/vmdk/extent.js';
import { RawExtent } from '../../../src/engine/formats/vmdk/flat-extent.js';
import { formatByName } from '../../../src/engine/formats/vmdk/formats.js';
import {
  type DiskFolder,
  type FileMedium,
  OutsideError,
  type ParentPlace,
} from '../../../src/engine/formats/vmdk/medium.js';
import { zlibCodec } from '../../../src/input/image/zlib-codec.js';

const CHUNK = 1 << 16;

/** A file in memory that takes space only where it was written to. */
export class MemoryFile implements FileMedium {
  bytes = 0;
  private readonly chunks = new Map<number, Uint8Array>();

  constructor(
    readonly name: string,
    content?: Uint8Array,
  ) {
    if (content !== undefined) this.write(0, content);
  }

  nextData(at: number): number {
    const number = Math.floor(at / CHUNK);
    if (this.chunks.has(number)) return at;
    let first = Number.POSITIVE_INFINITY;
    for (const chunk of this.chunks.keys()) if (chunk > number) first = Math.min(first, chunk);
    return Math.min(this.bytes, first * CHUNK);
  }

  nextHole(at: number): number {
    let number = Math.floor(at / CHUNK);
    while (this.chunks.has(number)) number++;
    return Math.min(this.bytes, Math.max(at, number * CHUNK));
  }

  read(at: number, into: Uint8Array): void {
    if (at + into.length > this.bytes) throw new FormatError(`${this.name}: it is cut short`);
    for (let done = 0; done < into.length; ) {
      const inside = (at + done) % CHUNK;
      const length = Math.min(CHUNK - inside, into.length - done);
      const chunk = this.chunks.get(Math.floor((at + done) / CHUNK));
      if (chunk === undefined) into.fill(0, done, done + length);
      else into.set(chunk.subarray(inside, inside + length), done);
      done += length;
    }
  }

  write(at: number, from: Uint8Array): void {
    for (let done = 0; done < from.length; ) {
      const inside = (at + done) % CHUNK;
      const length = Math.min(CHUNK - inside, from.length - done);
      const number = Math.floor((at + done) / CHUNK);
      const chunk = this.chunks.get(number) ?? new Uint8Array(CHUNK);
      chunk.set(from.subarray(done, done + length), inside);
      this.chunks.set(number, chunk);
      done += length;
    }
    this.bytes = Math.max(this.bytes, at + from.length);
  }

  resize(bytes: number): void {
    if (bytes < this.bytes) {
      const rest = new Uint8Array(Math.min(this.bytes - bytes, 4 << 20));
      this.write(bytes, rest);
    }
    this.bytes = bytes;
  }

  content(): Uint8Array {
    const bytes = new Uint8Array(this.bytes);
    this.read(0, bytes);
    return bytes;
  }
}

/** A folder in memory. */
export class MemoryFolder implements DiskFolder {
  readonly files = new Map<string, MemoryFile>();
  /** Every name that was asked for. */
  readonly asked: string[] = [];

  readonly create = (name: string): MemoryFile => this.put(name);

  put(name: string, content?: Uint8Array | string): MemoryFile {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const file = new MemoryFile(name, bytes);
    this.files.set(name, file);
    return file;
  }

  open(name: string): MemoryFile {
    this.asked.push(name);
    const file = this.files.get(name);
    if (file === undefined) throw InputError.of(name, 'no such file');
    return file;
  }

  parent(path: string): ParentPlace {
    if (/[/\\]/.test(path)) throw OutsideError.of(path, 'another folder', '');
    return { folder: this, name: path, identity: path };
  }

  text(name: string): string {
    return new TextDecoder().decode(this.open(name).content());
  }

  check(name: string): DiskReport {
    return checkDisk(this, name, zlibCodec, () => undefined);
  }
}

/** Pseudo-random numbers of 32 bits (xorshift, Marsaglia 2003). */
export function sequence(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** A disk with data here and there, none of it compressible; its first and last sectors have some. */
export function rawDisk(bytes: number, seed = 1): Uint8Array {
  const next = sequence(seed);
  const disk = new Uint8Array(bytes);
  const put = (at: number, length: number): void => {
    for (let done = 0; done < length && at + done < bytes; done++) disk[at + done] = next();
  };
  put(0, 700);
  for (let round = 0; round < 12; round++) {
    put(Math.floor((next() % Math.max(1, bytes)) / 512) * 512, [512, 4096, 70_000][round % 3]);
  }
  put(Math.max(0, bytes - 300), 300);
  return disk;
}

/** Writes a raw disk as `name` in a format. */
export function write(
  folder: MemoryFolder,
  name: string,
  format: string,
  source: Uint8Array | Sectors,
  more: Partial<Parameters<typeof createDisk>[4]> = {},
): void {
  const from = source instanceof Uint8Array ? new RawExtent(new MemoryFile('raw', source)) : source;
  const sink = createDisk(folder.create, name, formatByName(format), from.sectors, {
    codec: zlibCodec,
    random: sequence(7),
    ...more,
  });
  copyDisk(from, sink, from.sectors, () => undefined);
  sink.finish();
}

/** All bytes of a disk. */
export function contentOf(disk: Sectors): Uint8Array {
  const bytes = new Uint8Array(disk.sectors * 512);
  readAny(disk, 0, disk.sectors, bytes, new Run());
  return bytes;
}
