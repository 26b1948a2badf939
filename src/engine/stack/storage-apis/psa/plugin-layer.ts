import { assert } from '../../../core/assert.js';
import { type Io, LUN_RESET, NO_IO, WRITE } from '../../../core/io.js';
import { Layer } from '../../../core/layer.js';
import type { Entity } from '../../../core/meters.js';
import type { Sim } from '../../../core/sim.js';
import {
  BUSY,
  deviceOf,
  HOST_ABORT,
  hostStatus,
  RESERVATION_CONFLICT,
  TASK_SET_FULL,
} from '../../../core/status.js';
import {
  ABORTED,
  ASKED,
  COMES_BACK,
  hasSigned,
  type Recall,
  recallFrom,
  WITHDRAWN,
} from '../../recall.js';
import { Vaai } from '../vaai/vaai.js';
import { Availability, DEVICE_OFF, DEVICE_ON } from './availability.js';
import { DeviceReservation } from './device-reservation.js';
import { HeldRows } from './held.js';
import type { Path, PathOwner } from './path.js';
import { PATH_ACTIVE, PATH_DEAD, PATH_OFF, PATH_STANDBY, PATH_UNOPTIMIZED } from './path-state.js';
import { PathUse } from './path-use.js';
import type { PluginDevice, PluginHost, PluginPath, PluginPathState } from './plugin.js';
import { createFromPlugin } from './plugins/index.js';
import { PathProber, type Probed } from './prober.js';
import type { DeviceStatus, PsaDevice, PsaDeviceOptions } from './psa-device.js';

export interface PluginOptions extends PsaDeviceOptions {
  readonly plugin: string;
  readonly params: Readonly<Record<string, number>>;
}

const STATES: Readonly<Record<PluginPathState, number>> = {
  active: PATH_ACTIVE,
  unoptimized: PATH_UNOPTIMIZED,
  standby: PATH_STANDBY,
  dead: PATH_DEAD,
};

/** A device of a plug-in from outside: the host's side of the interface in plugin.ts. */
export class PluginLayer extends Layer implements PsaDevice, PathOwner, Probed {
  readonly uid: string;
  readonly paths: readonly Path[];
  readonly vaai: Vaai;
  onQueueFull: (() => void) | undefined;

  private readonly pluginName: string;
  private readonly entity: Entity;
  private readonly byIndex: Path[] = [];
  private readonly held: HeldRows;
  private readonly reservation: DeviceReservation;
  private readonly conflictRetries: number;
  readonly availability: Availability;
  private readonly use: PathUse;
  private readonly prober: PathProber;
  private readonly plugin: PluginDevice;
  /** How often each command has been sent; ABORTED once it has been given up. */
  private readonly attempts: Uint8Array;
  /** Times each command met another host's reservation: these are no attempts. */
  private readonly conflicts: Uint8Array;
  private readonly retriesSlot: number;
  /** The plug-in is being handed a command from above, which must not complete meanwhile. */
  private starting = false;

  constructor(sim: Sim, options: PluginOptions) {
    const { host, uid, paths, settings, entity, plugin, params } = options;
    super(sim, `${host} ${plugin.toLowerCase()} ${uid}`);
    assert(paths.length > 0, `${uid} has no path`);
    const title = `${host} ${uid}`;
    this.uid = uid;
    this.paths = paths;
    this.pluginName = plugin;
    this.entity = entity;
    this.vaai = new Vaai(sim, entity, settings);
    this.conflictRetries = settings.get('Scsi.ConflictRetries');
    this.reservation = new DeviceReservation(sim, title, entity, (path) => {
      this.prober.command(path, LUN_RESET, () => undefined);
    });
    this.attempts = sim.requests.column('psa.retries', Uint8Array);
    this.conflicts = sim.requests.column('psa.conflicts', Uint8Array);
    this.retriesSlot = entity.slot('retries');
    this.use = new PathUse(sim, title, paths, entity);
    this.availability = new Availability(
      sim,
      title,
      paths,
      settings,
      entity,
      () => this.held.review(),
      () => this.held.isIdle(),
    );
    this.held = new HeldRows(sim, this.availability, (io) => this.after(0, io));
    this.prober = new PathProber(sim, `${title} prober`, false, this);
    for (const path of paths) this.adopt(path);
    this.plugin = createFromPlugin(plugin, this.hostSide(), params);
    this.review('discovery');
  }

