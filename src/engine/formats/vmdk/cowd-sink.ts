import { alignUp, putU32 } from '../vmfs/bytes.js';
import {
  COWD_GTES,
  COWD_HEADER_SECTORS,
  type CowdHeader,
  encodeCowdHeader,
} from './cowd-extent.js';
import { type FileMedium, SECTOR } from './medium.js';
import { eachStretch, type Sink } from './sink.js';

const TABLE_BYTES = COWD_GTES * 4;

/** vmfsSparse with grains of one sector, as ESXi writes them: tables and grains as they come. */
export class CowdSink implements Sink {
  readonly dense = false;
  private readonly directory: Uint8Array;
  private readonly tables: number;
  private readonly table = new Uint8Array(TABLE_BYTES);
  private current = -1;
  private currentAt = 0;
  private next: number;

  constructor(
    private readonly medium: FileMedium,
    private readonly sectors: number,
  ) {
    this.tables = Math.ceil(sectors / COWD_GTES);
    this.directory = new Uint8Array(alignUp(Math.max(1, this.tables) * 4, SECTOR));
    this.next = COWD_HEADER_SECTORS + this.directory.length / SECTOR;
  }

  write(sector: number, bytes: Uint8Array): void {
    eachStretch(bytes, SECTOR, (from, to) => {
      for (let at = from; at < to; ) {
        const grain = sector + at / SECTOR;
        this.turnTo(Math.floor(grain / COWD_GTES));
        const room = (COWD_GTES - (grain % COWD_GTES)) * SECTOR;
        const length = Math.min(to - at, room);
        this.medium.write(this.next * SECTOR, bytes.subarray(at, at + length));
        for (let done = 0; done < length / SECTOR; done++) {
          putU32(this.table, ((grain + done) % COWD_GTES) * 4, this.next + done);
        }
        this.next += length / SECTOR;
        at += length;
      }
    });
  }

  private turnTo(index: number): void {
    if (index === this.current) return;
    this.flushTable();
    this.current = index;
    this.currentAt = this.next;
    this.next += TABLE_BYTES / SECTOR;
    putU32(this.directory, index * 4, this.currentAt);
  }

  private flushTable(): void {
    if (this.current < 0) return;
    this.medium.write(this.currentAt * SECTOR, this.table);
    this.table.fill(0);
  }

  finish(): void {
    this.flushTable();
    this.medium.resize(this.next * SECTOR);
    this.medium.write(COWD_HEADER_SECTORS * SECTOR, this.directory);
    const header: Omit<CowdHeader, 'flags'> = {
      capacity: this.sectors,
      grain: 1,
      directoryAt: COWD_HEADER_SECTORS,
      tables: this.tables,
      next: this.next,
      unclean: false,
    };
    this.medium.write(0, encodeCowdHeader(header));
  }
}
