import { describe, expect, test } from 'vitest';
import { ATS, READ, UNMAP, XCOPY, ZERO } from '../../../src/engine/core/io.js';
import {
  CHECK,
  SENSE_INVALID_OPCODE,
  SENSE_MISCOMPARE,
  sense,
} from '../../../src/engine/core/status.js';
import { buildHost } from '../psa/host.js';

const MS = 1e6;

describe('VAAI', () => {
  test('each primitive has its counters', () => {
    const host = buildHost();
    for (const [op, times] of [
      [ATS, 1],
      [XCOPY, 2],
      [ZERO, 3],
      [UNMAP, 4],
      [READ, 5],
    ] as const) {
      for (let count = 0; count < times; count++) host.source.send(count, op);
    }
    host.sim.runUntil(1 * MS);
    expect(['ats', 'clones', 'zeros', 'deletes'].map(host.field)).toEqual([1, 2, 3, 4]);
    expect(host.nmp.vaai.statusOf('zero')).toBe('supported');
  });

  test('"invalid operation code" is remembered, per primitive', () => {
    const host = buildHost();
    const { op } = host.sim.requests;
    host.lun.reply = (io) => (op[io] === ZERO ? [CHECK, SENSE_INVALID_OPCODE] : undefined);
    const { vaai } = host.nmp;
    expect([vaai.statusOf('zero'), vaai.supports('zero')]).toEqual(['unknown', true]);
    host.source.send(0, ZERO);
    host.sim.runUntil(1 * MS);
    expect(host.source.done[0].sense).toBe(SENSE_INVALID_OPCODE);
    expect([vaai.statusOf('zero'), vaai.supports('zero')]).toEqual(['unsupported', false]);
    expect(vaai.supports('clone')).toBe(true);
    expect([host.field('zeros'), host.field('zeroFailed')]).toEqual([1, 1]);
  });

  test('other failures are the single command’s', () => {
    const host = buildHost();
    host.lun.reply = (io) =>
      host.sim.requests.op[io] === ATS
        ? [CHECK, SENSE_MISCOMPARE]
        : [CHECK, sense(0x05, 0x26, 0x00)];
    host.source.send(0, ATS);
    host.source.send(0, XCOPY);
    host.sim.runUntil(1 * MS);
    expect([host.field('atsFailed'), host.field('cloneFailed')]).toEqual([1, 1]);
    expect(host.nmp.vaai.supports('ats') && host.nmp.vaai.supports('clone')).toBe(true);
  });

  test('retries are not counted: one command, one outcome', () => {
    const host = buildHost();
    host.nexuses[0].setUp(false, false);
    host.source.send(0, ATS);
    host.sim.runUntil(1 * MS);
    expect([host.field('ats'), host.field('atsFailed')]).toEqual([1, 0]);
  });

  test('the host can switch a primitive off', () => {
    const host = buildHost({ settings: { 'DataMover.HardwareAcceleratedInit': 0 } });
    expect(host.nmp.vaai.supports('zero')).toBe(false);
    expect(host.nmp.vaai.supports('ats')).toBe(true);
  });
});
