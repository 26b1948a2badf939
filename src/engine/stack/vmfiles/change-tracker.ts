/** Smallest unit of tracking: 64 KiB, in 512-byte blocks (vmdk-formats reference, 12). */
const GRANULE_MIN = 128;
/** Granules at most; the unit doubles until they suffice: 0.5 MB of epochs for each 10 GB (ditto). */
const GRANULES_MAX = 1 << 18;

/** A part of a disk, in bytes. */
export interface DiskArea {
  readonly start: number;
  readonly length: number;
}

/** What the changes of a disk were at an instant: a snapshot's. */
export interface FrozenChanges {
  readonly changeId: string;
  readonly epochs: Uint32Array;
}

/**
 * Changed block tracking of one disk: for each granule the number of the epoch it was written in
 * last. Each snapshot ends an epoch, and keeps a copy of its own, as each snapshot disk has its own
 * `-ctk.vmdk`. A change id is `uuid/epoch`; another uuid means that nothing is known of before.
 */
export class ChangeTracker {
  /** Unit of tracking, 512-byte blocks. */
  granuleBlocks = GRANULE_MIN;
  private epochs = new Uint32Array(0);
  private epoch = 1;
  private uuid = '';

  /** @param newUuid 32 hexadecimal digits in UUID form, another one each time */
  constructor(
    private capacityBlocks: number,
    private readonly newUuid: () => string,
  ) {
    this.resize(capacityBlocks);
  }

  /** The disk has another size: nothing that is known of before counts any more. */
  resize(capacityBlocks: number): void {
    let granule = GRANULE_MIN;
    while (capacityBlocks / granule > GRANULES_MAX) granule *= 2;
    this.granuleBlocks = granule;
    this.capacityBlocks = capacityBlocks;
    this.epochs = new Uint32Array(Math.ceil(capacityBlocks / granule));
    this.reset();
  }

  /** Size of the `-ctk.vmdk`: a header of a sector, and a word for each granule. */
  get fileBytes(): number {
    return 512 + this.epochs.byteLength;
  }

  /** What a backup that is made now remembers. */
  get changeId(): string {
    return `${this.uuid}/${this.epoch}`;
  }

  /** A command changes this range, or may. */
  touch(lba: number, blocks: number): void {
    const end = Math.min(this.epochs.length, Math.ceil((lba + blocks) / this.granuleBlocks));
    for (let granule = Math.floor(lba / this.granuleBlocks); granule < end; granule++) {
      this.epochs[granule] = this.epoch;
    }
  }

  /** What is known at this instant. */
  get changes(): FrozenChanges {
    return { changeId: this.changeId, epochs: this.epochs.slice() };
  }

  /** The disk is at rest for a snapshot: ends the epoch, and gives what the snapshot keeps. */
  freeze(): FrozenChanges {
    const frozen = this.changes;
    this.epoch++;
    return frozen;
  }

  /** Nothing that is known of before counts any more: power was lost, or the disk reverted. */
  reset(): void {
    this.uuid = this.newUuid();
    this.epoch = 1;
    this.epochs.fill(0);
  }

  /**
   * What has changed since a change id was given out.
   * @param at the changes a snapshot kept; those until now when left out
   * @returns areas in order, or undefined when the id is not of this tracking: read everything
   */
  changedSince(changeId: string, at?: FrozenChanges): DiskArea[] | undefined {
    const [uuid, number] = changeId.split('/');
    const since = Number(number);
    const [now, until] = (at?.changeId ?? this.changeId).split('/');
    if (uuid !== now || !Number.isInteger(since) || since > Number(until)) return undefined;
    const epochs = at?.epochs ?? this.epochs;
    return this.areasWhere((granule) => epochs[granule] > since);
  }

  /** Areas, joined, of the granules for which this is true. */
  areasWhere(counts: (granule: number) => boolean): DiskArea[] {
    const areas: DiskArea[] = [];
    const granuleBytes = this.granuleBlocks * 512;
    const sizeBytes = this.capacityBlocks * 512;
    let start = -1;
    for (let granule = 0; granule <= this.epochs.length; granule++) {
      const isIn = granule < this.epochs.length && counts(granule);
      if (isIn && start < 0) start = granule;
      if (isIn || start < 0) continue;
      const from = start * granuleBytes;
      areas.push({ start: from, length: Math.min(granule * granuleBytes, sizeBytes) - from });
      start = -1;
    }
    return areas;
  }
}
