/** States of a path; the numbers are those of the `path` entity's field `state`. */
export const PATH_ACTIVE = 0;
export const PATH_UNOPTIMIZED = 1;
export const PATH_STANDBY = 2;
export const PATH_DEAD = 3;
export const PATH_OFF = 4;
export const PATH_UNAVAILABLE = 5;

export const PATH_STATE_NAMES = [
  'active',
  'active unoptimized',
  'standby',
  'dead',
  'off',
  'unavailable',
] as const;
