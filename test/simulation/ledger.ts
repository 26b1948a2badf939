import { afterEach } from 'vitest';
import type { Io } from '../../src/engine/core/io.js';
import type { Sim } from '../../src/engine/core/sim.js';
import { VirtualScsiDisk } from '../../src/engine/stack/vscsi/virtual-scsi-disk.js';
import { Guest } from '../../src/engine/workloads/guest.js';

interface Entry {
  readonly op: number;
  readonly disk: number;
  readonly lba: number;
  readonly blocks: number;
}

type Inside = { readonly sim: Sim };
type Account = (this: Inside, io: Io) => void;

const guestMethods = Guest.prototype as unknown as { account: Account };
const diskMethods = VirtualScsiDisk.prototype as unknown as { submit: Account };

/**
 * Keeps its own book of what guests issue and get back, at the top of the stack and with none of
 * its meters: every command comes back once, as what it was. Works on the prototypes, so open it
 * before the simulation is made.
 */
export class Ledger {
  issued = 0;
  completed = 0;
  failed = 0;
  readonly problems: string[] = [];
  private readonly open = new Map<Io, Entry>();
  private readonly account = guestMethods.account;
  private readonly submit = diskMethods.submit;

  constructor() {
    const { account, submit } = this;
    const self = this;
    diskMethods.submit = function (io) {
      self.issue(this.sim, io);
      submit.call(this, io);
    };
    guestMethods.account = function (io) {
      self.settle(this.sim, io);
      account.call(this, io);
    };
    ledgers.push(this);
  }

  /** Issued and not back. */
  get missing(): number {
    return this.open.size;
  }

  close(): void {
    guestMethods.account = this.account;
    diskMethods.submit = this.submit;
  }

  private issue({ requests }: Sim, io: Io): void {
    this.issued++;
    if (this.open.has(io)) this.problems.push(`row ${io} issued while it is under way`);
    this.open.set(io, {
      op: requests.op[io],
      disk: requests.disk[io],
      lba: requests.lba[io],
      blocks: requests.blocks[io],
    });
  }

  private settle({ requests, now }: Sim, io: Io): void {
    this.completed++;
    if (requests.status[io] !== 0) this.failed++;
    const entry = this.open.get(io);
    this.open.delete(io);
    if (entry === undefined) {
      this.problems.push(`row ${io} completed at ${now} without having been issued`);
      return;
    }
    for (const field of ['op', 'disk', 'lba', 'blocks'] as const) {
      if (requests[field][io] !== entry[field]) {
        this.problems.push(
          `row ${io}: ${field} ${entry[field]} came back as ${requests[field][io]} at ${now}`,
        );
      }
    }
  }
}

const ledgers: Ledger[] = [];

/** Puts everything back after each test of the file that calls this. */
export function closeLedgers(): void {
  afterEach(() => {
    for (const ledger of ledgers.splice(0).reverse()) ledger.close();
  });
}
