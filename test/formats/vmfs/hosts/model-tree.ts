import { expect } from 'vitest';

/** A file or directory of the model; it stays itself when it, or a directory above it, is renamed. */
export class Entry {
  /** Undefined for directories. */
  content: Uint8Array | undefined;
  private readonly inside = new Map<string, Entry>();

  constructor(
    public name: string,
    public parent: Entry | undefined,
    content?: Uint8Array,
  ) {
    this.content = content;
  }

  get isDirectory(): boolean {
    return this.content === undefined;
  }

  get path(): string {
    if (this.parent === undefined) return '/';
    return `${this.parent.parent === undefined ? '' : this.parent.path}/${this.name}`;
  }

  get names(): string[] {
    return [...this.inside.keys()].sort();
  }

  child(name: string): Entry | undefined {
    return this.inside.get(name);
  }

  /** This and all below it. */
  *all(): Generator<Entry> {
    yield this;
    for (const entry of this.inside.values()) yield* entry.all();
  }

  /** Makes it part of a directory, of which nobody may have taken the name. */
  enter(parent: Entry, name: string): void {
    expect(parent.isDirectory, `${parent.path} is a directory`).toBe(true);
    expect(parent.inside.has(name), `${parent.path}: ${name} twice`).toBe(false);
    parent.inside.set(name, this);
    this.parent = parent;
    this.name = name;
  }

  /** Takes it out of its directory, where it must still be. */
  leave(): void {
    expect(this.parent?.inside.get(this.name), `${this.name} is removed twice`).toBe(this);
    this.parent?.inside.delete(this.name);
  }
}

/** All files, as everybody knows them. */
export class ModelTree {
  readonly root = new Entry('', undefined);

  get entries(): Entry[] {
    return [...this.root.all()];
  }

  /** What has a path now. */
  find(path: string): Entry | undefined {
    return path
      .split('/')
      .filter((name) => name !== '')
      .reduce<Entry | undefined>((entry, name) => entry?.child(name), this.root);
  }

  /** What an operation is about to change: it must be on the volume. */
  expectThere(entry: Entry | undefined, what: string): Entry {
    let top = entry;
    while (top?.parent !== undefined && top.parent.child(top.name) === top) top = top.parent;
    expect(top, `${what} is not there any more`).toBe(this.root);
    return entry as Entry;
  }
}
