/** Multipathing as the rest of the program uses it. */
export * from './availability.js';
export * from './claim-rules.js';
export * from './nmp.js';
export * from './path.js';
export * from './path-state.js';
export { PSPS } from './psp/index.js';
export { SATPS } from './satp/index.js';
