import { showAddress } from '../address.js';
import { getU32, getU64Saturated } from '../bytes.js';
import type { Core } from '../core.js';
import {
  HEARTBEAT_BREAKING,
  HEARTBEAT_CLEAR,
  HEARTBEAT_IN_USE,
  heartbeatAddress,
} from '../heartbeat.js';
import { type LiveSlot, liveSlots } from '../session.js';
import type { Findings } from './findings.js';
import type { UseMap } from './use-map.js';

/** Looks at every slot. @returns those in use */
export function checkHeartbeats(core: Core, findings: Findings): readonly LiveSlot[] {
  const { generation, store } = core;
  const unit = generation.unitBytes;
  const region = store.read(heartbeatAddress(generation, 0), generation.heartbeats * unit);
  const known = [HEARTBEAT_CLEAR, HEARTBEAT_IN_USE, HEARTBEAT_BREAKING];
  for (let slot = 0; slot < generation.heartbeats; slot++) {
    const state = getU32(region, slot * unit);
    const address = getU64Saturated(region, slot * unit + 4);
    const place = `heartbeat slot ${slot}`;
    if (!known.includes(state)) {
      findings.add('heartbeat', place, `state ${state.toString(16)}`);
    } else if (address !== heartbeatAddress(generation, slot)) {
      findings.add('heartbeat', place, `says it lies at ${address}`);
    }
  }
  const live = liveSlots(core);
  for (const { slot, heartbeat, block, journal } of live) {
    const place = `heartbeat slot ${slot}`;
    if (journal === undefined) {
      findings.add('host-active', place, `host ${heartbeat.owner}`);
    } else {
      findings.add('journal-replayed', place, `journal in ${showAddress(block ?? 0)}`);
    }
  }
  return live;
}

/**
 * Counts the journals of hosts as used, after all files: on VMFS 6 those of ESXi are inside `.jbc.sf`, which
 * has their blocks.
 */
export function countJournals(
  core: Core,
  findings: Findings,
  live: readonly LiveSlot[],
  blocks: UseMap | undefined,
): void {
  for (const { slot, block, journal } of live) {
    if (block === undefined || !blocks?.isAllocated(block) || blocks.use(block)) continue;
    if (core.generation.product === 6 && journal === undefined) continue;
    findings.add('shared', showAddress(block), `the journal of heartbeat slot ${slot} and a file`);
  }
}
