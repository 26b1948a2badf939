import { vi } from 'vitest';
import { main } from '../../src/cli/main.js';

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs the command line in this process and catches what it prints and its exit code. */
export async function vmtop(...args: readonly string[]): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).flatMap((name) => [
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += String(text);
      return true;
    }),
  ]);
  const logs = (['log', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((text: unknown) => {
      texts[name === 'log' ? 'stdout' : 'stderr'] += `${String(text)}\n`;
    }),
  );
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await main(args);
    return { ...texts, code: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = before;
    for (const spy of [...spies, ...logs]) spy.mockRestore();
  }
}