  get state(): number {
    return this.availability.state;
  }

  get workingPath(): Path | undefined {
    return this.paths.find((path) => path.usable);
  }

  get heldCount(): number {
    return this.held.count;
  }

  override submit(io: Io): void {
    this.attempts[io] = 0;
    this.conflicts[io] = 0;
    this.start(io);
  }

  override complete(io: Io): void {
    const { path: paths, status, sense } = this.sim.requests;
    const path = this.byIndex[paths[io]];
    const device = deviceOf(status[io]);
    path.returned(io);
    if (device === TASK_SET_FULL || device === BUSY) this.onQueueFull?.();
    if (this.attempts[io] === ABORTED) {
      if (status[io] !== 0) this.abort(io);
      this.finish(io);
    } else if (status[io] !== 0 && this.reservation.failed(io, path)) {
      this.finish(io);
    } else if (device === RESERVATION_CONFLICT && this.conflicts[io] < this.conflictRetries) {
      // Whose reservation it is the host knows, not the plug-in.
      status[io] = 0;
      this.attempts[io]--;
      this.after(this.reservation.pauseNs(path, ++this.conflicts[io]), io);
    } else {
      this.plugin.done(io, path, status[io], sense[io]);
    }
  }

  override fire(io: Io): void {
    if (this.sim.requests.status[io] !== 0) this.finish(io);
    else this.start(io);
  }

  status(): DeviceStatus {
    return {
      plugin: this.pluginName,
      satp: '',
      satpConfig: '',
      psp: '',
      pspConfig: this.plugin.config(),
      workingPaths: this.paths.filter((path) => path.working).map((path) => path.name),
    };
  }

  giveBack(io: Io): Recall {
    const { path } = this.sim.requests;
    if (this.held.remove(io)) return WITHDRAWN;
    if (this.attempts[io] === ABORTED) return ASKED;
    this.attempts[io] = ABORTED;
    if (hasSigned(this.sim.requests, io, this))
      return recallFrom(this.byIndex[path[io]].adapter, io);
    this.abort(io);
    return COMES_BACK;
  }

  rescan(): void {
    for (const path of this.paths) path.lost = false;
    for (const path of this.paths) this.tell(path, 'rescan');
  }

  halt(on: boolean): void {
    this.prober.halted = on;
    this.reservation.isHalted = on;
    if (!on) this.rescan();
  }

  detach(): string | undefined {
    if (this.state === DEVICE_OFF) return undefined;
    const busy = this.held.count > 0 || this.paths.some((path) => path.active > 0);
    if (busy) return 'it is in use: unmount its datastore first';
    this.availability.detach();
    for (const path of this.paths) path.move(PATH_OFF, 'device detached');
    this.review('device detached');
    return undefined;
  }

  attach(): void {
    if (this.state !== DEVICE_OFF) return;
    for (const path of this.paths) {
      path.move(path.nexus.up ? PATH_ACTIVE : PATH_DEAD, 'device attached');
    }
    this.availability.attach();
    this.review('device attached');
    for (const path of this.paths) this.tell(path, 'device attached');
  }

  setAdminState(path: Path, want: 'on' | 'off'): string | undefined {
    if (this.availability.gone) return `${this.uid} is lost or detached`;
    if (want === 'on') {
      path.move(PATH_DEAD, 'switched on, not probed yet');
      this.tell(path, 'switched on');
      return undefined;
    }
    const others = this.paths.some((other) => other !== path && other.usable);
    if (path.usable && !others) return `it is the last usable path of ${this.uid}`;
    path.move(PATH_OFF, 'switched off');
    this.pathsChanged('path switched off');
    return undefined;
  }

  pathsChanged(why: string): void {
    this.review(why);
  }

  probed(path: Path, status: number, senseData: number): void {
    if (path.state === PATH_OFF) return;
    this.plugin.probed(path, status, senseData);
  }

  borrow(): Io {
    return this.held.shift();
  }

