import { describe, expect, it } from 'vitest';
import {
  INQUIRY,
  LUN_RESET,
  READ,
  REPORT_GROUPS,
  SET_GROUPS,
  TEST_UNIT_READY,
} from '../../../src/engine/core/io.js';
import {
  CHECK,
  SENSE_ALUA_STATE_CHANGED,
  SENSE_POWER_ON_RESET,
} from '../../../src/engine/core/status.js';
import { rig } from '../support.js';

const WELL = [0, 0];

/** Two controllers, a connection to each, both known to the LUN. */
function build(changes: Parameters<typeof rig>[0] = {}) {
  const all = rig({ transitionNs: 0, ...changes });
  for (const nexus of all.nexuses) all.luns[0]!.attentions.connect(nexus.index);
  const outcome = (op: number, over: number): number[] => {
    const { status, sense } = all.run({ op, over, lba: 0 });
    return [status, sense];
  };
  return { ...all, outcome };
}

describe('unit attentions', () => {
  it('06/29/00 after a LUN reset: once on every connection, INQUIRY goes through', () => {
    const { outcome } = build();
    expect(outcome(READ, 0)).toEqual(WELL);
    expect(outcome(LUN_RESET, 0)).toEqual(WELL);
    expect(outcome(INQUIRY, 0)).toEqual(WELL);
    for (const over of [0, 1]) {
      expect(outcome(READ, over)).toEqual([CHECK, SENSE_POWER_ON_RESET]);
      expect(outcome(READ, over)).toEqual(WELL);
    }
  });

  it('two resets before the next command are one attention', () => {
    const { outcome } = build();
    outcome(LUN_RESET, 0);
    outcome(LUN_RESET, 1);
    expect(outcome(TEST_UNIT_READY, 0)).toEqual([CHECK, SENSE_POWER_ON_RESET]);
    expect(outcome(TEST_UNIT_READY, 0)).toEqual(WELL);
  });

  it('06/2A/06 after an access state changed, but not to the one that asked for it', () => {
    const { outcome, luns } = build();
    expect(outcome(SET_GROUPS, 1)).toEqual(WELL);
    expect(luns[0]!.owner).toBe(1);
    expect(outcome(REPORT_GROUPS, 1)).toEqual(WELL);
    expect(outcome(READ, 0)).toEqual([CHECK, SENSE_ALUA_STATE_CHANGED]);
    expect(outcome(READ, 0)).toEqual(WELL);
  });

  it('06/2A/06 everywhere when the array moves the LUN by itself', () => {
    const { outcome, luns } = build();
    luns[0]!.setOwner(1, 'balancing');
    for (const over of [0, 1]) {
      expect(outcome(READ, over)).toEqual([CHECK, SENSE_ALUA_STATE_CHANGED]);
      expect(outcome(READ, over)).toEqual(WELL);
    }
  });

  it('arrays without target port groups tell nobody of a new owner', () => {
    const { outcome, luns } = build({ access: 'active-active' });
    luns[0]!.setOwner(1, 'balancing');
    expect(outcome(READ, 0)).toEqual(WELL);
  });
});
