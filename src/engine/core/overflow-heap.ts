/** A binary heap of event numbers ordered by (time, issue): where events more than 4.3 s off wait. */
export class OverflowHeap {
  private events = new Int32Array(64);
  private times = new Float64Array(64);
  private issues = new Float64Array(64);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Time of the earliest event; only when there is one. */
  get firstKey(): number {
    return this.times[0];
  }

  push(event: number, at: number, issue: number): void {
    if (this.count === this.events.length) this.grow();
    let hole = this.count++;
    while (hole > 0) {
      const up = (hole - 1) >> 1;
      if (this.before(up, at, issue)) break;
      this.move(up, hole);
      hole = up;
    }
    this.place(hole, event, at, issue);
  }

  pop(): number {
    const first = this.events[0];
    const last = --this.count;
    const at = this.times[last];
    const issue = this.issues[last];
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= last) break;
      if (child + 1 < last && !this.before(child, this.times[child + 1], this.issues[child + 1]))
        child++;
      if (!this.before(child, at, issue)) break;
      this.move(child, hole);
      hole = child;
    }
    this.place(hole, this.events[last], at, issue);
    return first;
  }

  private before(index: number, at: number, issue: number): boolean {
    const other = this.times[index];
    return other < at || (other === at && this.issues[index] < issue);
  }

  private move(from: number, to: number): void {
    this.place(to, this.events[from], this.times[from], this.issues[from]);
  }

  private place(index: number, event: number, at: number, issue: number): void {
    this.events[index] = event;
    this.times[index] = at;
    this.issues[index] = issue;
  }

  private grow(): void {
    const size = this.events.length * 2;
    const events = new Int32Array(size);
    events.set(this.events);
    const times = new Float64Array(size);
    times.set(this.times);
    const issues = new Float64Array(size);
    issues.set(this.issues);
    this.events = events;
    this.times = times;
    this.issues = issues;
  }
}
