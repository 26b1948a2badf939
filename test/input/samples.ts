import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TRACES = join(import.meta.dirname, '../../../shared/traces');

/** Path of a recorded trace, or undefined (and a line saying so) when the folder is not there. */
export function recordedTrace(name: string): string | undefined {
  const path = join(TRACES, name);
  if (existsSync(path)) return path;
  console.warn(`skipped: ${path} is missing`);
  return undefined;
}

/** A folder for a test's files; `remove` at its end. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'vmtop-input-'));

  file(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
