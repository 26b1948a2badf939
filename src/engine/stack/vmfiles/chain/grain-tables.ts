import { TABLE_ENTRIES } from './delta-format.js';

/** What an entry says of its grain: look in the parent. */
export const PARENT = 0;
/** Zeros, whatever the parent holds: the guest has given the grain back. */
export const ZEROS = 1;
/** The grain is in this file. */
export const OWN = 2;

export type GrainState = typeof PARENT | typeof ZEROS | typeof OWN;

interface Table {
  readonly states: Uint8Array;
  /** Number of the grain's place in the file; 0 for none. A grain keeps its place for good. */
  readonly places: Uint32Array;
}

/**
 * The grain tables of a delta. A table is made when the first of its grains is written, so an empty
 * delta of any size costs nothing. A grain gets its place before it is written, and counts as `OWN`
 * only when its table says so; what writes it meanwhile uses the same place.
 */
export class GrainTables {
  /** Grains that are `OWN`. */
  ownGrains = 0;
  private readonly tables = new Map<number, Table>();

  has(table: number): boolean {
    return this.tables.has(table);
  }

  add(table: number): void {
    const states = new Uint8Array(TABLE_ENTRIES);
    this.tables.set(table, { states, places: new Uint32Array(TABLE_ENTRIES) });
  }

  /** Numbers of the tables there are, in ascending order. */
  numbers(): number[] {
    return [...this.tables.keys()].sort((a, b) => a - b);
  }

  stateOf(grain: number): GrainState {
    const table = this.tables.get(Math.floor(grain / TABLE_ENTRIES));
    return (table?.states[grain % TABLE_ENTRIES] ?? PARENT) as GrainState;
  }

  placeOf(grain: number): number {
    const table = this.tables.get(Math.floor(grain / TABLE_ENTRIES));
    return table?.places[grain % TABLE_ENTRIES] ?? 0;
  }

  /**
   * How many grains from `grain` on, `most` at most, are in the same state, and side by side in the
   * file where they are `OWN`. A run ends with its table.
   */
  runFrom(grain: number, most: number): number {
    const first = grain % TABLE_ENTRIES;
    const end = Math.min(first + most, TABLE_ENTRIES);
    const table = this.tables.get(Math.floor(grain / TABLE_ENTRIES));
    if (table === undefined) return end - first;
    const { states, places } = table;
    const state = states[first];
    let next = first + 1;
    while (next < end && states[next] === state) {
      if (state === OWN && places[next] !== places[first] + next - first) break;
      next++;
    }
    return next - first;
  }

  /** How many grains from `grain` on are not `OWN`, and either side by side or all without place. */
  emptyRunFrom(grain: number, most: number): number {
    const first = grain % TABLE_ENTRIES;
    const end = Math.min(first + most, TABLE_ENTRIES);
    const table = this.tables.get(Math.floor(grain / TABLE_ENTRIES));
    if (table === undefined) return end - first;
    const { states, places } = table;
    const place = places[first];
    let next = first + 1;
    while (next < end && states[next] !== OWN) {
      if (places[next] !== (place === 0 ? 0 : place + next - first)) break;
      next++;
    }
    return next - first;
  }

  /** Gives grains of one table places from `place` on. */
  attach(grain: number, count: number, place: number): void {
    const { places } = this.tables.get(Math.floor(grain / TABLE_ENTRIES)) as Table;
    const first = grain % TABLE_ENTRIES;
    for (let index = 0; index < count; index++) places[first + index] = place + index;
  }

  /** Grains of one table are now in this state. */
  mark(grain: number, count: number, state: GrainState): void {
    const { states } = this.tables.get(Math.floor(grain / TABLE_ENTRIES)) as Table;
    const first = grain % TABLE_ENTRIES;
    for (let index = first; index < first + count; index++) {
      if (states[index] === OWN) this.ownGrains--;
      if (state === OWN) this.ownGrains++;
      states[index] = state;
    }
  }
}
