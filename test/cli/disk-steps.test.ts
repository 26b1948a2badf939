import { afterEach, describe, expect, it, vi } from 'vitest';
import { runSteps } from '../../src/cli/disk/steps.js';

afterEach(() => void vi.restoreAllMocks());

/** Work without end that notes when it is left. */
function* endless(left: string[]): Generator<number, void> {
  try {
    for (;;) yield 0.5;
  } finally {
    left.push('cleaned up');
  }
}

describe('work in steps', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends it, and then the program',
    async (name) => {
      const told: string[] = [];
      vi.spyOn(process, 'kill').mockImplementation((_, signal) => {
        told.push(`${String(signal)} with ${process.listenerCount(name)} listeners`);
        return true;
      });
      const before = process.listenerCount(name);
      const run = runSteps(
        endless(told),
        () => undefined,
        () => told.push('said'),
      );
      process.emit(name, name);
      await run;
      expect(told).toEqual(['cleaned up', 'said', `${name} with ${before} listeners`]);
    },
  );

  it('goes to its end, and lets errors through', async () => {
    const parts: number[] = [];
    const steps = function* (): Generator<number, void> {
      yield 0.25;
      yield 1;
    };
    await runSteps(
      steps(),
      (part) => parts.push(part),
      () => undefined,
    );
    expect(parts).toEqual([0.25, 1]);
    const failing = function* (): Generator<number, void> {
      yield 0;
      throw new Error('full');
    };
    await expect(
      runSteps(
        failing(),
        () => undefined,
        () => undefined,
      ),
    ).rejects.toThrow('full');
  });
});
