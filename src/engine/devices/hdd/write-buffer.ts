/**
 * Writes a disk has answered and not written yet, first in, first out, each in a segment of its own.
 * Only the instants matter: when each will be on the platter.
 */
export class WriteBuffer {
  private readonly doneAt: Float64Array;
  private next = 0;

  /** @param count writes that can wait; 0 is a disk that answers when the blocks are on the platter */
  constructor(readonly count: number) {
    this.doneAt = new Float64Array(count);
  }

  /** When the next write finds room. */
  get roomAt(): number {
    return this.doneAt[this.next];
  }

  /** A write that will be on the platter at `at`. */
  add(at: number): void {
    this.doneAt[this.next] = at;
    this.next = (this.next + 1) % this.count;
  }
}
