import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/engine/core/errors.js';
import { FLUSH, READ, UNMAP, WRITE, ZERO } from '../../../src/engine/core/io.js';
import { vscsi } from '../../../src/engine/formats/trace/vscsi.js';
import { TraceRecords } from '../../../src/engine/formats/trace-records.js';
import { encodeVscsi, READ_10, type VscsiRecord, WRITE_10 } from './records.js';

function decode(bytes: Uint8Array) {
  const records = new TraceRecords();
  vscsi.decode(bytes, records);
  return records.finish();
}

const read = (ts: bigint, more: Partial<VscsiRecord> = {}): VscsiRecord => ({
  cmd: READ_10,
  len: 4096,
  lbn: 8n,
  ts,
  ...more,
});

describe('vscsi', () => {
  it('decodes the known first record of the reference', () => {
    const hex = 'f400008000020000010000002a000001091a8f020000000022cf82be1f050000';
    const record = Uint8Array.from(Buffer.from(hex, 'hex'));
    const { table, summary } = decode(Uint8Array.from([...record, ...record]));
    expect([table.op[0], table.blocks[0], table.lba[0]]).toEqual([WRITE, 1, 42932745]);
    expect(summary).toMatchObject({ records: 2, writes: 2, bytesWritten: 1024, spanNs: 0 });
  });

  it.each([1, 2] as const)('decodes version %i: times from 0 in ns, exact addresses', (version) => {
    const bytes = encodeVscsi(version, [
      read(5_633_898_368_802n),
      read(5_633_898_368_803n, { cmd: WRITE_10, len: 65536, lbn: 0x12_3456_789an }),
      read(5_640_000_000_000n, { cmd: 0x88, len: 512 }),
    ]);
    expect(vscsi.sniff(bytes)).toBe(true);
    const { table } = decode(bytes);
    expect(Array.from(table.at)).toEqual([0, 1000, 6_101_631_198_000]);
    expect(Array.from(table.op)).toEqual([READ, WRITE, READ]);
    expect(Array.from(table.lba)).toEqual([8, 0x12_3456_789a, 8]);
    expect(Array.from(table.blocks)).toEqual([8, 128, 1]);
    expect(table.units).toBe(1);
  });

  it('maps opcodes, skips and counts those that carry nothing to replay', () => {
    const codes = [0x08, 0x28, 0xa8, 0x88, 0x0a, 0x2a, 0xaa, 0x8a, 0x35, 0x91, 0x42, 0x93];
    const unknown = [0x00, 0x12, 0x25, 0x4d];
    const { table, summary } = decode(
      encodeVscsi(
        1,
        [...codes, ...unknown].map((cmd, index) => read(BigInt(index), { cmd })),
      ),
    );
    const reads = [READ, READ, READ, READ];
    const writes = [WRITE, WRITE, WRITE, WRITE];
    expect(Array.from(table.op)).toEqual([...reads, ...writes, FLUSH, FLUSH, UNMAP, ZERO]);
    expect(summary).toMatchObject({ records: 16, reads: 4, writes: 4, others: 4, skipped: 4 });
  });

  it('skips transfers of no bytes, keeps flushes, rounds up to blocks', () => {
    const { table, summary } = decode(
      encodeVscsi(1, [
        read(0n, { len: 0 }),
        read(1n, { len: 0, cmd: 0x35 }),
        read(2n, { len: 513 }),
      ]),
    );
    expect(Array.from(table.blocks)).toEqual([0, 2]);
    expect(summary).toMatchObject({ skipped: 1, rounded: 1, bytesRead: 1024, spanNs: 1000 });
  });

  it('sorts records that are out of order, keeping equal times in the order of the file', () => {
    const { table, summary } = decode(
      encodeVscsi(
        2,
        [30n, 10n, 20n, 10n].map((ts, index) => read(ts, { lbn: BigInt(index) })),
      ),
    );
    expect(Array.from(table.lba)).toEqual([1, 3, 2, 0]);
    expect(Array.from(table.at)).toEqual([0, 0, 10_000, 20_000]);
    expect(summary.sorted).toBe(true);
  });

  it('says where a damaged record is', () => {
    const good = encodeVscsi(1, [read(0n), read(1n), read(2n)]);
    const fails = (bytes: Uint8Array, message: RegExp, record: number, offset: number): void => {
      const records = new TraceRecords();
      expect(() => vscsi.decode(bytes, records)).toThrow(FormatError);
      expect(() => vscsi.decode(bytes, records)).toThrow(message);
      expect([records.record, records.offset]).toEqual([record, offset]);
    };
    const version = good.slice();
    version[64 + 15] = 7;
    fails(version, /version 7, expected 1/, 3, 64);
    const time = good.slice();
    time[32 + 31] = 0xff;
    fails(time, /time stamp is beyond/, 2, 32);
    const far = good.slice();
    far[32 + 29] = 0x10;
    fails(far, /104 days/, 2, 32);
    const address = good.slice();
    address[32 + 23] = 0x80;
    fails(address, /address is beyond/, 2, 32);
    const length = good.slice();
    length[32 + 7] = 0xff;
    fails(length, /length of \d+ bytes, expected at most 1073741824/, 2, 32);
    fails(good.subarray(0, 81), /ends after 17 of the record's 32 bytes/, 3, 64);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a single record', encodeVscsi(1, [read(0n)])],
    ['zeros', new Uint8Array(4096)],
    ['text', new TextEncoder().encode('128166372003061629,hm,0,Read,8192,4096,100\n'.repeat(9))],
  ])('does not take %s for a trace', (_, bytes) => {
    expect(vscsi.sniff(bytes)).toBe(false);
    expect(() => decode(bytes)).toThrow(FormatError);
  });
});
