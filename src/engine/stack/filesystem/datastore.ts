import { InputError } from '../../core/errors.js';
import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { sumTraffic, TRAFFIC_FIELDS } from '../../core/traffic.js';
import type { DatastorePlan } from '../../plan/plan.js';
import type { AllocationPolicy, DatastoreFiles, FileHandle } from '../files.js';
import { ALARM_DEFAULTS, CapacityWatch } from './capacity-watch.js';
import { FILE_BLOCK, FILE_BLOCK_BYTES, type FileNumbers, type StoredFile } from './file.js';

export const DATASTORE_FIELDS = [
  ...TRAFFIC_FIELDS,
  'capacityBlocks',
  'freeBlocks',
  'provisionedBlocks',
  'metadataReads',
  'metadataWrites',
  'pointerHits',
  'pointerMisses',
  'allocations',
  'zeroings',
  'atsOk',
  'atsMiss',
  'heartbeats',
  'full',
  'alarm',
  'yellowPercent',
  'redPercent',
  'growthBlocks',
] as const;

type DatastoreField = (typeof DATASTORE_FIELDS)[number];

/** Position of a field in the values of a `datastore` entity. */
export function datastoreSlot(field: DatastoreField): number {
  return DATASTORE_FIELDS.indexOf(field);
}

const COMMANDS = [datastoreSlot('reads'), datastoreSlot('writes')];
const CAPACITY = datastoreSlot('capacityBlocks');
const FREE = datastoreSlot('freeBlocks');
const PROVISIONED = datastoreSlot('provisionedBlocks');
const FULL = datastoreSlot('full');
const ALARM = datastoreSlot('alarm');
const YELLOW_PERCENT = datastoreSlot('yellowPercent');
const RED_PERCENT = datastoreSlot('redPercent');
const GROWTH = datastoreSlot('growthBlocks');

/** What a file is to be called. */
export interface NewName {
  readonly file: FileHandle;
  readonly path: string;
}

/** What a small file, written before, is to say from its beginning on. */
export interface Teller {
  readonly file: FileHandle;
  readonly content: Uint8Array;
}

/** Where one host's mount counts its traffic, TRAFFIC_FIELDS first. */
type MountCounters = Pick<Entity, 'values' | 'refresh'>;

/**
 * A datastore: files and free space, the same for every host that mounts it. Not a layer; the
 * mounts carry the I/O. Space is counted in file blocks of 1 MiB.
 */
export abstract class Datastore implements DatastoreFiles {
  readonly keepsBytes: boolean = false;
  readonly name: string;
  readonly type: DatastorePlan['type'];
  readonly entity: Entity;
  /** Counters of the entity. */
  readonly values: Float64Array;
  /** File blocks promised to files, whether they hold them or not. */
  protected provisioned = 0;

  private readonly watch: CapacityWatch;
  private readonly mounts: MountCounters[] = [];
  private readonly listeners: (() => void)[] = [];
  private telling = false;
  private readonly tell = (): void => {
    this.telling = false;
    for (const listener of this.listeners) listener();
  };

  constructor(
    protected readonly sim: Sim,
    readonly plan: DatastorePlan,
    protected readonly numbers: FileNumbers,
    protected fileBlocks: number,
  ) {
    this.name = plan.name;
    this.type = plan.type;
    this.entity = sim.meters.define('datastore', plan.name, { type: plan.type }, DATASTORE_FIELDS);
    this.values = this.entity.values;
    this.entity.refresh = () => this.publish();
    this.watch = new CapacityWatch(sim, this, plan.alarms ?? ALARM_DEFAULTS);
  }

  /** Looks at the free space now, not only when it is time to. */
  refresh(why: string): void {
    this.watch.look(why);
  }

  /** All file blocks, those of the file system itself included. */
  get capacity(): number {
    return this.fileBlocks;
  }

  /** File blocks nobody holds. */
  abstract get free(): number;

  abstract createFile(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    writtenBytes?: number,
  ): FileHandle;

  abstract removeFile(file: FileHandle): void;

  abstract extend(file: FileHandle, first: number, end: number): boolean;

  /**
   * Makes a file to copy another into: it has space wherever `holds` says so, which the copy will
   * write; a thick one also everywhere else.
   * @throws InputError when the datastore has too little free space
   */
  abstract createCopy(
    path: string,
    sizeBytes: number,
    policy: AllocationPolicy,
    holds: (fileBlock: number) => boolean,
  ): FileHandle;

