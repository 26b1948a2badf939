import { assert } from '../../core/assert.js';
import { ABORT, type Io, LUN_RESET, NO_IO } from '../../core/io.js';
import { Layer } from '../../core/layer.js';
import { ROUTE_SCALE, ROW_STRIDE } from '../../core/requests.js';
import type { Sim } from '../../core/sim.js';
import { HOST_ABORT, hostStatus } from '../../core/status.js';
import { formatDuration } from '../../core/units.js';
import {
  type AbortCounter,
  AT_DEVICE,
  COMES_BACK,
  hasSigned,
  isAbortCounter,
  isGiver,
  isRecaller,
  type Recaller,
  type TaskControl,
  WITHDRAWN,
} from '../recall.js';
import type { Settings } from '../settings.js';
import { isSession, type LunReset, type Task } from './task.js';

const ABORTED_STATUS = hostStatus(HOST_ABORT);

/**
 * Task management of a host (stack-lower reference, 4.4). A command that is to be aborted is looked
 * for in the request table, with the pieces it was split into. What waits in the VMkernel ends at
 * once with H:5. What a device has gets an ABORT TASK, again every `Scsi.SCSITimeout_ReabortTime`;
 * when the device does not even answer that, its LUN is reset, and at last the session with the
 * target is dropped. In any case the row comes back by the way it went, once.
 *
 * Task management does not queue: its commands pass the adapter's queue and the port's by.
 */
export class TaskManager extends Layer implements TaskControl {
  private tasks: Task[] = [];
  private resets: LunReset[] = [];
  private readonly sentAt: Float64Array;
  private stopScan: (() => void) | undefined;

  constructor(
    sim: Sim,
    private readonly host: string,
    private readonly settings: Settings,
  ) {
    super(sim, `${host} task management`);
    this.sentAt = sim.requests.column('adapter.sentAt', Float64Array);
  }

  /** Commands asked back from devices and not back yet. */
  get pending(): number {
    this.tasks = this.tasks.filter((task) => this.isOut(task));
    return this.tasks.length;
  }

  abort(io: Io): void {
    const { requests } = this.sim;
    // The table is long, and guests whose time-out is short give up thousands of commands.
    if (!requests.isSplit(io)) {
      this.recall(io);
      return;
    }
    const disk = requests.disk[io];
    for (let row = 0; row < requests.handleLimit; row += ROW_STRIDE) {
      if (!requests.live(row) || requests.disk[row] !== disk) continue;
      if (this.rootOf(row) === io) this.recall(row);
    }
  }

  reset(disk: number): void {
    const { requests } = this.sim;
    const touched = new Set<AbortCounter>();
    for (let row = 0; row < requests.handleLimit; row += ROW_STRIDE) {
      if (!requests.live(row) || requests.disk[row] !== disk) continue;
      for (const counter of this.countersOf(row)) touched.add(counter);
      this.recall(row);
    }
    for (const counter of touched) counter.countAborts(0, 1);
  }

  end(io: Io): void {
    const { now, requests, events } = this.sim;
    requests.status[io] = ABORTED_STATUS;
    requests.sense[io] = 0;
    events.push(now, this.index, io);
  }

  override submit(): void {
    assert(false, 'task management makes its own rows');
  }

  /** A withdrawn row ends. */
  override fire(io: Io): void {
    this.leave(io).complete(io);
  }

  /** An ABORT TASK or a LUN RESET has been answered, or could not be. */
  override complete(io: Io): void {
    const { requests } = this.sim;
    const well = requests.status[io] === 0;
    const { nexus, lun } = requests;
    if (requests.op[io] === LUN_RESET) {
      const reset = this.resets.find((known) => known.nexus === nexus[io] && known.lun === lun[io]);
      if (reset !== undefined) reset.answered = well;
    } else {
      const task = this.tasks.find(({ asking }) => asking === io);
      if (task !== undefined) task.asking = NO_IO;
    }
    requests.give(io);
  }

  private recall(row: Io): void {
    const holder = this.holderOf(row);
    if (holder === undefined) return;
    const counters = this.countersOf(row);
    const outcome = holder.recall(row);
    if (outcome === WITHDRAWN) this.end(row);
    else if (outcome === AT_DEVICE) this.ask(row, counters);
    else if (outcome !== COMES_BACK) return;
    for (const counter of counters) counter.countAborts(1, 0);
  }

  /** Asks the device for a command it has. */
  private ask(row: Io, counters: readonly AbortCounter[]): void {
    const { now, requests, timers } = this.sim;
    const adapter = this.signersOf(row).filter(isGiver).at(-1);
    if (adapter === undefined) return;
    const task: Task = {
      io: row,
      adapter,
      sentAt: this.sentAt[row],
      nexus: requests.nexus[row],
      lun: requests.lun[row],
      counters,
      since: now,
      askedAt: now,
      asking: NO_IO,
      wedged: false,
    };
    this.tasks.push(task);
    this.sendAbort(task);
    const period = this.settings.ns('Scsi.SCSITimeout_ScanTime');
    this.stopScan ??= timers.every(period, () => this.scan());
  }

