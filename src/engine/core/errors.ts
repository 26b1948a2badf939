/** One thing that is wrong with what a person gave us: where, what was expected, what to do. */
export interface Problem {
  /** File, line, or path of the setting; empty when it is the input as a whole. */
  readonly place: string;
  readonly message: string;
  readonly hint?: string;
}

/** Bad input: all problems at once, exit code 2, no stack trace. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
  }

  static of(place: string, message: string, hint?: string): InputError {
    return new InputError([hint === undefined ? { place, message } : { place, message, hint }]);
  }
}

/** `place: message` and, on a line of its own, the hint. */
export function formatProblem({ place, message, hint }: Problem): string {
  const head = place === '' ? message : `${place}: ${message}`;
  return hint === undefined ? head : `${head}\n  hint: ${hint}`;
}

/** Bytes or text that do not follow their format; readers add file and position and rethrow. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
