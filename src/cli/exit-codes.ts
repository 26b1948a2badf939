/** What vmtop's exit code says. */
export const EXIT_FAILED = 1;
export const EXIT_BUG = 1;
export const EXIT_INPUT = 2;