  /** Looks after commands that have not come back. */
  private scan(): void {
    if (this.pending === 0) {
      this.stopScan?.();
      this.stopScan = undefined;
      return;
    }
    const { now } = this.sim;
    const { settings } = this;
    for (const task of this.tasks) {
      if (!this.isOut(task)) continue;
      if (!task.wedged && now - task.since >= settings.ns('Scsi.ScsiTMHardTimeout')) {
        this.warn(task);
      }
      if (now - task.askedAt < settings.ns('Scsi.SCSITimeout_ReabortTime')) continue;
      task.askedAt = now;
      if (task.asking === NO_IO) this.sendAbort(task);
      else this.resetLun(task);
    }
  }

  private sendAbort(task: Task): void {
    task.asking = this.send(ABORT, task.io, task);
    if (task.asking !== NO_IO) return;
    const { settings } = this;
    const earlyNs =
      settings.ns('Scsi.SCSITimeout_ReabortTime') - settings.ns('Scsi.TimeoutTMThreadRetry');
    task.askedAt -= Math.max(0, earlyNs);
  }

  /** ABORT TASK was not answered. */
  private resetLun({ nexus, lun, counters }: Task): void {
    const { settings } = this;
    if (this.resets.some((known) => known.nexus === nexus && known.lun === lun)) return;
    const reset = { nexus, lun, counters, answered: false };
    this.resets.push(reset);
    if (settings.on('Disk.UseLunReset')) {
      const waited = formatDuration(settings.ns('Scsi.SCSITimeout_ReabortTime'));
      this.note('device.reset', reset, 'LUN RESET sent', `no answer to ABORT TASK for ${waited}`);
      for (const counter of counters) counter.countAborts(0, 1);
      this.send(LUN_RESET, NO_IO, reset);
    }
    const { timers } = this.sim;
    timers.delay(settings.ns('Disk.MaxResetLatency'), () => this.resetTarget(reset));
    timers.delay(settings.ns('Disk.ResetPeriod'), () => {
      this.resets = this.resets.filter((other) => other !== reset);
    });
  }

  /** The LUN RESET was not answered either: nothing is heard of the target. */
  private resetTarget(reset: LunReset): void {
    const { settings } = this;
    if (reset.answered || !settings.on('Disk.UseDeviceReset')) return;
    const isTheirs = ({ nexus, lun }: Task): boolean => nexus === reset.nexus && lun === reset.lun;
    if (!this.tasks.some((task) => isTheirs(task) && this.isOut(task))) return;
    const session = this.sim.layers[reset.nexus];
    if (!isSession(session)) return;
    const waited = formatDuration(settings.ns('Disk.MaxResetLatency'));
    for (const counter of reset.counters) counter.countAborts(0, 1);
    session.dropSession(`${this.host}: target reset, no answer to LUN RESET for ${waited}`);
  }

  private warn(task: Task): void {
    task.wedged = true;
    const age = formatDuration(this.sim.now - task.since);
    const why = `asked back ${age} ago, and neither aborts nor resets have helped`;
    this.note('command.wedged', task, `a command does not come back`, why);
  }

  private note(
    kind: string,
    place: { nexus: number; lun: number },
    what: string,
    why: string,
  ): void {
    const { layers, log } = this.sim;
    log.note(
      kind,
      `${this.host} ${layers[place.lun].name} over ${layers[place.nexus].name}`,
      what,
      why,
    );
  }

  /** Sends a task management function; NO_IO when the request table is full. */
  private send(op: number, target: Io, place: { nexus: number; lun: number }): Io {
    const { now, requests, layers } = this.sim;
    const io = requests.takeOwn(op, target, 0, now);
    if (io === NO_IO) return NO_IO;
    requests.nexus[io] = place.nexus;
    requests.lun[io] = place.lun;
    this.enter(io);
    layers[place.nexus].submit(io);
    return io;
  }

  /** True while the device has the very command the task is about. */
  private isOut({ io, adapter, sentAt }: Task): boolean {
    const { requests } = this.sim;
    return requests.live(io) && this.sentAt[io] === sentAt && hasSigned(requests, io, adapter);
  }

  /** The command a row was split from, or the row itself. */
  private rootOf(row: Io): Io {
    const { requests } = this.sim;
    let root = row;
    let steps = 0;
    for (let up = requests.parentOf(root); up !== NO_IO; up = requests.parentOf(root)) {
      assert(steps++ < requests.handleLimit, 'a command was split from itself');
      root = up;
    }
    return root;
  }

  /** The last layer that signed and knows where the row is. */
  private holderOf(row: Io): Recaller | undefined {
    return this.signersOf(row)
      .filter((layer): layer is Layer & Recaller => isRecaller(layer))
      .at(-1);
  }

  private countersOf(row: Io): AbortCounter[] {
    return this.signersOf(row).filter((layer): layer is Layer & AbortCounter =>
      isAbortCounter(layer),
    );
  }

  private signersOf(row: Io): Layer[] {
    const { route, depth } = this.sim.requests;
    return Array.from(
      { length: depth[row] },
      (_, place) => this.sim.layers[route[row * ROUTE_SCALE + place]],
    );
  }
}
