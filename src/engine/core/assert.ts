/** A failed assertion is a bug in vmtop, never a simulated failure and never bad input. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Stops the run when `condition` does not hold. Stays on in every build. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
