import {
  BUSY,
  CHECK_CONDITION,
  type Command,
  count,
  definePlugin,
  deviceOf,
  HOST_BUS_BUSY,
  HOST_ERROR,
  HOST_NO_CONNECT,
  HOST_RESET,
  HOST_RETRY,
  hostOf,
  type PluginDevice,
  type PluginHost,
  type PluginPath,
  pluginOf,
  SENSE_LUN_NOT_SUPPORTED,
  sense,
  TASK_SET_FULL,
} from '../plugin.js';

/** Pause before a device that is busy or full gets the command again (model). */
const BUSY_NS = 10e6;
/** Pause when every path has been tried (model). */
const RETRY_NS = 1e9;

const SENSE_STANDBY = sense(0x02, 0x04, 0x0b);
const SENSE_PASSIVE = sense(0x02, 0x04, 0x03);
const SENSE_TRANSITION = sense(0x02, 0x04, 0x0a);

/** What a failed command asks for. */
type Cause = 'none' | 'path' | 'elsewhere' | 'later' | 'busy' | 'again' | 'lost' | 'standby';

function causeOf(status: number, senseData: number): Cause {
  if (pluginOf(status) !== 0) return 'none';
  const host = hostOf(status);
  if (host === HOST_NO_CONNECT) return 'path';
  if (host === HOST_ERROR || host === HOST_RESET) return 'elsewhere';
  if (host === HOST_BUS_BUSY || host === HOST_RETRY) return 'later';
  if (host !== 0) return 'none';
  const device = deviceOf(status);
  if (device === BUSY || device === TASK_SET_FULL) return 'busy';
  if (device !== CHECK_CONDITION) return 'none';
  if (senseData === SENSE_LUN_NOT_SUPPORTED) return 'lost';
  if (senseData === SENSE_STANDBY || senseData === SENSE_PASSIVE) return 'standby';
  if (senseData === SENSE_TRANSITION) return 'busy';
  const key = senseData >>> 16;
  return key === 0x06 || key === 0x0b ? 'again' : 'none';
}

/**
 * Sends each command down the path with the fewest commands on it. A path that fails is out of use
 * until a probe is answered; commands that fail because of a path go to another at once.
 */
class LeastQueued implements PluginDevice {
  /** Paths out of use whose next probe is due some time. */
  private readonly waiting = new Set<PluginPath>();

  constructor(
    private readonly host: PluginHost,
    private readonly retries: number,
    private readonly probeNs: number,
  ) {
    for (const path of host.paths) if (!path.usable) this.probeLater(path);
  }

  start(command: Command): void {
    const path = this.shortest(undefined);
    if (path === undefined) this.host.hold(command);
    else this.host.send(command, path);
  }

  done(command: Command, path: PluginPath, status: number, senseData: number): void {
    if (status === 0) {
      this.host.finish(command);
      return;
    }
    const cause = causeOf(status, senseData);
    switch (cause) {
      case 'path':
        this.fail(path, 'no connection');
        this.start(command);
        return;
      case 'standby':
        this.host.setState(path, 'standby', 'the port stands by');
        this.probeLater(path);
        this.start(command);
        return;
      case 'lost':
        this.host.setState(path, 'dead', 'the LUN is gone', true);
        for (const other of this.host.paths) if (other.usable) this.host.probe(other);
        this.start(command);
        return;
      case 'busy':
        this.host.restart(command, BUSY_NS);
        return;
      case 'later':
        // The connection hopes to come back: every path once, then a pause.
        if (this.host.attempts(command) % this.host.paths.length > 0) this.toAnother(command, path);
        else this.host.restart(command, RETRY_NS);
        return;
    }
    if (cause === 'none' || this.host.attempts(command) > this.retries) {
      this.host.finish(command);
      return;
    }
    if (cause === 'elsewhere') this.toAnother(command, path);
    else this.host.send(command, path);
  }

  probed(path: PluginPath, status: number, senseData: number): void {
    const cause = status === 0 ? 'none' : causeOf(status, senseData);
    if (cause === 'lost') {
      this.host.setState(path, 'dead', 'the LUN is gone', true);
    } else if (cause === 'standby') {
      this.host.setState(path, 'standby', 'the port stands by');
      this.probeLater(path);
    } else if (cause === 'elsewhere' || cause === 'later') {
      this.probeLater(path);
    } else if (hostOf(status) !== 0) {
      this.fail(path, 'no answer to a probe');
    } else {
      this.host.setState(path, 'active', 'answered a probe');
      this.host.resume();
    }
  }

  event(path: PluginPath): void {
    this.host.probe(path);
  }

  config(): string {
    const queues = this.host.paths.map(({ active }) => active).join(',');
    return `{retries=${this.retries};queues=${queues}}`;
  }

  private toAnother(command: Command, path: PluginPath): void {
    this.host.send(command, this.shortest(path) ?? path);
  }

  private fail(path: PluginPath, why: string): void {
    this.host.setState(path, 'dead', why);
    this.probeLater(path);
  }

  private probeLater(path: PluginPath): void {
    if (this.waiting.has(path)) return;
    this.waiting.add(path);
    this.host.later(this.probeNs, () => {
      this.waiting.delete(path);
      if (!path.usable) this.host.probe(path);
    });
  }

  /** Fewest commands; the first among equals. */
  private shortest(except: PluginPath | undefined): PluginPath | undefined {
    let best: PluginPath | undefined;
    for (const path of this.host.paths) {
      if (!path.usable || path === except) continue;
      if (best === undefined || path.active < best.active) best = path;
    }
    return best;
  }
}

/** As a vendor might ship it: made from the public interface alone. */
export const leastQueued = definePlugin({
  name: 'LEAST_QUEUED',
  summary: 'third-party plug-in: the path with the fewest commands',
  params: {
    retries: count(5, 0, 100, 'tries after the first before an error goes up'),
    probe: count(2000, 100, 3_600_000, 'ms between probes of a path out of use'),
  },
  create: (host, { retries, probe }) => new LeastQueued(host, retries, probe * 1e6),
});
