import type { Entity } from '../../core/meters.js';
import type { Sim } from '../../core/sim.js';
import { TRANSPORTS } from '../../operations/backup/transport.js';
import type { BackupTransport } from '../../plan/commands.js';

export const BACKUP_FIELDS = [
  'phase',
  'transport',
  'progress',
  'leftNs',
  'toReadBlocks',
  'readBlocks',
  'writtenBlocks',
  'retries',
  'networkBytes',
  'cpuNs',
  'finished',
  'failed',
  'result',
  'points',
] as const;

/** What is being done; the value of `phase` is the place here. */
export const PHASES = [
  '',
  'snapshot',
  'reading',
  'waiting',
  'deleting',
  'restoring',
  'stopping',
] as const;
export type Phase = (typeof PHASES)[number];

/** `result` of the last one. */
export const RESULTS = { none: 0, good: 1, failed: 2, cancelled: 3 } as const;
export type Result = Exclude<keyof typeof RESULTS, 'none'>;

/** What is in the middle of its work. */
export interface Progress {
  readonly progress: number;
  readonly leftNs: number;
  readonly doneBlocks: number;
  readonly retries: number;
}

/** Figures of the backups of one virtual disk. */
export class BackupMeter {
  readonly entity: Entity;
  phase: Phase = '';
  transport: BackupTransport = 'nbd';
  /** Of the backup under way, or the last one, in 512-byte blocks. */
  toReadBlocks = 0;
  points = 0;
  result: number = RESULTS.none;
  reading: Progress | undefined;
  /** Blocks of restores. */
  writtenBlocks = 0;
  private readBlocks = 0;
  private retries = 0;
  private finished = 0;
  private failed = 0;

  constructor(
    sim: Sim,
    name: string,
    vm: string,
    host: string,
    private readonly network: { readonly bytes: number; readonly cpuNs: number },
  ) {
    this.entity = sim.meters.define('backup', name, { vm, host, disk: name }, BACKUP_FIELDS);
    this.entity.refresh = () => this.publish();
  }

  /** What was under way has come to its end, or is given up. */
  stopReading(): void {
    this.readBlocks += this.reading?.doneBlocks ?? 0;
    this.retries += this.reading?.retries ?? 0;
    this.reading = undefined;
  }

  end(result: Result): void {
    this.phase = '';
    this.result = RESULTS[result];
    if (result === 'good') this.finished++;
    if (result === 'failed') this.failed++;
  }

  private publish(): void {
    const { network, reading } = this;
    const values = [
      PHASES.indexOf(this.phase),
      TRANSPORTS.indexOf(this.transport),
      reading?.progress ?? 0,
      reading?.leftNs ?? Number.NaN,
      this.toReadBlocks,
      this.readBlocks + (reading?.doneBlocks ?? 0),
      this.writtenBlocks,
      this.retries + (reading?.retries ?? 0),
      network.bytes,
      network.cpuNs,
      this.finished,
      this.failed,
      this.result,
      this.points,
    ];
    for (const [slot, value] of values.entries()) this.entity.values[slot] = value;
  }
}
