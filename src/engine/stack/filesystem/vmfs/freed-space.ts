/** Steps blocks get old in: the first may be a short one, so that a block is due after one more. */
const STEPS = 4;
const DUE = STEPS + 1;
/** Marks go from 1 to this number and around; 0 is no mark. */
const MARKS = 200;

/** Blocks that became free and that the array has not been told of, with their age in steps. */
export class FreedSpace {
  private marks: Uint8Array;
  private step = 0;
  private cursor = 0;
  /** The step in which none was found: none is due before the next. */
  private emptyStep = -1;
  /** Marked blocks. */
  count = 0;

  constructor(size: number) {
    this.marks = new Uint8Array(size);
  }

  grow(size: number): void {
    const marks = new Uint8Array(size);
    marks.set(this.marks);
    this.marks = marks;
  }

  /** How often `age` is to be called for blocks to be due after `afterNs`. */
  static stepNs(afterNs: number): number {
    return Math.ceil(afterNs / STEPS);
  }

  note(block: number): void {
    if (this.marks[block] === 0) this.count++;
    this.marks[block] = this.step + 1;
  }

  forget(block: number): void {
    if (this.marks[block] !== 0) this.count--;
    this.marks[block] = 0;
  }

  age(): void {
    this.step = (this.step + 1) % MARKS;
    // Marks that old would look new when the numbers begin again.
    const oldest = ((this.step + 1) % MARKS) + 1;
    const due = ((this.step + MARKS - DUE) % MARKS) + 1;
    const { marks } = this;
    for (let at = marks.indexOf(oldest); at >= 0; at = marks.indexOf(oldest, at + 1)) {
      marks[at] = due;
    }
  }

  /** The next run of due blocks, at most `most`: the first and how many; undefined when none is. */
  nextRun(most: number): { first: number; count: number } | undefined {
    if (this.count === 0 || this.emptyStep === this.step) return undefined;
    const { marks } = this;
    for (let looked = 0; looked < marks.length; looked++) {
      const first = (this.cursor + looked) % marks.length;
      if (!this.isDue(first)) continue;
      let end = first + 1;
      while (end < marks.length && end - first < most && this.isDue(end)) end++;
      this.cursor = end % marks.length;
      return { first, count: end - first };
    }
    this.emptyStep = this.step;
    return undefined;
  }

  private isDue(block: number): boolean {
    const mark = this.marks[block] as number;
    return mark !== 0 && (this.step + 1 - mark + MARKS) % MARKS >= DUE;
  }
}
