/**
 * The interface for multipathing plug-ins from outside. A plug-in is one file that imports nothing
 * but this one; it is listed in plugins/index.ts and chosen by the name of a claim rule's plug-in.
 *
 * The host keeps the paths' statistics, the device's availability (all paths down, permanent loss,
 * removal) and the queue of held commands; the plug-in decides where each command goes, what a
 * failure means, and which paths work.
 */
import type { Io } from '../../../core/io.js';
import type { Params, Values } from '../../../core/params.js';

export { count, type Params, size, type Values } from '../../../core/params.js';
export {
  BUSY,
  CHECK_CONDITION,
  deviceOf,
  HOST_BUS_BUSY,
  HOST_ERROR,
  HOST_NO_CONNECT,
  HOST_RESET,
  HOST_RETRY,
  hostOf,
  pluginOf,
  SENSE_LUN_NOT_SUPPORTED,
  sense,
  TASK_SET_FULL,
} from '../../../core/status.js';

/** Handle of a command, valid from `start` until `finish`. */
export type Command = Io;

/** What a plug-in may say of a path. */
export type PluginPathState = 'active' | 'unoptimized' | 'standby' | 'dead';

/** A path as the plug-in sees it. */
export interface PluginPath {
  /** `vmhba1:C0:T0:L5`. */
  readonly name: string;
  /** Commands on it now. */
  readonly active: number;
  /** Commands may be sent: not dead, not standing by, not switched off by the administrator. */
  readonly usable: boolean;
}

/** What the host does for a plug-in's device. */
export interface PluginHost {
  readonly device: string;
  /** In the order of discovery. */
  readonly paths: readonly PluginPath[];
  /** Simulated time, ns. */
  readonly now: number;
  /** Sends a command down a path; it comes back by `done`. */
  send(command: Command, path: PluginPath): void;
  /** How often the command has been sent. */
  attempts(command: Command): number;
  /** Gives the command to the layers above with the status it came back with. */
  finish(command: Command): void;
  /** Keeps the command until `resume`; the host ends it where the device's availability says so. */
  hold(command: Command): void;
  /** Every held command comes by `start` again, in order. */
  resume(): void;
  /** The command comes by `start` again after a while. */
  restart(command: Command, delayNs: number): void;
  /** Asks the path with TEST UNIT READY; the answer comes by `probed`. */
  probe(path: PluginPath): void;
  /**
   * What the path is worth now; written to the event log when it changes.
   * @param lost the target says that the LUN is gone for good
   */
  setState(path: PluginPath, state: PluginPathState, why: string, lost?: boolean): void;
  /** Calls back once after `delayNs`. */
  later(delayNs: number, action: () => void): void;
}

/** A plug-in's side of one device. Commands it gets must be sent, held, restarted or finished. */
export interface PluginDevice {
  /** A command from above, or one that was held or put off. */
  start(command: Command): void;
  /** A command came back; status and sense are 0 when it ended well. */
  done(command: Command, path: PluginPath, status: number, sense: number): void;
  probed(path: PluginPath, status: number, sense: number): void;
  /** Something may be different on the path: link, connection, LUN, administrator, rescan. */
  event(path: PluginPath, why: string): void;
  /** Set-up and state for the administrator, in one line. */
  config(): string;
}

export interface MultipathPlugin<P extends Params = Params> {
  /** As claim rules name it. */
  readonly name: string;
  readonly summary: string;
  readonly params: P;
  create(host: PluginHost, values: Values<P>): PluginDevice;
}

export function definePlugin<P extends Params>(plugin: MultipathPlugin<P>): MultipathPlugin<P> {
  return plugin;
}
