import { describe, expect, test } from 'vitest';
import type { ClaimRulePlan } from '../../../src/engine/plan/plan.js';
import { Settings } from '../../../src/engine/stack/settings.js';
import { claim, matches } from '../../../src/engine/stack/storage-apis/psa/claim-rules.js';
import { DEFAULT_SATP_RULES } from '../../../src/engine/stack/storage-apis/psa/default-rules.js';
import type { SelectorContext } from '../../../src/engine/stack/storage-apis/psa/define.js';
import { createPsp, PSPS } from '../../../src/engine/stack/storage-apis/psa/psp/index.js';
import { SATPS, satpNamed } from '../../../src/engine/stack/storage-apis/psa/satp/index.js';
import { buildHost, type Host } from './host.js';

const device = {
  vendor: 'ACME',
  model: 'Box 1',
  transport: 'fc',
  tpgs: false,
  passive: false,
  localFlash: false,
} as const;

function rule(changes: Partial<ClaimRulePlan>): ClaimRulePlan {
  return {
    number: 200,
    vendor: '*',
    model: '*',
    transport: '*',
    plugin: 'NMP',
    satp: undefined,
    satpParams: {},
    psp: undefined,
    pspParams: {},
    ...changes,
  };
}

function contextOf({ sim, paths }: Pick<Host, 'sim' | 'paths'>): SelectorContext {
  return { sim, paths, settings: new Settings() };
}

describe('patterns', () => {
  test.each([
    ['*', 'anything', true],
    ['', 'anything', true],
    ['DGC', 'DGC', true],
    ['DGC', 'DGCX', false],
    ['HSV*', 'HSV300', true],
    ['*disk*', 'Virtual disk 2', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'acb', false],
  ])('%s against %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });
});

describe('claiming', () => {
  test('what no rule knows: ALUA with port groups, DEFAULT_AA over a fabric, LOCAL otherwise', () => {
    expect(claim(device)).toMatchObject({ satp: 'VMW_SATP_DEFAULT_AA', psp: 'VMW_PSP_FIXED' });
    expect(claim({ ...device, tpgs: true })).toMatchObject({
      satp: 'VMW_SATP_ALUA',
      psp: 'VMW_PSP_MRU',
    });
    expect(claim({ ...device, transport: 'sas' })).toMatchObject({
      satp: 'VMW_SATP_LOCAL',
      psp: 'VMW_PSP_FIXED',
    });
  });

  test('vendor rules come before transport rules and bring their policy', () => {
    expect(claim({ ...device, vendor: 'DGC', model: 'VRAID', tpgs: true })).toMatchObject({
      satp: 'VMW_SATP_ALUA_CX',
      psp: 'VMW_PSP_RR',
    });
    expect(claim({ ...device, vendor: 'EMC', model: 'SYMMETRIX' })).toMatchObject({
      satp: 'VMW_SATP_SYMM',
      psp: 'VMW_PSP_RR',
    });
    expect(claim({ ...device, vendor: 'PURE', model: 'FlashArray', tpgs: true })).toEqual({
      plugin: 'NMP',
      satp: 'VMW_SATP_ALUA',
      satpParams: {},
      psp: 'VMW_PSP_RR',
      pspParams: { iops: 1 },
    });
  });

  test('a user rule names type, policy and settings', () => {
    const rules = [rule({ vendor: 'ACME', psp: 'VMW_PSP_RR', pspParams: { iops: 1 } })];
    expect(claim({ ...device, tpgs: true }, rules)).toEqual({
      plugin: 'NMP',
      satp: 'VMW_SATP_ALUA',
      satpParams: {},
      psp: 'VMW_PSP_RR',
      pspParams: { iops: 1 },
    });
    expect(claim(device, [rule({ satp: 'VMW_SATP_ALUA' })])).toMatchObject({ psp: 'VMW_PSP_MRU' });
  });

  test('the lowest number wins; masked devices do not exist', () => {
    const rules = [
      rule({ number: 300, psp: 'VMW_PSP_RR' }),
      rule({ number: 110, model: 'Box*', plugin: 'MASK_PATH' }),
    ];
    expect(claim(device, rules)).toEqual({ plugin: 'MASK_PATH' });
    expect(claim({ ...device, model: 'Other' }, rules)).toMatchObject({ psp: 'VMW_PSP_RR' });
    expect(claim({ ...device, vendor: 'DELL', model: 'Universal Xport' })).toEqual({
      plugin: 'MASK_PATH',
    });
  });

  test('every rule names types and policies that exist, with settings they take', () => {
    const context = contextOf(buildHost());
    for (const { satp, psp, pspParams } of DEFAULT_SATP_RULES) {
      expect(() => satpNamed(satp)).not.toThrow();
      expect(() => createPsp(psp ?? satpNamed(satp).psp, context, pspParams)).not.toThrow();
    }
    for (const { psp } of SATPS) expect(PSPS.map(({ name }) => name)).toContain(psp);
    expect(() => satpNamed('VMW_SATP_X')).toThrow('VMW_SATP_X');
  });
});

describe('every policy', () => {
  test.each(PSPS.map(({ name }) => name))('%s selects usable paths only', (name) => {
    const { sim, paths } = buildHost({ controllers: [0, 0, 0, 0] });
    const psp = createPsp(name, contextOf({ sim, paths }));
    const io = sim.requests.take();
    sim.requests.op[io] = 0;
    for (let mask = 0; mask < 16; mask++) {
      paths.forEach((path, index) => {
        path.state = (mask >> index) & 1 ? 0 : 3;
      });
      psp.update();
      const path = psp.select(io);
      if (mask === 0) expect(path).toBeUndefined();
      else expect(path?.usable).toBe(true);
      expect(psp.working).toBe(path);
      if (path !== undefined) expect(psp.uses(path)).toBe(true);
    }
  });
});
