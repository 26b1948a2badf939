import { expect } from 'vitest';
import { formatVolume } from '../../../src/engine/formats/vmfs/format.js';
import { type Generation, VMFS5 } from '../../../src/engine/formats/vmfs/generation.js';
import type { BlockMedium } from '../../../src/engine/formats/vmfs/medium.js';
import { Volume } from '../../../src/engine/formats/vmfs/volume.js';
import { MemoryImage } from '../../../src/input/image/memory-image.js';

export const MIB = 1 << 20;
export const HOST = '6553f100-12345678-abcd-005056010203';
export const SECONDS = 1_700_000_000;

/** A repeatable sequence of numbers, 32 bits each. */
export function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

export interface NewImages {
  readonly generation?: Generation;
  /** Bytes of each image. */
  readonly sizes?: readonly number[];
  readonly blockBytes?: number;
}

/** Images in memory with an empty volume on them. */
export function formatted(options: NewImages = {}): MemoryImage[] {
  const sizes = options.sizes ?? [1024 * MIB];
  const images = sizes.map((bytes, index) => new MemoryImage(`image${index}`, bytes / 512));
  formatVolume(images, {
    generation: options.generation ?? VMFS5,
    label: 'test',
    ...(options.blockBytes === undefined ? {} : { blockBytes: options.blockBytes }),
    seconds: SECONDS,
    random: sequence(7),
    host: HOST,
  });
  return images;
}

export function openToWrite(images: readonly BlockMedium[], resident?: boolean): Volume {
  const options = resident === undefined ? {} : { resident };
  return Volume.open(images, { seconds: SECONDS + 1, host: HOST, ...options });
}

export function openToRead(images: readonly BlockMedium[]): Volume {
  return Volume.open(images, { seconds: SECONDS + 2 });
}

export function readAll(volume: Volume, path: string): Uint8Array {
  const bytes = new Uint8Array(volume.stat(path).length);
  volume.read(path, 0, bytes);
  return bytes;
}

/** Bytes that tell where they belong. */
export function pattern(seed: number, length: number): Uint8Array {
  const next = sequence(seed);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 4) {
    const word = next();
    for (let byte = 0; byte < 4 && at + byte < length; byte++)
      bytes[at + byte] = word >>> (8 * byte);
  }
  return bytes;
}

/** What a volume should hold after operations on it: paths to content, directories as undefined. */
export class Model {
  readonly files = new Map<string, Uint8Array | undefined>([['/', undefined]]);
  private made = 0;

  constructor(
    private readonly next: () => number,
    private readonly volume: Volume,
  ) {}

  /** Does one operation of the sequence to the volume and to the model. */
  step(): void {
    const { next } = this;
    const files = [...this.files].filter(([, content]) => content !== undefined);
    const directories = [...this.files].filter(([, content]) => content === undefined);
    const pick = <T>(list: readonly T[]): T => list[next() % list.length];
    const fresh = (): string => {
      const [folder] = pick(directories);
      return `${folder === '/' ? '' : folder}/${'n'.repeat(next() % 20)}${this.made++}`;
    };
    const choice = next() % 20;
    if (files.length < 3 || choice < 6) this.create(fresh(), this.size());
    else if (choice < 8 && directories.length < 12) this.makeDirectory(fresh());
    else if (choice < 12) this.write(pick(files)[0]);
    else if (choice < 14) this.resize(pick(files)[0]);
    else if (choice < 16) this.rename(pick(files)[0], fresh());
    else if (choice < 17) this.rename(pick(files)[0], pick(files)[0]);
    else this.remove(pick([...this.files].filter(([path]) => path !== '/'))[0]);
  }

  /** Mostly small: in a sub-block, some of many blocks. */
  private size(): number {
    const { next } = this;
    return next() % [1, 700, 9000, 70_000, 3 * MIB][next() % 5];
  }

  private create(path: string, length: number): void {
    const content = pattern(this.next(), length);
    this.volume.create(path);
    this.volume.write(path, 0, content);
    this.files.set(path, content);
  }

  private makeDirectory(path: string): void {
    this.volume.makeDirectory(path);
    this.files.set(path, undefined);
  }

  private write(path: string): void {
    const old = this.files.get(path) as Uint8Array;
    const offset = this.next() % (old.length + 5000);
    const bytes = pattern(this.next(), this.size());
    if (bytes.length === 0) return;
    const content = new Uint8Array(Math.max(old.length, offset + bytes.length));
    content.set(old);
    content.set(bytes, offset);
    this.volume.write(path, offset, bytes);
    this.files.set(path, content);
  }

  private resize(path: string): void {
    const old = this.files.get(path) as Uint8Array;
    const length = this.size();
    const how = (['thin', 'zeroedthick', 'eagerzeroedthick'] as const)[this.next() % 3];
    const content = new Uint8Array(length);
    content.set(old.subarray(0, length));
    this.volume.resize(path, length, how);
    this.files.set(path, content);
  }

  private rename(from: string, to: string): void {
    const content = this.files.get(from);
    this.volume.rename(from, to, true);
    this.files.delete(from);
    this.files.set(to, content);
  }

  private remove(path: string): void {
    const inside = [...this.files.keys()].some((other) => other.startsWith(`${path}/`));
    if (inside) {
      expect(() => this.volume.remove(path)).toThrow('not empty');
      return;
    }
    this.volume.remove(path);
    this.files.delete(path);
  }

  /** Everything on the volume is what the model says, and nothing else is there. */
  expectOn(volume: Volume): void {
    for (const [path, content] of this.files) {
      if (content === undefined) {
        const names = [...this.files.keys()]
          .filter((other) => other !== '/' && parentOf(other) === path)
          .map((other) => other.slice(other.lastIndexOf('/') + 1))
          .sort();
        const listed = volume
          .list(path)
          .map(({ name }) => name)
          .filter((name) => !name.endsWith('.sf'));
        expect(listed, path).toEqual(names);
      } else {
        expect(Buffer.compare(readAll(volume, path), content), path).toBe(0);
      }
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
