/** What goes beside what under one SCSI-2 reservation. */
import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES, OP_NAMES } from '../../../src/engine/core/io.js';
import { Sim } from '../../../src/engine/core/sim.js';
import { PLUGIN_RESERVATION_LOST, pluginStatus } from '../../../src/engine/core/status.js';
import type { MountState } from '../../../src/engine/stack/filesystem/mount-state.js';
import {
  ExtentReservation,
  type MetadataRow,
  type RowMaker,
} from '../../../src/engine/stack/filesystem/vmfs/extent-reservation.js';
import type { MetadataClient } from '../../../src/engine/stack/filesystem/vmfs/metadata-io.js';

interface Row {
  readonly name: string;
  readonly client: MetadataClient;
  readonly token: number;
}

/** Keeps the rows it is to make until the test ends them. */
class Rows implements RowMaker {
  readonly left: Row[] = [];

  makeRow({ op, lba, client, token }: MetadataRow): void {
    this.left.push({ name: `${OP_NAMES[op]} ${lba}`, client, token });
  }

  get names(): string[] {
    return this.left.map(({ name }) => name);
  }

  end(name: string, status = 0): void {
    const at = this.left.findIndex((row) => row.name === name);
    const [row] = this.left.splice(at, 1);
    row.client.metadataDone(row.token, status, 0);
  }
}

function setUp() {
  const sim = new Sim(1, 16);
  const rows = new Rows();
  const state = { host: 'esx1', datastore: 'ds', add: () => undefined } as unknown as MountState;
  const reservation = new ExtentReservation(sim, rows, state, 45e6);
  const done: number[] = [];
  const client = { metadataDone: (token: number) => void done.push(token) };
  const expected = new Uint8Array(BLOCK_BYTES);
  const swap = (lba: number, token: number): void =>
    reservation.ask({
      ...{ lba, blocks: 1, purpose: 'lockIos', client, token, payload: undefined },
      isSwap: true,
      swap: { expected, bytes: new Uint8Array(BLOCK_BYTES).fill(1) },
    });
  const write = (lba: number, blocks: number, token: number): void =>
    reservation.ask({
      ...{ lba, blocks, purpose: 'descriptorIos', client, token, payload: undefined },
      isSwap: false,
      swap: undefined,
    });
  return { rows, swap, write, done };
}

describe('a lock that is read and then written', () => {
  it('waits for writes of its block, and they for it, in the order of asking', () => {
    const { rows, swap, write, done } = setUp();
    swap(10, 1);
    write(9, 3, 2);
    write(20, 1, 3);
    swap(11, 4);
    rows.end('RESERVE 10');
    expect(rows.names).toEqual(['READ 10', 'WRITE 20']);
    rows.end('WRITE 20');
    rows.end('READ 10');
    expect(rows.names).toEqual(['WRITE 10']);
    rows.end('WRITE 10');
    expect(rows.names).toEqual(['WRITE 9']);
    rows.end('WRITE 9');
    expect(rows.names).toEqual(['READ 11']);
    expect(done).toEqual([3, 1, 2]);
  });

  it('is read again where the reservation was lost before it could be written', () => {
    const { rows, swap, write, done } = setUp();
    swap(10, 1);
    write(20, 1, 2);
    rows.end('RESERVE 10');
    rows.end('WRITE 20', pluginStatus(PLUGIN_RESERVATION_LOST));
    rows.end('READ 10');
    expect(rows.names).toEqual(['RELEASE 10']);
    rows.end('RELEASE 10');
    rows.end('RESERVE 10');
    expect(rows.names.sort()).toEqual(['READ 10', 'WRITE 20']);
    expect(done).toEqual([]);
  });
});
