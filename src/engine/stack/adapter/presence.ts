import type { Sim } from '../../core/sim.js';
import { HOST_NO_CONNECT, HOST_RETRY, hostStatus } from '../../core/status.js';

/** What a driver does when its adapter comes and goes. */
export interface PluggedDriver {
  /** Takes no more commands; calls back once it has none left. */
  quiesce(why: string, drained: () => void): void;
  detach(why: string): void;
  /** The hardware is gone. */
  forget(why: string): void;
  /** Attach, scan and start. */
  bringUp(why: string): void;
}

/** The adapter whose presence it is. */
export interface Plugged {
  readonly name: string;
  /** What the driver has never gets its answer, and ends with this host status. */
  lose(host: number): void;
  /** Commands may go on, or must not. */
  changed(): void;
}

/**
 * Whether an adapter is there and its link has light. A link that is lost has its commands retried
 * for a while, as the protocol of the driver does; an adapter that is taken out has them fail.
 */
export class Presence {
  /** Status of commands that cannot be sent; 0 while they can. */
  refusal = 0;
  private cable = true;
  private present = true;
  private draining = false;
  private cancelLoss: (() => void) | undefined;
  private readonly listeners: (() => void)[] = [];
  private readonly users: (() => string | undefined)[] = [];

  /** @param linkLossNs how long commands come back with RETRY after the link is lost */
  constructor(
    private readonly sim: Sim,
    private readonly adapter: Plugged,
    private readonly driver: PluggedDriver,
    private readonly linkLossNs: number,
  ) {}

  get linkUp(): boolean {
    return this.cable && this.present;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  addUser(user: () => string | undefined): void {
    this.users.push(user);
  }

  setLinkUp(up: boolean, why: string): void {
    if (up === this.cable) return;
    this.cable = up;
    this.note('adapter.link', up ? 'up' : 'down', why);
    if (!this.present) return;
    this.stopLoss();
    if (up) {
      this.refusal = 0;
    } else if (this.linkLossNs === 0) {
      this.refuseWith(HOST_NO_CONNECT);
    } else {
      this.refuseWith(HOST_RETRY);
      this.cancelLoss = this.sim.timers.delay(this.linkLossNs, () => this.giveUp());
    }
    this.notify();
  }

  /** The driver drains and is detached; or why that may not be done. */
  detach(why: string): string | undefined {
    if (!this.present) return `${this.adapter.name} is not there`;
    if (this.draining) return `${this.adapter.name} is being taken out already`;
    for (const user of this.users) {
      const reason = user();
      if (reason !== undefined) return reason;
    }
    this.draining = true;
    this.note('adapter.removal', 'draining', why);
    this.driver.quiesce(why, () => {
      this.driver.detach(why);
      this.takeAway('detached', why);
    });
    return undefined;
  }

  pullOut(why: string): void {
    if (!this.present) return;
    this.driver.forget(why);
    this.adapter.lose(HOST_NO_CONNECT);
    this.takeAway('pulled out', why);
  }

  insert(why: string): void {
    if (this.present) return;
    this.present = true;
    this.note('adapter.removal', 'inserted', why);
    this.refusal = this.cable ? 0 : hostStatus(HOST_NO_CONNECT);
    this.driver.bringUp(why);
    this.notify();
  }

  private refuseWith(host: number): void {
    this.refusal = hostStatus(host);
    this.adapter.lose(host);
  }

  /** The link has been down for too long. */
  private giveUp(): void {
    this.cancelLoss = undefined;
    this.note('adapter.link', 'lost', 'device loss time-out');
    this.refuseWith(HOST_NO_CONNECT);
    this.notify();
  }

  private takeAway(how: string, why: string): void {
    this.present = false;
    this.draining = false;
    this.stopLoss();
    this.refusal = hostStatus(HOST_NO_CONNECT);
    this.note('adapter.removal', how, why);
    this.notify();
  }

  private stopLoss(): void {
    this.cancelLoss?.();
    this.cancelLoss = undefined;
  }

  private notify(): void {
    this.adapter.changed();
    for (const listener of this.listeners) listener();
  }

  private note(kind: string, what: string, why: string): void {
    this.sim.log.note(kind, this.adapter.name, what, why);
  }
}
