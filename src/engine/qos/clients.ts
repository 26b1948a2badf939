import { assert } from '../core/assert.js';
import { NO_CLIENT } from './tag-heap.js';

/** Which client of a scheduler the commands of a virtual disk belong to. */
export class ClientTable {
  private clientOf = new Int32Array(8).fill(NO_CLIENT);

  /** True when the disk has a client. */
  knows(disk: number): boolean {
    return disk < this.clientOf.length && this.clientOf[disk] !== NO_CLIENT;
  }

  /** The disk's client, or NO_CLIENT for disk -1: commands that belong to none. */
  at(disk: number): number {
    if (disk < 0) return NO_CLIENT;
    const client = this.clientOf[disk];
    assert(client >= 0, 'a command of a virtual disk that the scheduler does not know');
    return client;
  }

  assign(disk: number, client: number): void {
    if (disk >= this.clientOf.length) {
      const wider = new Int32Array(Math.max(disk + 1, this.clientOf.length * 2)).fill(NO_CLIENT);
      wider.set(this.clientOf);
      this.clientOf = wider;
    }
    this.clientOf[disk] = client;
  }
}
