/** Asymmetric access states as SPC-4 numbers them. */
export const ACTIVE_OPTIMIZED = 0;
export const ACTIVE_NON_OPTIMIZED = 1;
export const STANDBY = 2;
export const UNAVAILABLE = 3;
export const TRANSITIONING = 15;

export type AccessState = 0 | 1 | 2 | 3 | 15;
