import { BLOCK_BYTES, FLUSH, READ } from '../../core/io.js';
import type { AccessTimes } from '../access-order.js';
import type { DeviceSite, DiskModel } from '../model.js';
import { Arm } from './arm.js';
import { LookAhead } from './look-ahead.js';
import { Platters } from './platters.js';
import { NO_SEGMENT, Segments } from './segments.js';
import { type DriveValues, ON } from './settings.js';
import { WriteBuffer } from './write-buffer.js';

/**
 * A spinning disk: electronics, a buffer, one arm over turning platters (model; its parts after
 * Ruemmler and Wilkes, "An introduction to disk drive modeling", IEEE Computer 27(3), 1994).
 * - A command costs an overhead and its transfer over the interface, which overlaps with the arm's
 *   work but for one block.
 * - What is not in the buffer is fetched: seek or head switch, the wait for its place on the turn,
 *   the transfer at the rate of its zone. The wait follows from the time, not from chance.
 * - After a read the disk reads on (`LookAhead`).
 * - Of waiting commands it takes the one it can begin soonest (`AccessOrder`).
 * - Writes are answered from the platter or, with a write cache, from the buffer (`WriteBuffer`).
 * A random read of n blocks takes `commandMiss + seekAverage + 30 s / rpm + n * 512 / rate` on
 * average, a write from the platter `commandWrite` for `commandMiss` and `writeSettle` more.
 * Left out: reads that overtake writes waiting in the buffer, reassigned blocks, recalibration.
 */
export class Drive implements DiskModel, AccessTimes {
  readonly channels = 1;
  readonly order: AccessTimes | undefined;
  readonly queueDepth: number;
  private readonly busBlockNs: number;
  private readonly segmentBlocks: number;
  private readonly platters: Platters;
  private readonly arm: Arm;
  private readonly segments: Segments;
  private readonly lookAhead: LookAhead;
  private readonly writes: WriteBuffer;

  constructor(
    site: DeviceSite,
    private readonly values: DriveValues,
  ) {
    const turnNs = 60e9 / values.rpm;
    const { capacityBlocks } = site;
    this.queueDepth = values.queueDepth;
    this.order = values.queueDepth > 1 ? this : undefined;
    this.busBlockNs = (BLOCK_BYTES * 1e9) / values.interfaceRate;
    this.segmentBlocks = Math.max(1, Math.floor(values.segmentSize / BLOCK_BYTES));
    this.platters = new Platters({ ...values, turnNs, capacityBlocks });
    // Disks do not turn in step.
    this.arm = new Arm(this.platters, values, turnNs, site.stream.unit());
    this.segments = new Segments(values.segments);
    const look = { ...values, segmentBlocks: this.segmentBlocks };
    this.lookAhead = new LookAhead(this.arm, this.platters, this.segments, look, turnNs);
    this.writes = new WriteBuffer(values.writeCache === ON ? values.segments : 0);
  }

  serviceNs(op: number, lba: number, blocks: number, now: number): number {
    this.lookAhead.advance(now);
    if (op === READ) return Math.round(this.read(lba, blocks, now) - now);
    if (op === FLUSH || blocks === 0) {
      return Math.round(Math.max(this.values.commandWrite, this.arm.freeAt - now));
    }
    return Math.round(this.write(lba, blocks, now) - now);
  }

  accessNs(op: number, lba: number, now: number): number {
    const { arm, lookAhead, segments, values } = this;
    if (op !== READ) return arm.reachNs(lba, now + values.commandWrite, values.writeSettle);
    lookAhead.advance(now);
    if (segments.holding(lba) !== NO_SEGMENT) return 0;
    return arm.reachNs(lba, now + values.commandMiss, 0);
  }

  /** When the read is answered. */
  private read(lba: number, blocks: number, now: number): number {
    const { arm, busBlockNs, lookAhead, values } = this;
    const bus = blocks * busBlockNs;
    const from = now + values.commandRead;
    const bufferedAt = lookAhead.serve(lba, lba + blocks, from);
    if (bufferedAt >= 0) return Math.max(from + bus, bufferedAt + busBlockNs);
    lookAhead.stop();
    const readAt = arm.reach(lba, now + values.commandMiss, 0);
    const doneAt = arm.transfer(lba, blocks);
    lookAhead.begin(lba, lba + blocks);
    return Math.max(readAt + bus, doneAt + busBlockNs);
  }

  /** When the write is answered. */
  private write(lba: number, blocks: number, now: number): number {
    const { arm, busBlockNs, lookAhead, segments, values, writes } = this;
    lookAhead.stop();
    segments.drop(lba, blocks);
    const bus = blocks * busBlockNs;
    const from = now + values.commandWrite;
    if (writes.count === 0) {
      arm.reach(lba, from, values.writeSettle);
      return Math.max(from + bus, arm.transfer(lba, blocks));
    }
    const answeredAt = Math.max(from, writes.roomAt) + bus;
    arm.reach(lba, answeredAt, values.writeSettle);
    writes.add(arm.transfer(lba, blocks));
    const end = lba + blocks;
    segments.take(Math.max(lba, end - this.segmentBlocks), end);
    return answeredAt;
  }
}