  /**
   * Makes a file longer: a thin one by holes, a thick one by blocks to be zeroed. Hosts that have it
   * open have to be told (`Mount.lengthened`).
   * @param done told, by an event of its own, when the file on the volume is as long
   * @throws InputError when the datastore has too little free space
   */
  abstract lengthen(file: FileHandle, sizeBytes: number, done: () => void): void;

  /** From now on the file gets its blocks in another way; those it has it keeps. */
  setPolicy(file: FileHandle, policy: AllocationPolicy): void {
    (file as StoredFile).policy = policy;
  }

  /** Gives a file another name on this datastore. What that writes is not modelled. */
  rename(file: FileHandle, path: string): void {
    (file as StoredFile).path = path;
  }

  /** Whether a file is locked on the volume, so that it keeps its name. */
  keepsName(_file: FileHandle): boolean {
    return false;
  }

  /**
   * Gives files other names, which another file tells of: where bytes are kept at one instant.
   * @param done told, by an event of its own, when it is so on the volume
   */
  renameNamed(moves: readonly NewName[], _teller: Teller | undefined, done: () => void): void {
    for (const { file, path } of moves) this.rename(file, path);
    this.sim.timers.delay(0, done);
  }

  /** Whether something was ever written to a file block of the file. */
  abstract holds(file: FileHandle, fileBlock: number): boolean;

  /** True while space is being found for a write to the file. */
  abstract isChanging(file: FileHandle): boolean;

  /** Takes up to `bytes` of free space for a file nobody deletes; returns the bytes it got. */
  abstract fill(bytes: number): number;

  /** Gives back what `fill` took. */
  abstract release(): void;

  onSpaceFreed(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Traffic of one host's mount counts as traffic of the datastore. */
  addMount(counters: MountCounters): void {
    this.mounts.push(counters);
  }

  /** A write found no free block: written to the log once until there is space again. */
  noteFull(why: string): void {
    if (this.isFull) return;
    this.values[FULL] = 1;
    const what = `no free block: ${this.free} of ${this.capacity} MB free`;
    this.sim.log.note('datastore.full', this.name, what, why);
  }

  /** True from a write that found no free block until there is space again. */
  get isFull(): boolean {
    return this.values[FULL] === 1;
  }

  /** The array behind the datastore has room again: who waits for space may try. */
  deviceSpaceFreed(): void {
    this.tellSoon();
  }

  /** Call after file blocks became free; listeners run as an event of their own. */
  protected spaceFreed(why: string): void {
    if (this.isFull && this.free > 0) {
      this.values[FULL] = 0;
      const what = `${this.free} of ${this.capacity} MB free again`;
      this.sim.log.note('datastore.space', this.name, what, why);
    }
    this.tellSoon();
  }

  private tellSoon(): void {
    if (this.telling || this.listeners.length === 0) return;
    this.telling = true;
    this.sim.timers.delay(0, this.tell);
  }

  /** Refuses a file that needs more than there is. */
  protected checkSpace(path: string, fileBlocks: number): void {
    if (fileBlocks <= this.free) return;
    throw InputError.of(
      path,
      `needs ${fileBlocks} MB, but datastore ${this.name} has ${this.free} MB free`,
      'use thin disks, smaller disks, or a larger datastore',
    );
  }

  /** Takes the space of files that are not modelled one by one. */
  protected takeInitial(): void {
    const wanted = Math.ceil(this.plan.usedBytes / FILE_BLOCK_BYTES);
    this.checkSpace(`datastore ${this.name}`, wanted);
    this.provisioned += wanted;
    this.occupy(wanted);
  }

  protected abstract occupy(fileBlocks: number): void;

  /** Commands of all hosts that have come to their end. */
  finishedCommands(): number {
    let sum = 0;
    for (const { values, refresh } of this.mounts) {
      refresh?.();
      for (const field of COMMANDS) sum += values[field];
    }
    return sum;
  }

  private publish(): void {
    const { values } = this;
    for (const mount of this.mounts) mount.refresh?.();
    const parts = this.mounts.map((mount) => mount.values);
    sumTraffic(values, parts);
    values[CAPACITY] = this.capacity * FILE_BLOCK;
    values[FREE] = this.free * FILE_BLOCK;
    values[PROVISIONED] = this.provisioned * FILE_BLOCK;
    values[ALARM] = this.watch.level;
    values[YELLOW_PERCENT] = this.watch.plan.yellow;
    values[RED_PERCENT] = this.watch.plan.red;
    values[GROWTH] = this.watch.growth;
  }
}
