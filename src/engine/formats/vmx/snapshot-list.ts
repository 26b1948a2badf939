import { FormatError } from '../../core/errors.js';
import type { Dictionary } from '../dictionary/dictionary.js';

/** A snapshot of a machine as its .vmsd lists it (reference `stack-upper.md`, section 18). */
export interface ListedSnapshot {
  readonly uid: number;
  readonly parent?: number;
  readonly displayName: string;
  readonly description: string;
  /** State of the machine, `web1-Snapshot1.vmsn`. */
  readonly file: string;
  /** Microseconds since 1970. */
  readonly createdAtUs: number;
  readonly withMemory: boolean;
  /** What it froze: the descriptor of each disk. */
  readonly disks: readonly { readonly node: string; readonly file: string }[];
}

/** Most snapshots taken: a chain has at most 32, a tree of them some more (model). */
const SNAPSHOTS_MAX = 1024;
/** Most disks a machine has. */
const DISKS_MAX = 256;

/** The tree of snapshots in a .vmsd, over its lines. */
export class SnapshotList {
  constructor(
    readonly dictionary: Dictionary,
    private readonly place: string,
  ) {}

  /** Snapshot the running state is a child of; 0 when there is none. */
  get current(): number {
    return this.number('snapshot.current') ?? 0;
  }

  /** True when deltas remain that belong to no snapshot. */
  get needsConsolidation(): boolean {
    return this.dictionary.isTrue('snapshot.needConsolidate');
  }

  /**
   * All snapshots, in the order of the file.
   * @throws FormatError for numbers that are none, a uid twice, a parent there is not, a cycle
   */
  all(): ListedSnapshot[] {
    const count = this.number('snapshot.numSnapshots') ?? 0;
    if (count > SNAPSHOTS_MAX) {
      throw this.wrong(`${count} snapshots, at most ${SNAPSHOTS_MAX} are taken`);
    }
    const found: ListedSnapshot[] = [];
    const byUid = new Map<number, ListedSnapshot>();
    for (let at = 0; at < count; at++) {
      const snapshot = this.snapshot(`snapshot${at}`);
      if (byUid.has(snapshot.uid)) throw this.wrong(`two snapshots have the uid ${snapshot.uid}`);
      byUid.set(snapshot.uid, snapshot);
      found.push(snapshot);
    }
    for (const snapshot of found) this.requireRoot(snapshot, byUid);
    if (this.current !== 0 && !byUid.has(this.current)) {
      throw this.wrong(`the current snapshot ${this.current} is not in the list`);
    }
    return found;
  }

  /** Adds a snapshot, child of the current one, and makes it the current one. */
  add(snapshot: ListedSnapshot): void {
    const all = this.all();
    this.write(all.length, snapshot);
    const last = Math.max(this.number('snapshot.lastUID') ?? 0, snapshot.uid);
    if (this.dictionary.get('.encoding') === undefined) this.dictionary.set('.encoding', 'UTF-8');
    this.dictionary.set('snapshot.lastUID', String(last));
    this.dictionary.set('snapshot.current', String(snapshot.uid));
    this.dictionary.set('snapshot.numSnapshots', String(all.length + 1));
  }

  /**
   * Takes a snapshot out; its children become those of its parent. Places in the list stay dense.
   * What is not known of the others moves with them.
   */
  remove(uid: number): void {
    const all = this.all();
    const at = all.findIndex((snapshot) => snapshot.uid === uid);
    if (at < 0) throw this.wrong(`there is no snapshot ${uid}`);
    const { parent } = all[at];
    this.clear(at);
    for (let from = at + 1; from < all.length; from++) this.move(from, from - 1);
    all.splice(at, 1);
    all.forEach((other, index) => {
      if (other.parent !== uid) return;
      if (parent === undefined) this.dictionary.remove(`snapshot${index}.parent`);
      else this.dictionary.set(`snapshot${index}.parent`, String(parent));
    });
    this.dictionary.set('snapshot.numSnapshots', String(all.length));
    if (this.current === uid) this.dictionary.set('snapshot.current', String(parent ?? 0));
  }

