import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** qemu-img, libvmdk and 7-Zip as judges, and sample disks of VMware's own programs. */

const SAMPLES = join(import.meta.dirname, '../../../../shared/samples/vmdk');

/** True where a program is installed; a line says so where not. */
export function hasTool(name: string): boolean {
  const there = ['/usr/bin', '/usr/local/bin', '/bin'].some((at) => existsSync(join(at, name)));
  if (!there)
    console.warn(`skipped: ${name} is missing (Debian: qemu-utils libvmdk-utils p7zip-full)`);
  return there;
}

export function run(
  program: string,
  ...args: readonly string[]
): { status: number; stdout: Buffer } {
  const { stdout, status, error } = spawnSync(program, args, {
    maxBuffer: 1 << 28,
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  return { status: status ?? -1, stdout };
}

/** Puts samples into a folder, inflated; false (and a line saying so) when they are not there. */
export function takeSamples(folder: string, ...names: readonly string[]): boolean {
  for (const name of names) {
    const plain = join(SAMPLES, name);
    const packed = `${plain}.gz`;
    if (existsSync(plain)) copyFileSync(plain, join(folder, name));
    else if (existsSync(packed))
      writeFileSync(join(folder, name), gunzipSync(readFileSync(packed)));
    else {
      console.warn(`skipped: ${plain} is missing`);
      return false;
    }
  }
  return true;
}
