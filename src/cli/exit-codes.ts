/** What vmtop's exit code says. */
export const EXIT_FAILED = 1;
export const EXIT_BUG = 1;
export const EXIT_INPUT = 2;
export const EXIT_INTERRUPTED = 130;

/** The same in words. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'All well.'],
  [
    EXIT_FAILED,
    'An expectation failed, a volume or a disk is damaged, two disks differ, a replay came to a halt, a seed of a swarm failed, or a bug in vmtop.',
  ],
  [EXIT_INPUT, 'Bad input: a scenario, a trace, an option or the configuration file.'],
  [EXIT_INTERRUPTED, 'The dashboard was left, or a command stopped, with ctrl+c.'],
];
