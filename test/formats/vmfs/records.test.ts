import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALL_ZERO,
  clusterOf,
  clusterUnit,
  DESCRIPTOR,
  decode32,
  decode64,
  encode32,
  FILE_BLOCK,
  getAddress,
  itemOf,
  kindOf,
  LARGE_BLOCK,
  makeAddress,
  POINTER_BLOCK,
  putAddress,
  SUB_BLOCK,
  unitOf,
  zeroMaskOf,
} from '../../../src/engine/formats/vmfs/address.js';
import { decodeUtf8, encodeUtf8 } from '../../../src/engine/formats/vmfs/bytes.js';
import { VMFS6 } from '../../../src/engine/formats/vmfs/generation.js';
import { hashName } from '../../../src/engine/formats/vmfs/name-hash.js';
import { getUuid, putUuid } from '../../../src/engine/formats/vmfs/uuid.js';

describe('addresses', () => {
  it('of 32 bits are those of the reference, section 9.1', () => {
    const examples: readonly (readonly [number, number])[] = [
      [makeAddress(FILE_BLOCK, 4), 0x00000101],
      [makeAddress(FILE_BLOCK, 17), 0x00000441],
      [makeAddress(FILE_BLOCK, 4, ALL_ZERO), 0x00000121],
      [makeAddress(SUB_BLOCK, clusterUnit(0, 1)), 0x10000002],
      [makeAddress(SUB_BLOCK, clusterUnit(0, 16)), 0x0000000a],
      [makeAddress(SUB_BLOCK, clusterUnit(0, 63)), 0xf000001a],
      [makeAddress(SUB_BLOCK, clusterUnit(1, 0)), 0x00000042],
      [makeAddress(POINTER_BLOCK, clusterUnit(0, 1)), 0x10000003],
      [makeAddress(POINTER_BLOCK, clusterUnit(1, 0)), 0x00000043],
      [makeAddress(DESCRIPTOR, clusterUnit(0, 0)), 0x00000004],
      [makeAddress(DESCRIPTOR, clusterUnit(0, 8)), 0x02000004],
      [makeAddress(DESCRIPTOR, clusterUnit(1, 0)), 0x00000044],
      [makeAddress(DESCRIPTOR, clusterUnit(558, 4)), 0x01008b84],
    ];
    for (const [address, word] of examples) {
      expect(encode32(address).toString(16)).toBe(word.toString(16));
      expect(decode32(word)).toBe(address);
    }
  });

  it('of 64 bits are those of the VMFS 6 sample volume', () => {
    // Descriptors of its root directory and of `.fbb.sf`: blocks 8 and 9 (header 0, item 8 and 9).
    expect(decode64(1, 0x00400000)).toBe(makeAddress(FILE_BLOCK, 8));
    expect(decode64(1, 0x00480000)).toBe(makeAddress(FILE_BLOCK, 9));
    expect(decode64(2, 0x01000000)).toBe(makeAddress(SUB_BLOCK, clusterUnit(0, 1)));
  });

  it('survive being written', () => {
    const bytes = new Uint8Array(8);
    fc.assert(
      fc.property(fc.nat(0x7fffffff), fc.nat(511), fc.nat(255), (cluster, item, mask) => {
        const address = makeAddress(FILE_BLOCK, cluster * 512 + item, mask);
        putAddress(VMFS6, bytes, 0, address);
        expect(getAddress(VMFS6, bytes, 0)).toBe(address);
        const large = makeAddress(LARGE_BLOCK, cluster, mask);
        putAddress(VMFS6, bytes, 0, large);
        expect(getAddress(VMFS6, bytes, 0)).toBe(large);
      }),
    );
    fc.assert(
      fc.property(fc.nat(0x1ffffffe), fc.nat(255), (cluster, item) => {
        const address = makeAddress(SUB_BLOCK, clusterUnit(cluster, item));
        putAddress(VMFS6, bytes, 0, address);
        expect(getAddress(VMFS6, bytes, 0)).toBe(address);
      }),
    );
    fc.assert(
      fc.property(fc.nat(0xffffffff), (word) => {
        const address = decode32(word);
        expect(kindOf(address)).toBe(word & 7);
        expect(Number.isSafeInteger(address)).toBe(true);
        expect(decode32(encode32(address))).toBe(address);
      }),
    );
  });

  it('of any bits are numbers that can be looked at', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (low, high) => {
        const address = decode64(low, high);
        expect(Number.isSafeInteger(address)).toBe(true);
        expect(kindOf(address)).toBe(low & 7);
        for (const part of [unitOf, clusterOf, itemOf, zeroMaskOf]) {
          expect(part(address)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe('names and UUIDs', () => {
  it('hash as the reference says, section 13.4', () => {
    const vectors: readonly (readonly [string, number, number, number])[] = [
      ['a', 0x9250, 0x1bd9, 0x158a],
      ['vm1', 0xb190, 0x12ad, 0x24b5],
      ['vmware.log', 0x1a78, 0x1776, 0x1d36],
      ['vm1-flat.vmdk', 0x19e3, 0x2bc8, 0x1349],
    ];
    for (const [name, link, slot, rootSlot] of vectors) {
      expect(hashName(name, false)).toMatchObject({ link, slot });
      expect(hashName(name, true)).toMatchObject({ link, slot: rootSlot });
    }
    expect(hashName('vm1', false).stored).toBe(0xb190f3e6);
    expect(hashName('.sdd.sf', true)).toMatchObject({ link: 0x3e6c, slot: 0x3e6c });
  });

  it('are UTF-8, good or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect([...encodeUtf8(text)]).toEqual([...new TextEncoder().encode(text)]);
        expect(decodeUtf8(encodeUtf8(text))).toBe(
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text)),
        );
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeUtf8(bytes).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  it('read as the product shows them', () => {
    // Reference, section 1.
    const bytes = Uint8Array.from(
      '00 f1 53 65 78 56 34 12 cd ab 00 50 56 01 02 03'.split(' '),
      (byte) => Number.parseInt(byte, 16),
    );
    expect(getUuid(bytes, 0)).toBe('6553f100-12345678-abcd-005056010203');
    const written = new Uint8Array(16);
    putUuid(written, 0, '6553f100-12345678-abcd-005056010203');
    expect(written).toEqual(bytes);
  });
});
