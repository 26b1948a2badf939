/**
 * Grain tables of one delta that a host has in memory. ESXi keeps "a small cache" (from memory,
 * vmdk-formats 9); how many is a model: 64 tables are 1 MB of a vmfsSparse and 2 MB of a seSparse.
 */
export const CACHED_TABLES = 64;

const ABSENT = 0;
const PRESENT = 1;
/** Present, and used since the hand passed. */
const USED = 2;

/** Which tables are in memory; the clock algorithm decides which one makes room. */
export class TableCache {
  private readonly states: Uint8Array;
  private readonly ring = new Int32Array(CACHED_TABLES);
  private held = 0;
  private hand = 0;

  constructor(tables: number) {
    this.states = new Uint8Array(tables);
  }

  /** True when the table is in memory; it then counts as used. */
  touch(table: number): boolean {
    if (this.states[table] === ABSENT) return false;
    this.states[table] = USED;
    return true;
  }

  insert(table: number): void {
    const { ring, states } = this;
    if (states[table] !== ABSENT) return;
    states[table] = USED;
    if (this.held < ring.length) {
      ring[this.held++] = table;
      return;
    }
    while (states[ring[this.hand]] === USED) {
      states[ring[this.hand]] = PRESENT;
      this.hand = (this.hand + 1) % ring.length;
    }
    states[ring[this.hand]] = ABSENT;
    ring[this.hand] = table;
    this.hand = (this.hand + 1) % ring.length;
  }
}