  takeBack(io: Io): void {
    if (this.attempts[io] === ABORTED) {
      this.abort(io);
      this.after(0, io);
    } else if (this.state === DEVICE_ON) {
      this.held.unshift(io);
    } else {
      this.held.hold(io);
    }
  }

  private adopt(path: Path): void {
    assert(path.owner === undefined, `${path.title} belongs to two devices`);
    this.byIndex[path.index] = path;
    path.owner = this;
    path.state = path.nexus.up ? PATH_ACTIVE : PATH_DEAD;
    // Listeners may be called from inside a command's way.
    const later = (why: string): void => {
      this.sim.timers.delay(0, () => {
        if (!this.availability.gone) this.tell(path, why);
      });
    };
    path.nexus.onChange(() => later('connection changed'));
    path.adapter.onLinkChange(() => later('adapter link changed'));
    path.lun.onStateChange(() => later('LUN changed state'));
  }

  /** What the plug-in may call. */
  private hostSide(): PluginHost {
    const { sim } = this;
    return {
      device: this.uid,
      paths: this.paths,
      get now() {
        return sim.now;
      },
      send: (io, path) => this.send(io, path),
      attempts: (io) => this.attempts[io],
      finish: (io) => this.give(io),
      hold: (io) => this.held.hold(io),
      resume: () => this.resume(),
      restart: (io, delayNs) => {
        sim.requests.status[io] = 0;
        this.after(delayNs, io);
      },
      probe: (path) => {
        const own = this.own(path);
        // Nobody probes a lost device, until a rescan has cleared what its paths said.
        const asked = !this.availability.gone || !own.lost;
        if (asked && own.state !== PATH_OFF) this.prober.probe(own);
      },
      setState: (path, state, why, lost) => this.setState(path, state, why, lost === true),
      later: (delayNs, action) => {
        sim.timers.delay(delayNs, action);
      },
    };
  }

  private own(path: PluginPath): Path {
    return path as Path;
  }

  private tell(path: Path, why: string): void {
    if (path.state !== PATH_OFF) this.plugin.event(path, why);
  }

  private start(io: Io): void {
    if (this.availability.gone) {
      this.held.hold(io);
      return;
    }
    this.starting = true;
    this.plugin.start(io);
    this.starting = false;
  }

  private send(io: Io, to: PluginPath): void {
    const { status, sense } = this.sim.requests;
    const { reservation } = this;
    if (reservation.active && reservation.isLostFor(io)) {
      this.after(0, io);
      return;
    }
    const path = (reservation.active ? reservation.pinned : undefined) ?? this.own(to);
    status[io] = 0;
    sense[io] = 0;
    if (this.attempts[io] > 0) this.entity.values[this.retriesSlot]++;
    if (this.attempts[io] < ABORTED - 1) this.attempts[io]++;
    path.send(io);
    this.enter(io);
    path.adapter.submit(io);
  }

  private setState(to: PluginPath, state: PluginPathState, why: string, lost: boolean): void {
    const path = this.own(to);
    if (path.state === PATH_OFF) return;
    path.lost = lost;
    path.move(STATES[state], why);
    this.review(why);
  }

  private review(why: string): void {
    this.availability.update(why);
    this.use.choose({ update: () => undefined, uses: (path) => path.usable }, why);
    if (this.availability.gone) this.held.review();
  }

  private resume(): void {
    for (let left = this.held.count; left > 0; left--) {
      const io = this.held.shift();
      if (io === NO_IO) return;
      this.start(io);
    }
  }

  /** The plug-in is done with the command; from inside `submit` an event of its own ends it. */
  private give(io: Io): void {
    if (!this.starting) {
      this.finish(io);
      return;
    }
    assert(this.sim.requests.status[io] !== 0, `${this.name} finished a command it never sent`);
    this.after(0, io);
  }

  private finish(io: Io): void {
    const { op, path, status } = this.sim.requests;
    if (op[io] > WRITE || status[io] !== 0) this.vaai.finished(io);
    if (op[io] > WRITE) this.reservation.ended(io, this.byIndex[path[io]]);
    this.leave(io).complete(io);
  }

  private abort(io: Io): void {
    this.sim.requests.status[io] = hostStatus(HOST_ABORT);
    this.sim.requests.sense[io] = 0;
  }
}
