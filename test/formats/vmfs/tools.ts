import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { MemoryImage } from '../../../src/input/image/memory-image.js';

/** The Debian packages vmfs-tools and vmfs6-tools as judges, and sample volumes of real hosts. */

const SAMPLES = join(import.meta.dirname, '../../../../shared/samples/vmfs');

const ZEROS = Buffer.alloc(1 << 16);

/** True where a program can be started; a line says so where not. */
export function hasTool(name: string): boolean {
  const there = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) =>
    existsSync(join(folder, name)),
  );
  if (!there) console.warn(`skipped: ${name} is missing (Debian: vmfs-tools, vmfs6-tools)`);
  return there;
}

/** What a program writes to standard output, as bytes. */
export function run(program: string, ...args: readonly string[]): Buffer {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const { stdout, error } = spawnSync(program, args, {
    env: { ...process.env, PATH: path },
    maxBuffer: 1 << 30,
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  return stdout;
}

const COUNTERS = [
  'Unallocated blocks',
  'Lost blocks',
  'Undefined inodes',
  'Orphaned inodes',
  'Directory errors',
];

/** The five counters fsck.vmfs ends with; its exit status is always 0 (reference, section 16.1). */
export function fsck(paths: readonly string[]): Record<string, number> {
  const text = run('fsck.vmfs', ...paths).toString();
  return Object.fromEntries(
    COUNTERS.map((name) => [
      name,
      Number(new RegExp(`^${name} *: (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN),
    ]),
  );
}

/** What it ends with when it has found nothing. */
export const CLEAN = Object.fromEntries(COUNTERS.map((name) => [name, 0]));

/** What `debugvmfs6` prints; it says its version first, for each device (reference, section 16.2). */
export function debugVmfs6(paths: readonly string[], ...args: readonly string[]): Buffer {
  return run('debugvmfs6', ...paths, ...args).subarray('VMFS version: 6\n'.length * paths.length);
}

/**
 * Lets a FUSE file system show volumes in a folder while `use` runs.
 * @returns false (and a line saying why) where this machine cannot mount
 */
export function mounted(
  program: string,
  paths: readonly string[],
  use: (folder: string) => void,
): boolean {
  if (!hasTool(program)) return false;
  const folder = mkdtempSync(join(tmpdir(), 'vmtop-fuse-'));
  try {
    const { status } = spawnSync(program, [...paths, folder], { timeout: 20_000 });
    if (!existsSync('/dev/fuse') || status !== 0) {
      console.warn(`skipped: ${program} cannot mount here (/dev/fuse, or the right to use it)`);
      return false;
    }
    try {
      use(folder);
    } finally {
      const tools = [['fusermount', '-u'], ['fusermount3', '-u'], ['umount']];
      tools.some(
        ([tool = '', ...args]) =>
          spawnSync(tool, [...args, folder], { timeout: 20_000 }).status === 0,
      );
    }
    return true;
  } finally {
    rmdirSync(folder);
  }
}

/** A folder of image files; `remove` at its end. */
export class Images {
  readonly folder = mkdtempSync(join(tmpdir(), 'vmtop-vmfs-'));

  /** The images in files, sparse; their paths. */
  store(images: readonly MemoryImage[]): string[] {
    return images.map((image) => {
      const path = join(this.folder, image.name);
      const file = openSync(path, 'w');
      ftruncateSync(file, image.blocks * 512);
      for (const [at, bytes] of image.written()) {
        if (bytes.some((byte) => byte !== 0)) writeSync(file, bytes, 0, bytes.length, at);
      }
      closeSync(file);
      return path;
    });
  }

  /** A sample volume, inflated; undefined (and a line saying so) when the folder is not there. */
  sample(name: string): string | undefined {
    const packed = join(SAMPLES, `${name}.gz`);
    if (!existsSync(packed)) {
      console.warn(`skipped: ${packed} is missing`);
      return undefined;
    }
    const bytes = gunzipSync(readFileSync(packed));
    const path = join(this.folder, name);
    const file = openSync(path, 'w');
    ftruncateSync(file, bytes.length);
    for (let at = 0; at < bytes.length; at += 1 << 16) {
      const part = bytes.subarray(at, at + ZEROS.length);
      if (!part.equals(ZEROS.subarray(0, part.length))) writeSync(file, part, 0, part.length, at);
    }
    closeSync(file);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