  private snapshot(prefix: string): ListedSnapshot {
    const { dictionary } = this;
    const uid = this.number(`${prefix}.uid`);
    if (uid === undefined || uid === 0) throw this.wrong(`${prefix} has no uid`);
    const parent = this.number(`${prefix}.parent`) ?? 0;
    const count = this.number(`${prefix}.numDisks`) ?? 0;
    if (count > DISKS_MAX) throw this.wrong(`${prefix} has ${count} disks`);
    const high = this.number(`${prefix}.createTimeHigh`, true) ?? 0;
    const low = this.number(`${prefix}.createTimeLow`, true) ?? 0;
    return {
      uid,
      ...(parent === 0 ? {} : { parent }),
      displayName: dictionary.get(`${prefix}.displayName`) ?? '',
      description: dictionary.get(`${prefix}.description`) ?? '',
      file: dictionary.get(`${prefix}.filename`) ?? '',
      // The low half is printed with a sign.
      createdAtUs: high * 0x100000000 + (low >>> 0),
      withMemory: dictionary.get(`${prefix}.type`) !== '1',
      disks: Array.from({ length: count }, (_, disk) => ({
        node: dictionary.get(`${prefix}.disk${disk}.node`) ?? '',
        file: dictionary.get(`${prefix}.disk${disk}.fileName`) ?? '',
      })),
    };
  }

  private write(at: number, snapshot: ListedSnapshot): void {
    const { createdAtUs, disks } = snapshot;
    const set = (key: string, value: string | number): void =>
      this.dictionary.set(`snapshot${at}.${key}`, String(value));
    set('uid', snapshot.uid);
    set('filename', snapshot.file);
    if (snapshot.parent !== undefined) set('parent', snapshot.parent);
    set('displayName', snapshot.displayName);
    if (snapshot.description !== '') set('description', snapshot.description);
    if (!snapshot.withMemory) set('type', 1);
    set('createTimeHigh', Math.floor(createdAtUs / 0x100000000));
    set('createTimeLow', (createdAtUs % 0x100000000) | 0);
    set('numDisks', disks.length);
    disks.forEach(({ node, file }, disk) => {
      set(`disk${disk}.fileName`, file);
      set(`disk${disk}.node`, node);
    });
  }

  private clear(at: number): void {
    for (const key of this.keysOf(at)) this.dictionary.remove(key);
  }

  private move(from: number, to: number): void {
    for (const key of this.keysOf(from)) {
      const value = this.dictionary.get(key) ?? '';
      this.dictionary.remove(key);
      this.dictionary.set(`snapshot${to}${key.slice(`snapshot${from}`.length)}`, value);
    }
  }

  private keysOf(at: number): string[] {
    const prefix = `snapshot${at}.`;
    return this.dictionary.keys().filter((key) => key.toLowerCase().startsWith(prefix));
  }

  private requireRoot(snapshot: ListedSnapshot, byUid: ReadonlyMap<number, ListedSnapshot>): void {
    let at: ListedSnapshot = snapshot;
    for (let steps = 0; at.parent !== undefined; steps++) {
      const parent = byUid.get(at.parent);
      if (parent === undefined) {
        throw this.wrong(`snapshot ${at.uid} is a child of ${at.parent}, which is not in the list`);
      }
      if (steps > byUid.size) throw this.wrong(`snapshot ${snapshot.uid} is its own ancestor`);
      at = parent;
    }
  }

  private number(key: string, signed = false): number | undefined {
    const text = this.dictionary.get(key);
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    const good = signed ? /^-?\d{1,10}$/ : /^\d{1,9}$/;
    if (good.test(text)) return value;
    throw this.wrong(`${key} is "${text}", expected a number`);
  }

  private wrong(what: string): FormatError {
    return new FormatError(`${this.place}: ${what}`);
  }
}
